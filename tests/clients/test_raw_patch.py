"""Changes that no client would ask for: RFC 6902 as Ironic takes it (ironic-api.md, section 5)."""

import pytest

from rig.api import refused


def add(path: str, value) -> dict:
    return {"op": "add", "path": path, "value": value}


def remove(path: str) -> dict:
    return {"op": "remove", "path": path}


PROTECTED = """uuid power_state target_power_state provision_state target_provision_state created_at updated_at reservation last_error
    fault links traits boot_mode secure_boot driver_internal_info provision_updated_at console_enabled bogus""".split()
UPDATABLE = """automated_clean bios_interface boot_interface conductor_group console_interface deploy_interface description driver
    driver_info extra inspect_interface instance_info instance_uuid lessee maintenance management_interface name network_interface owner
    power_interface properties protected raid_interface rescue_interface resource_class retired storage_interface vendor_interface""".split()


@pytest.mark.parametrize("field", PROTECTED)
def test_what_is_not_a_clients_to_change(api, wol_node, field):
    text = refused(api.patch(f"/v1/nodes/{wol_node['uuid']}", add(f"/{field}", "x")), 400)
    assert text.startswith(f"Cannot patch /{field}. Only the following can be updated: ")
    listed = text.split(": ")[1].rstrip(".").split(", ")
    assert set(UPDATABLE) <= set(listed)
    assert field not in listed


# Each with words that the refusal must have.
OPERATIONS = [
    (remove("/extra/nosuch"), "Couldn't apply patch", "nosuch"),
    ({"op": "replace", "path": "/extra/nosuch", "value": 1}, "Couldn't apply patch", "nosuch"),
    (add("/extra/x/y/z", 1), "Couldn't apply patch", "x"),
    ({"op": "bogus", "path": "/name", "value": 1}, "Schema error for patch", "bogus"),
    ({"op": "test", "path": "/name", "value": "x"}, "Schema error for patch", "test"),
    ({"op": "copy", "from": "/name", "path": "/extra/x"}, "Schema error for patch", ""),
    ({"op": "move", "from": "/name", "path": "/extra/x"}, "Schema error for patch", ""),
    ({"op": "add", "value": 1}, "Schema error for patch", "'path' is a required property"),
    ({"path": "/name", "value": "x"}, "Schema error for patch", "'op' is a required property"),
    ({"op": "add", "path": "/name"}, "value", ""),
    ({"op": "add", "path": 5, "value": 1}, "Schema error for patch", ""),
    ({"op": "add", "path": "/extra/a", "value": 1, "bogus": 2}, "Schema error for patch", "bogus"),
    (add("name", "x"), "name", ""),
    (add("/", "x"), "/", ""),
    (add("", {}), "", ""),
    (add("/extra/a~1b", 1), "/extra/a~1b", ""),
    (add("/extra/a.b", 1), "/extra/a.b", ""),
    (add("/extra//b", 1), "/extra//b", ""),
    (add("/extra", 5), "Schema error for", "extra"),
    (add("/driver_info", []), "Schema error for", "driver_info"),
    (add("/name", "bad name"), "bad name", ""),
    (add("/name", 5), "", ""),
    (remove("/driver"), "driver", ""),
    (add("/driver", "nosuch"), "No conductor service registered which supports driver nosuch", ""),
    (add("/driver", 5), "", ""),
    (add("/maintenance", "x"), "maintenance", ""),
    (add("/description", 5), "", ""),
    (add("/resource_class", 5), "Schema error for", "resource_class"),
    (add("/resource_class", "x" * 81), "Schema error for", "resource_class"),
    (add("/instance_uuid", "x"), "Expected UUID for instance_uuid: x", ""),
    (add("/power_interface", "nosuch"), "power interface implementation 'nosuch' is not supported by hardware type staging-wol", ""),
    (add("/power_interface", "staging-iboot"), "'staging-iboot' is not supported by hardware type staging-wol", ""),
    (add("/driver", "staging-iboot"), "power interface implementation", "staging-wol"),
    (add("/automated_clean", "x"), "automated_clean", ""),
]


@pytest.mark.parametrize("operation, word, other", OPERATIONS, ids=[str(it[0])[:70] for it in OPERATIONS])
def test_operations_that_cannot_be(api, wol_node, operation, word, other):
    path = f"/v1/nodes/{wol_node['uuid']}"
    # The interface is chosen by name, as the client does; else it goes with the driver.
    api.patch(path, add("/power_interface", "staging-wol"))
    before = api.get(path).json()
    refused(api.patch(path, operation), 400, word, other)
    assert api.get(path).json() == before


@pytest.mark.parametrize("body", ["{", "", "null", "5", '"x"', "{}", "[1]", '["x"]', "[[]]", "[null]"])
def test_bodies_that_are_no_patch(api, wol_node, body):
    headers = {"Content-Type": "application/json"}
    refused(api.ask("PATCH", f"/v1/nodes/{wol_node['uuid']}", data=body.encode(), headers=headers), 400)


