"""Power, by both clients, with the effect at the device."""

import subprocess

import pytest

from rig.devices import new_mac


def test_on_off_and_reboot_move_the_relay(cli, api, iboot_node, relay):
    name = iboot_node["name"]
    cli.ran("node", "power", "on", name)
    api.becomes(iboot_node, power_state="power on", last_error=None)
    relay.has_moved("on")
    cli.ran("node", "reboot", name)
    relay.has_moved("on", "off", "on")
    api.becomes(iboot_node, power_state="power on", last_error=None)
    # Asked for what is already so, it is accepted, and nothing moves.
    cli.ran("node", "power", "on", iboot_node["uuid"])
    api.becomes(iboot_node, power_state="power on", last_error=None)
    cli.ran("node", "power", "off", name, "--power-timeout", "15")
    api.becomes(iboot_node, power_state="power off", last_error=None)
    relay.has_moved("on", "off", "on", "off")
    cli.ran("node", "reboot", name, "--power-timeout", "20")
    relay.has_moved("on", "off", "on", "off", "on")
    # A reboot ends in power on, from off too.
    api.becomes(iboot_node, power_state="power on", last_error=None)


def test_a_sleeping_machine_wakes(cli, api, rig):
    nic = rig.nic()
    node = api.node(driver="staging-wol", name=rig.name("sleeper"), driver_info=nic.driver_info())
    api.port(node, nic.mac)
    cli.ran("node", "power", "on", node["name"])
    nic.happens("woke up")
    api.becomes(node, power_state="power on", last_error=None)
    # Off is what a person does: it is stored, and nothing is sent.
    cli.ran("node", "power", "off", node["name"])
    api.becomes(node, power_state="power off", last_error=None)
    before = len(nic.lines())
    cli.ran("node", "reboot", node["name"])
    nic.happens("heard its magic packet (already awake)", after=before)
    api.becomes(node, power_state="power on", last_error=None)


def test_a_password_wakes_what_asks_for_one(cli, api, rig):
    password = rig.record.password("a SecureON password", new_mac())
    nic = rig.nic(password=password)
    options = [it for key, value in nic.driver_info().items() for it in ("--driver-info", f"{key}={value}")]
    node = cli.json("node", "create", "--driver", "staging-wol", *options)
    assert node["driver_info"]["wol_password"] == "******"
    cli.ran("port", "create", "--node", node["uuid"], nic.mac)
    cli.ran("node", "power", "on", node["uuid"])
    nic.happens("woke up")


def test_every_port_is_woken(cli, api, rig):
    nic = rig.nic()
    node = api.node(driver="staging-wol", driver_info=nic.driver_info())
    # The machine listens to the second one only.
    api.port(node, new_mac())
    api.port(node, nic.mac)
    cli.ran("node", "power", "on", node["uuid"])
    nic.happens("woke up")
    api.becomes(node, power_state="power on", last_error=None)


def test_several_nodes_in_one_call(cli, api, rig):
    relays = [rig.relay() for _ in range(3)]
    nodes = [api.node(driver="staging-iboot", name=rig.name("many"), driver_info=it.driver_info()) for it in relays]
    cli.ran("node", "power", "on", *[node["name"] for node in nodes])
    for node, relay in zip(nodes, relays):
        api.becomes(node, power_state="power on", last_error=None)
        relay.has_moved("on")
        api.delete(f"/v1/nodes/{node['uuid']}")


@pytest.mark.parametrize("words", [["power", "off", "--soft"], ["reboot", "--soft"]], ids=" ".join)
def test_soft_is_refused(cli, iboot_node, words):
    text = cli.fails("node", *words, iboot_node["name"])
    state = "soft power off" if "off" in words else "soft rebooting"
    assert f"The driver staging-iboot does not support the power state, {state}" in text


def test_a_device_that_refuses_is_told(cli, api, relay, rig):
    wrong = rig.record.password("a wrong password")
    node = api.node(driver="staging-iboot", driver_info=relay.driver_info(iboot_password=wrong))
    cli.ran("node", "power", "on", node["uuid"])
    told = api.fails(node, "Failed to change power state to 'power on'")
    assert cli.json("node", "show", node["uuid"])["last_error"] == told
    relay.has_moved()
    api.delete(f"/v1/nodes/{node['uuid']}")


def test_what_goes_wrong_is_forgotten_when_it_goes_well(cli, api, iboot_node, relay):
    cli.ran("node", "set", iboot_node["uuid"], "--driver-info", "iboot_port=1")
    cli.ran("node", "power", "on", iboot_node["uuid"])
    api.fails(iboot_node, "Failed to change power state to 'power on'")
    cli.ran("node", "set", iboot_node["uuid"], "--driver-info", f"iboot_port={relay.iboot.port}")
    cli.ran("node", "power", "on", iboot_node["uuid"])
    api.becomes(iboot_node, power_state="power on", last_error=None)
    relay.has_moved("on")


def test_the_power_state_is_read_from_the_device(cli, api, iboot_node, relay, rackhand, rig):
    cli.ran("node", "manage", iboot_node["uuid"], "--wait", "20")
    api.becomes(iboot_node, provision_state="manageable", power_state="power off")
    # Somebody else switches it, and the daemon sees that, and does not undo it.
    info = [it for key, value in relay.driver_info().items() for it in ("-i", f"{key}={value}")]
    subprocess.run([rackhand, "power", "on", "--driver", "staging-iboot", *info], check=True, capture_output=True, timeout=30)
    api.becomes(iboot_node, power_state="power on", last_error=None)
    relay.has_moved("on")
