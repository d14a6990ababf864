"""What else can be told of a node and done to it, by both clients."""

import pytest

from rig.devices import new_mac

VALIDATED = "boot deploy management network power bios console firmware inspect raid rescue storage".split()


def validated(cli, node) -> dict[str, tuple]:
    """What validation says of each interface."""
    return {it["Interface"]: (it["Result"], it["Reason"]) for it in cli.json("node", "validate", node["uuid"])}


def test_a_good_node_is_valid(cli, iboot_node):
    found = validated(cli, iboot_node)
    assert set(found) == set(VALIDATED)
    assert found["power"] == found["management"] == (True, "")
    for interface in "raid", "rescue", "console", "bios", "inspect":
        reason = f"Driver staging-iboot does not support {interface} (disabled or not implemented)."
        assert found[interface] == (False, reason)


def test_what_is_missing_is_all_named(cli, api, wol_node):
    result, reason = validated(cli, wol_node)["power"]
    assert (result, reason) == (False, "Wake-On-Lan needs at least one port resource to be registered in the node")
    api.port(wol_node, new_mac())
    assert validated(cli, wol_node)["power"] == (True, "")
    result, reason = validated(cli, api.node(driver="staging-iboot"))["power"]
    assert result is False
    for setting in "iboot_address", "iboot_username", "iboot_password":
        assert setting in reason


@pytest.mark.parametrize(
    "wrong",
    ["iboot_port=0", "iboot_port=65536", "iboot_port=x", "iboot_relay_id=0", "iboot_relay_id=33", "iboot_username=abcdefghijklmnopqrstu"],
)
def test_what_is_wrong_is_named_and_refused_before_the_device_hears_of_it(cli, iboot_node, relay, wrong):
    # It is stored as it is given, and judged when it is used.
    cli.ran("node", "set", iboot_node["uuid"], "--driver-info", wrong)
    key, value = wrong.split("=")
    result, reason = validated(cli, iboot_node)["power"]
    assert result is False
    assert key in reason and value in reason
    text = cli.fails("node", "power", "on", iboot_node["uuid"])
    assert key in text and value in text and "HTTP 400" in text
    relay.has_moved()


def test_text_and_numbers_are_the_same(cli, iboot_node, relay):
    # Quoted, the client sends text.
    cli.ran("node", "set", iboot_node["uuid"], "--driver-info", f'iboot_port="{relay.iboot.port}"')
    assert cli.json("node", "show", iboot_node["uuid"])["driver_info"]["iboot_port"] == str(relay.iboot.port)
    assert validated(cli, iboot_node)["power"] == (True, "")
    cli.ran("node", "power", "on", iboot_node["uuid"])
    relay.has_moved("on")


def test_boot_devices(cli, wol_node):
    node = wol_node["uuid"]
    assert cli.json("node", "boot", "device", "show", node) == {"boot_device": "pxe", "persistent": True}
    supported = cli.json("node", "boot", "device", "show", node, "--supported")
    assert supported == {"supported_boot_devices": "pxe, disk"}
    cli.ran("node", "boot", "device", "set", node, "disk")
    cli.ran("node", "boot", "device", "set", node, "pxe", "--persistent")
    text = cli.fails("node", "boot", "device", "set", node, "cdrom")
    assert "Invalid boot device cdrom specified" in text and "HTTP 400" in text
    cli.ran("node", "set", node, "--management-interface", "fake")
    assert cli.json("node", "boot", "device", "show", node) == {"boot_device": "pxe", "persistent": False}
    assert cli.json("node", "boot", "device", "show", node, "--supported") == {"supported_boot_devices": "pxe"}


def test_maintenance(cli, api, iboot_node, relay):
    node = iboot_node["uuid"]
    cli.ran("node", "maintenance", "set", node, "--reason", "because of \"this\"")
    shown = cli.json("node", "show", node, "--fields", "maintenance", "maintenance_reason")
    assert shown == {"maintenance": True, "maintenance_reason": 'because of "this"'}
    # Power is still a person's to change.
    cli.ran("node", "power", "on", node)
    relay.has_moved("on")
    cli.ran("node", "maintenance", "unset", node)
    shown = cli.json("node", "show", node, "--fields", "maintenance", "maintenance_reason")
    assert shown == {"maintenance": False, "maintenance_reason": None}