def test_all_or_nothing(api, wol_node):
    path = f"/v1/nodes/{wol_node['uuid']}"
    refused(api.patch(path, add("/extra/a", 1), add("/uuid", "x")), 400)
    refused(api.patch(path, add("/extra/a", 1), remove("/extra/b")), 400)
    refused(api.patch(path, add("/extra/a", 1), add("/driver", "nosuch")), 400)
    assert api.get(path).json()["extra"] == {}
    assert api.patch(path).status_code == 200


def test_operations_follow_one_another(api, wol_node):
    path = f"/v1/nodes/{wol_node['uuid']}"
    answer = api.patch(path, add("/extra/l", [1, 2]), add("/extra/l/0", 0), add("/extra/l/-", 3), remove("/extra/l/1"), add("/extra/o", {}))
    assert answer.json()["extra"] == {"l": [0, 2, 3], "o": {}}
    refused(api.patch(path, add("/extra/l/9", 9)), 400, "Couldn't apply patch")
    answer = api.patch(path, {"op": "replace", "path": "/extra/l", "value": None}, add("/extra/o/x-y_ü", {"deep": [True]}))
    assert answer.json()["extra"] == {"l": None, "o": {"x-y_ü": {"deep": [True]}}}


def test_what_is_removed_has_its_default_again(api, wol_node):
    path = f"/v1/nodes/{wol_node['uuid']}"
    everything = [add("/extra", {"a": 1}), add("/driver_info", {"wol_port": 9}), add("/description", "x"), add("/management_interface", "fake")]
    assert api.patch(path, *everything).status_code == 200
    node = api.patch(path, *[remove(it["path"]) for it in everything]).json()
    assert (node["extra"], node["driver_info"], node["description"], node["management_interface"]) == ({}, {}, None, "noop")
    # Removing what has its default is no error, for a field of the node.
    assert api.patch(path, remove("/description")).status_code == 200
    assert api.patch(path, remove("/name")).json()["name"] is None


def test_secrets_that_are_sent_back_hidden_are_kept(api, iboot_node, relay):
    path = f"/v1/nodes/{iboot_node['uuid']}"
    shown = api.get(path).json()["driver_info"]
    assert shown["iboot_password"] == "******"
    # A client that changes one setting of those that it has read, and sends them all.
    assert api.patch(path, add("/driver_info", shown | {"note": "x"})).status_code == 200
    assert api.put(f"{path}/states/power", {"target": "power on"}).status_code == 202
    relay.has_moved("on")
    assert api.becomes(iboot_node, power_state="power on")["last_error"] is None


def test_an_error_does_not_repeat_a_secret(api, iboot_node, rig):
    secret = rig.record.password("a password in a patch that fails")
    path = f"/v1/nodes/{iboot_node['uuid']}"
    for operation in (
        {"op": "replace", "path": "/driver_info/nosuch_password", "value": secret},
        add("/driver_info/iboot_password/deeper", secret),
        {"op": "test", "path": "/driver_info/iboot_password", "value": secret},
        add("/driver_info", secret),
        {"op": "bogus", "path": "/driver_info/iboot_password", "value": secret},
    ):
        assert secret not in refused(api.patch(path, operation), 400), operation
    long = rig.record.password("a password that is too long", "pw" + "5ecret" * 4)
    assert api.patch(path, add("/driver_info/iboot_password", long)).status_code == 200
    validated = api.get(f"{path}/validate").json()["power"]
    assert validated["result"] is False and "iboot_password" in validated["reason"]
    refused(api.put(f"{path}/states/power", {"target": "power on"}), 400, "iboot_password")
    number = int(rig.record.password("a password that is a number", "918273645546372819"))
    assert api.patch(path, add("/driver_info/iboot_password", number)).json()["driver_info"]["iboot_password"] == "******"


def test_a_test_of_a_secret_does_not_tell_it(api, iboot_node, relay):
    """An operation that succeeds for the right guess only would tell a password to who may only read."""
    right = {"op": "test", "path": "/driver_info/iboot_password", "value": relay.iboot.password}
    wrong = right | {"value": "wrong"}
    path = f"/v1/nodes/{iboot_node['uuid']}"
    assert api.patch(path, right).status_code == api.patch(path, wrong).status_code == 400


def test_unknown_nodes_and_versions(api, wol_node):
    refused(api.patch("/v1/nodes/nosuch", add("/name", "x")), 404, "Node nosuch could not be found.")
    path = f"/v1/nodes/{wol_node['uuid']}"
    refused(api.patch(path, add("/description", "x"), version="1.50"), 406)
    refused(api.patch(path, add("/owner", "x"), version="1.34"), 406)
    refused(api.patch(path, add("/name", "x"), version="1.4"), 406)
    refused(api.patch(f"{path}?bogus=1", add("/description", "x")), 400, "Unexpected arguments: bogus")


def test_interfaces_are_reset_with_the_driver(api, wol_node):
    path = f"/v1/nodes/{wol_node['uuid']}"
    node = api.patch(f"{path}?reset_interfaces=true", add("/driver", "staging-iboot")).json()
    assert (node["driver"], node["power_interface"], node["management_interface"]) == ("staging-iboot", "staging-iboot", "noop")
