"""openstacksdk, as a program uses it."""

import contextlib

import pytest
from openstack import exceptions

from rig.sdk import connect
from rig.devices import new_mac


@pytest.fixture
def sdk(daemon):
    """A connection as the SDK's documentation makes one for Ironic alone."""
    with contextlib.closing(connect(daemon.url)) as connection:
        yield connection.baremetal


def test_nodes(sdk, rig):
    name = rig.name("sdk")
    made = sdk.create_node(driver="staging-wol", name=name, driver_info={"wol_port": 40009}, extra={"a": 1})
    assert (made.name, made.driver, made.driver_info, made.provision_state) == (name, "staging-wol", {"wol_port": 40009}, "enroll")
    assert made.id in [node.id for node in sdk.nodes()]
    detailed = {node.id: node for node in sdk.nodes(details=True)}[made.id]
    assert detailed.extra == {"a": 1}
    assert sdk.get_node(name).id == sdk.find_node(name).id == sdk.get_node(made.id).id == made.id
    assert sdk.find_node("nosuch") is None
    some = sdk.get_node(made.id, fields=["name", "extra"])
    assert (some.name, some.extra) == (name, {"a": 1})

    changed = sdk.update_node(made, description="changed", extra={"a": 1, "b": 2})
    assert (changed.description, changed.extra) == ("changed", {"a": 1, "b": 2})
    changed = sdk.patch_node(made, [{"op": "remove", "path": "/extra/a"}])
    assert changed.extra == {"b": 2}
    assert [node.id for node in sdk.nodes(driver="staging-wol", fields=["uuid"]) if node.id == made.id] == [made.id]
    sdk.delete_node(made)
    with pytest.raises(exceptions.NotFoundException, match=f"Node {made.id} could not be found"):
        sdk.get_node(made.id)


def test_nodes_come_in_pages(sdk, rig):
    made = {sdk.create_node(driver="staging-wol").id for _ in range(5)}
    assert made <= {node.id for node in sdk.nodes(limit=2)}
    assert len(list(sdk.nodes(limit=2, paginated=False))) == 2


def test_power(sdk, api, iboot_node, relay):
    node = sdk.get_node(iboot_node["uuid"])
    sdk.set_node_power_state(node, "power on", wait=True, timeout=20)
    relay.has_moved("on")
    assert api.becomes(iboot_node, power_state="power on")["last_error"] is None
    sdk.set_node_power_state(node, "rebooting")
    relay.has_moved("on", "off", "on")
    sdk.wait_for_node_power_state(node, "power on", timeout=20)
    # It was on all the time but for half a second: its end is another thing.
    api.becomes(iboot_node, power_state="power on")
    sdk.set_node_power_state(node, "power off", wait=True, timeout=20)
    relay.has_moved("on", "off", "on", "off")
    with pytest.raises(exceptions.BadRequestException, match="does not support the power state, soft power off"):
        sdk.set_node_power_state(node, "soft power off")


def test_provisioning(sdk, iboot_node):
    node = sdk.get_node(iboot_node["uuid"])
    node = sdk.set_node_provision_state(node, "manage", wait=True, timeout=20)
    assert (node.provision_state, node.power_state) == ("manageable", "power off")
    node = sdk.set_node_provision_state(node, "provide", wait=True, timeout=20)
    assert node.provision_state == "available"
    with pytest.raises(exceptions.BadRequestException, match="can not be performed"):
        sdk.set_node_provision_state(node, "active")


def test_a_node_that_cannot_be_managed(sdk, wol_node):
    node = sdk.get_node(wol_node["uuid"])
    with pytest.raises(exceptions.ResourceFailure, match="at least one port"):
        sdk.set_node_provision_state(node, "manage", wait=True, timeout=20)


def test_maintenance(sdk, wol_node):
    node = sdk.get_node(wol_node["uuid"])
    sdk.set_node_maintenance(node, reason="tests")
    shown = sdk.get_node(node)
    assert (shown.is_maintenance, shown.maintenance_reason) == (True, "tests")
    sdk.unset_node_maintenance(node)
    assert sdk.get_node(node).is_maintenance is False


