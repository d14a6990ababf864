"""Each row of the table of errors (ironic-api.md, section 3), as both clients print it."""

import re
import uuid

import pytest

from rig.devices import new_mac

REQUEST = re.compile(r"\(HTTP (\d+)\) \(Request-ID: req-[0-9a-f-]{36}\)")


def said(cli, status: int, text: str, *arguments: str) -> None:
    """Demands that the call fails with this status and text, and nothing else."""
    printed = cli.fails(*arguments)
    found = REQUEST.search(printed)
    assert found, f"no status and request in: {printed}"
    assert int(found[1]) == status, printed
    # The last line is the client's own, without what it says of trying again.
    assert printed.splitlines()[-1][: -len(found[0])].strip() == text, printed


def test_unknown_nodes(cli):
    some = str(uuid.uuid4())
    said(cli, 404, "Node nosuch could not be found.", "node", "show", "nosuch")
    said(cli, 404, f"Node {some} could not be found.", "node", "show", some)
    for command in ["validate"], ["power", "on"], ["reboot"], ["boot", "device", "show"], ["maintenance", "set"], ["manage"]:
        said(cli, 404, "Node nosuch could not be found.", "node", *command, "nosuch")
    said(cli, 404, "Node nosuch could not be found.", "node", "set", "nosuch", "--description", "x")
    said(cli, 404, "Node nosuch could not be found.", "node", "boot", "device", "set", "nosuch", "pxe")
    said(cli, 404, "Node nosuch could not be found.", "node", "passthru", "call", "nosuch", "dance")


def test_unknown_drivers(cli):
    printed = cli.fails("node", "create", "--driver", "nosuch")
    assert printed.startswith(
        "No valid host was found. Reason: No conductor service registered which supports driver nosuch for conductor group \"\"."
    )
    assert "(HTTP 400)" in printed
    text = "Could not find the following driver(s) or hardware type(s): nosuch."
    said(cli, 404, text, "driver", "show", "nosuch")


def test_what_is_there_already(baremetal, wol_node, api):
    # The other client tries again for 10 s, and cannot be told not to.
    said(baremetal, 409, f"A node with name {wol_node['name']} already exists.", "node", "create", "--driver", "staging-wol", "--name", wol_node["name"])
    other = api.node(driver="staging-wol")
    said(baremetal, 409, f"A node with name {wol_node['name']} already exists.", "node", "set", other["uuid"], "--name", wol_node["name"])
    mac = new_mac()
    api.port(wol_node, mac)
    text = f"A port with MAC address {mac} already exists."
    said(baremetal, 409, text, "port", "create", mac, "--node", other["uuid"])
    said(baremetal, 409, text, "port", "create", mac.upper(), "--node", wol_node["uuid"])
    port = api.port(other, new_mac())
    said(baremetal, 409, text, "port", "set", port["uuid"], "--address", mac)


def test_malformed_names_and_numbers(cli, wol_node):
    said(cli, 400, "Expected valid MAC address for address: 1:2:3", "port", "create", "1:2:3", "--node", wol_node["uuid"])
    said(cli, 400, "Expected UUID for uuid: x", "node", "create", "--driver", "staging-wol", "--uuid", "x")
    said(cli, 400, "Expected UUID for node_uuid: x", "port", "create", new_mac(), "--node", "x")
    for name in "bad name", "under/stroke", "ünïcode", "a" * 256:
        said(cli, 400, f"Cannot create node with invalid name '{name}'", "node", "create", "--driver", "staging-wol", "--name", name)


def test_power_that_cannot_be(cli, api, wol_node):
    text = "Wake-On-Lan needs at least one port resource to be registered in the node"
    said(cli, 400, text, "node", "power", "on", wol_node["name"])
    said(cli, 400, text, "node", "reboot", wol_node["uuid"])
    api.port(wol_node, new_mac())
    text = "The driver staging-wol does not support the power state, soft power off"
    said(cli, 400, text, "node", "power", "off", "--soft", wol_node["name"])
    text = "The driver staging-wol does not support the power state, soft rebooting"
    said(cli, 400, text, "node", "reboot", "--soft", wol_node["name"])


def test_provision_verbs_that_cannot_be(cli, wol_node):
    node = wol_node["uuid"]
    for verb, target in ("provide", "provide"), ("deploy", "active"), ("inspect", "inspect"), ("adopt", "adopt"), ("abort", "abort"):
        text = f'The requested action "{target}" can not be performed on node "{node}" while it is in state "enroll".'
        said(cli, 400, text, "node", verb, node)


def test_boot_devices_that_cannot_be(cli, wol_node):
    # The client judges the name itself, too: this is one that it knows.
    printed = cli.fails("node", "boot", "device", "set", wol_node["uuid"], "cdrom")
    assert printed.startswith("Invalid boot device cdrom specified"), printed


@pytest.mark.parametrize("implementation", ["staging-iboot", "nosuch"])
def test_interfaces_that_cannot_be(cli, wol_node, implementation):
    for command in ["create", "--driver", "staging-wol"], ["set", wol_node["uuid"]]:
        printed = cli.fails("node", *command, "--power-interface", implementation)
        assert f"power interface implementation '{implementation}' is not supported by hardware type staging-wol" in printed
        assert "(HTTP 400)" in printed


def test_missing_hardware_settings_are_all_named(cli, api, rig):
    node = api.node(driver="staging-iboot", driver_info={"iboot_address": "127.0.0.1"})
    printed = cli.fails("node", "power", "on", node["uuid"])
    assert "iboot_username" in printed and "iboot_password" in printed and "iboot_address" not in printed
    assert "(HTTP 400)" in printed


def test_a_locked_node_is_tried_again(cli, api, rig):
    """What works on the node takes three seconds; the client and the daemon wait for it together."""
    iboot = rig.iboot("--fault", "slow=700")
    node = api.node(driver="staging-iboot", driver_info=iboot.driver_info())
    assert api.put(f"/v1/nodes/{node['uuid']}/states/power", {"target": "power on"}).status_code == 202
    assert api.get(f"/v1/nodes/{node['uuid']}").json()["reservation"] is not None
    cli.ran("node", "set", node["uuid"], "--description", "changed")
    assert api.becomes(node, power_state="power on", last_error=None)["description"] == "changed"
    api.delete(f"/v1/nodes/{node['uuid']}")


def test_a_node_that_stays_locked_is_told(baremetal, api, rig, daemon):
    iboot = rig.iboot("--fault", "mute")
    node = api.node(driver="staging-iboot", driver_info=iboot.driver_info())
    assert api.put(f"/v1/nodes/{node['uuid']}/states/power", {"target": "power on", "timeout": 30}).status_code == 202
    # Reading never waits.
    assert api.get(f"/v1/nodes/{node['uuid']}").json()["reservation"] == daemon.host
    text = f"Node {node['uuid']} is locked by host {daemon.host}, please retry after the current operation is completed."
    said(baremetal, 409, text, "node", "power", "off", node["uuid"])
    said(baremetal, 409, text, "node", "set", node["uuid"], "--description", "x")


def test_a_daemon_that_is_not_there(rig):
    cli = rig.cli("baremetal", "http://127.0.0.1:1")
    assert "Unable to establish connection" in cli.fails("node", "list")
