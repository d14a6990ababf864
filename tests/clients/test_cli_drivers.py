"""Drivers and conductors, as both clients see them."""

import pytest

# With the management interface that each has by default.
TYPES = {"staging-amt": "staging-amt", "staging-iboot": "noop", "staging-wol": "noop"}
INTERFACES = "bios boot console deploy inspect management network power raid rescue storage vendor".split()


def test_drivers_are_listed(cli, daemon):
    listed = {it["name"]: it["hosts"] for it in cli.json("driver", "list")}
    assert set(TYPES) <= set(listed)
    assert set(listed.values()) == {daemon.host}


def test_drivers_are_listed_at_length(cli):
    for driver in cli.json("driver", "list", "--long"):
        if driver["name"] in TYPES:
            assert driver["default_power_interface"] == driver["name"]
            assert driver["default_management_interface"] == TYPES[driver["name"]]
            assert driver["name"] in driver["enabled_power_interfaces"].split(", ")


@pytest.mark.parametrize("name", TYPES)
def test_a_driver_is_shown(cli, daemon, name):
    driver = cli.json("driver", "show", name)
    assert driver["name"] == name
    assert driver["hosts"] == daemon.host
    assert driver["type"] == "dynamic"
    for interface in INTERFACES:
        default, enabled = driver[f"default_{interface}_interface"], driver[f"enabled_{interface}_interfaces"]
        assert default in enabled.split(", "), interface
    expected = {"power": name, "management": TYPES[name], "vendor": "no-vendor", "boot": "ipxe", "deploy": "direct", "raid": "no-raid"}
    assert {key: driver[f"default_{key}_interface"] for key in expected} == expected


def test_properties_are_described(cli):
    described = {it["property"]: it["description"] for it in cli.json("driver", "property", "list", "staging-iboot")}
    for name in "iboot_address", "iboot_username", "iboot_password":
        assert described[name].endswith("Required."), described[name]
    for name in "iboot_port", "iboot_relay_id":
        assert "Optional" in described[name], described[name]
    described = {it["property"]: it["description"] for it in cli.json("driver", "property", "list", "staging-wol")}
    assert {"wol_host", "wol_port"} <= set(described)
    assert all("Optional" in text for text in described.values())
    assert described["wol_port"].endswith("9 unless given.")
    assert not any(name.startswith("iboot") for name in described)


def test_drivers_have_no_methods(cli):
    assert cli.json("driver", "passthru", "list", "staging-wol") == []
    text = cli.fails("driver", "passthru", "call", "staging-wol", "dance", "--arg", "step=1")
    assert "No handler for method dance" in text


@pytest.mark.parametrize("command", [["show"], ["property", "list"], ["passthru", "list"]], ids=" ".join)
def test_unknown_drivers_are_named(cli, command):
    assert "nosuch" in cli.fails("driver", *command, "nosuch")


def test_conductors(cli, daemon):
    listed = cli.json("conductor", "list")
    assert [it["hostname"] for it in listed] == [daemon.host]
    assert [it["alive"] for it in listed] == [True]
    shown = cli.json("conductor", "show", daemon.host)
    assert shown["hostname"] == daemon.host
    assert shown["alive"] is True
    assert set(TYPES) <= set(shown["drivers"])
    assert "Conductor nosuch could not be found." in cli.fails("conductor", "show", "nosuch")