def test_validation(sdk, wol_node, iboot_node):
    found = sdk.validate_node(iboot_node["uuid"], required=("power", "management"))
    assert found["power"].result is True and found["raid"].result is False
    with pytest.raises(exceptions.ValidationException, match="at least one port"):
        sdk.validate_node(wol_node["uuid"], required=("power",))


def test_boot_devices(sdk, wol_node):
    sdk.set_node_boot_device(wol_node["uuid"], "disk", persistent=True)
    assert sdk.get_node_boot_device(wol_node["uuid"]) == {"boot_device": "pxe", "persistent": True}
    assert sdk.get_node_supported_boot_devices(wol_node["uuid"])["supported_boot_devices"] == ["pxe", "disk"]
    with pytest.raises(exceptions.BadRequestException, match="Invalid boot device floppy specified"):
        sdk.set_node_boot_device(wol_node["uuid"], "floppy")


def test_vendor_methods(sdk, wol_node):
    assert sdk.list_node_vendor_passthru(wol_node["uuid"]) == {}
    for verb in "GET", "POST", "PUT", "DELETE":
        with pytest.raises(exceptions.BadRequestException, match="No handler for method dance"):
            sdk.call_node_vendor_passthru(wol_node["uuid"], verb, "dance", body={"step": 1})
    assert sdk.list_driver_vendor_passthru("staging-wol") == {}


def test_what_there_is_not(sdk, wol_node):
    assert sdk.get_node(wol_node["uuid"]).traits == []
    assert list(sdk.list_node_vifs(wol_node["uuid"])) == []
    assert sdk.get_node_console(wol_node["uuid"])["console_enabled"] is False
    with pytest.raises(exceptions.BadRequestException, match="does not support inject_nmi"):
        sdk.inject_nmi_to_node(wol_node["uuid"])


def test_ports(sdk, wol_node):
    mac = new_mac()
    made = sdk.create_port(address=mac, node_uuid=wol_node["uuid"], extra={"slot": 1})
    assert (made.address, made.node_id, made.is_pxe_enabled) == (mac, wol_node["uuid"], True)
    assert [port.id for port in sdk.ports(node=wol_node["uuid"])] == [made.id]
    assert [port.address for port in sdk.ports(details=True, address=mac)] == [mac]
    changed = sdk.update_port(made, extra={"slot": 2})
    assert changed.extra == {"slot": 2}
    changed = sdk.patch_port(made, [{"op": "add", "path": "/extra/x", "value": 1}])
    assert changed.extra == {"slot": 2, "x": 1}
    assert sdk.get_port(made.id).address == mac
    assert sdk.find_port("00000000-0000-0000-0000-000000000000") is None
    sdk.delete_port(made)
    assert list(sdk.ports(node=wol_node["uuid"])) == []


def test_drivers(sdk, daemon):
    names = [driver.name for driver in sdk.drivers()]
    assert {"staging-wol", "staging-iboot"} <= set(names)
    driver = sdk.get_driver("staging-iboot")
    assert (driver.hosts, driver.default_power_interface) == ([daemon.host], "staging-iboot")
    detailed = {driver.name: driver for driver in sdk.drivers(details=True)}["staging-wol"]
    assert detailed.enabled_power_interfaces == ["staging-wol"]
    with pytest.raises(exceptions.NotFoundException, match="nosuch"):
        sdk.get_driver("nosuch")
    assert [(it.hostname, it.alive) for it in sdk.conductors()] == [(daemon.host, True)]


def test_what_is_there_already(sdk, wol_node):
    # The SDK tries again what is refused with 409, as what is locked is: a name that is taken stays so.
    sdk.status_code_retries = 0
    with pytest.raises(exceptions.ConflictException, match=f"A node with name {wol_node['name']} already exists"):
        sdk.create_node(driver="staging-wol", name=wol_node["name"])