def test_provisioning_as_far_as_it_goes(cli, api, iboot_node):
    node = iboot_node["uuid"]
    text = cli.fails("node", "provide", node)
    assert f'The requested action "provide" can not be performed on node "{node}" while it is in state "enroll".' in text
    cli.ran("node", "manage", node, "--wait", "20")
    shown = cli.json("node", "show", node)
    assert (shown["provision_state"], shown["power_state"], shown["last_error"]) == ("manageable", "power off", None)
    assert shown["provision_updated_at"] is not None
    cli.ran("node", "provide", node, "--wait", "20")
    assert cli.json("node", "show", node)["provision_state"] == "available"
    for verb, options in ("deploy", []), ("inspect", []), ("rescue", ["--rescue-password", "x"]), ("adopt", []), ("undeploy", []):
        assert "HTTP 400" in cli.fails("node", verb, node, *options)
    assert cli.json("node", "show", node)["provision_state"] == "available"
    cli.ran("node", "manage", node, "--wait", "20")
    text = cli.fails("node", "manage", node)
    assert f'The requested action "manage" can not be performed on node "{node}" while it is in state "manageable".' in text
    text = cli.fails("node", "clean", node, "--clean-steps", '[{"interface": "deploy", "step": "x"}]')
    assert "HTTP 400" in text


def test_what_cannot_be_reached_is_not_managed(cli, api, iboot_node):
    api.patch(f"/v1/nodes/{iboot_node['uuid']}", {"op": "add", "path": "/driver_info/iboot_port", "value": 1})
    cli.fails("node", "manage", iboot_node["uuid"], "--wait", "30")
    shown = cli.json("node", "show", iboot_node["uuid"])
    assert shown["provision_state"] == "enroll"
    # Where it was looked for, so that a person knows what to mend.
    assert "127.0.0.1:1" in shown["last_error"]


def test_what_is_incomplete_is_not_managed(cli, wol_node):
    cli.fails("node", "manage", wol_node["uuid"], "--wait", "30")
    shown = cli.json("node", "show", wol_node["uuid"])
    assert shown["provision_state"] == "enroll"
    assert "Wake-On-Lan needs at least one port resource to be registered in the node" in shown["last_error"]


def test_a_sleeping_machine_is_off_after_manage(cli, api, wol_node):
    api.port(wol_node, new_mac())
    assert cli.json("node", "show", wol_node["uuid"])["power_state"] is None
    cli.ran("node", "manage", wol_node["uuid"], "--wait", "20")
    assert cli.json("node", "show", wol_node["uuid"])["power_state"] == "power off"


@pytest.mark.parametrize("what", [["trait"], ["vif"], ["bios", "setting"], ["history"]], ids=" ".join)
def test_lists_of_what_there_is_not(cli, wol_node, what):
    assert cli.json("node", *what, "list", wol_node["uuid"]) == []


def test_what_the_drivers_have_not(cli, wol_node):
    node = wol_node["uuid"]
    assert cli.json("node", "console", "show", node) == {"console_enabled": False, "console_info": None}
    text = cli.fails("node", "console", "enable", node)
    assert "Driver staging-wol does not support console (disabled or not implemented)." in text
    text = cli.fails("node", "inject", "nmi", node)
    assert "Driver staging-wol does not support inject_nmi (disabled or not implemented)." in text


def test_boot_mode_and_secure_boot_are_refused_at_once(cli, wol_node):
    # Ironic takes them (202) and says in last_error that no driver of these can do it.
    for what, extension in (("boot", "mode", "set"), "set_boot_mode"), (("secure", "boot", "on"), "set_secure_boot"):
        arguments = [*what, wol_node["uuid"]] + (["uefi"] if extension == "set_boot_mode" else [])
        text = cli.fails("node", *arguments)
        assert f"Driver staging-wol does not support {extension} (disabled or not implemented)." in text


def test_vendor_methods_of_a_node(cli, wol_node):
    assert cli.json("node", "passthru", "list", wol_node["uuid"]) == []
    for verb in "POST", "PUT", "GET", "DELETE", "PATCH":
        text = cli.fails("node", "passthru", "call", wol_node["uuid"], "dance", "--http-method", verb, "--arg", "step=1")
        assert "No handler for method dance" in text and "HTTP 400" in text
