"""Arguments of lists that no client would send."""

import uuid

import pytest

from rig.api import refused
from rig.devices import new_mac

UNKNOWN = "00000000-0000-0000-0000-000000000000"
LISTS = ["/v1/nodes", "/v1/nodes/detail", "/v1/ports", "/v1/ports/detail", "/v1/conductors"]


@pytest.mark.parametrize("path", LISTS)
def test_limits(api, path):
    for limit in "0", "-1":
        assert refused(api.get(f"{path}?limit={limit}"), 400) == "Limit must be positive"
    refused(api.get(f"{path}?limit=-9223372036854775809"), 400)
    for limit in "x", "1.5", "1e3", "", "%00", "18446744073709551616000":
        refused(api.get(f"{path}?limit={limit}"), 400, "limit")
    assert api.get(f"{path}?limit=5000").status_code == 200


@pytest.mark.parametrize("path", LISTS)
def test_unknown_arguments_are_all_named(api, path):
    assert refused(api.get(f"{path}?bogus=1"), 400) == "Unexpected arguments: bogus"
    refused(api.get(f"{path}?bogus=1&limit=1&other=%22"), 400, "Unexpected arguments: ", "bogus", "other")
    refused(api.get(f"{path}?LIMIT=1"), 400, "LIMIT")


@pytest.mark.parametrize("path", ["/v1/nodes", "/v1/nodes/detail", "/v1/ports", "/v1/ports/detail"])
def test_markers(api, path):
    assert refused(api.get(f"{path}?marker=x"), 400) == "Expected UUID for marker: x"
    refused(api.get(f"{path}?marker={UNKNOWN}"), 404, UNKNOWN, "could not be found.")
    refused(api.get(f"{path}?marker="), 400, "marker")


@pytest.mark.parametrize("path", ["/v1/nodes", "/v1/ports", "/v1/conductors"])
def test_sorting(api, path):
    refused(api.get(f"{path}?sort_key=nosuch"), 400, "nosuch")
    refused(api.get(f"{path}?sort_dir=up"), 400, "up")
    refused(api.get(f"{path}?sort_key="), 400, "sort_key")
    assert api.get(f"{path}?sort_dir=desc").status_code == 200


@pytest.mark.parametrize("key", ["driver_info", "extra", "properties", "instance_info"])
def test_objects_have_no_order(api, key):
    refused(api.get(f"/v1/nodes?sort_key={key}"), 400, key)


@pytest.mark.parametrize("path", ["/v1/nodes", "/v1/ports", "/v1/drivers", "/v1/conductors"])
def test_fields(api, path):
    # Real Ironic answers 500 for nodes: a fault that is not kept.
    refused(api.get(f"{path}?fields=nosuch"), 400, "nosuch")
    refused(api.get(f"{path}?fields=links,nosuch,other"), 400, "nosuch")


def test_fields_give_what_they_name(api, wol_node):
    node = api.get(f"/v1/nodes/{wol_node['uuid']}?fields=name,driver_info").json()
    assert set(node) == {"name", "driver_info", "links"}
    nodes = api.get("/v1/nodes?fields=uuid&limit=1").json()["nodes"]
    assert set(nodes[0]) == {"uuid", "links"}
    refused(api.get(f"/v1/nodes/{wol_node['uuid']}?fields=nosuch"), 400, "nosuch")
    refused(api.get(f"/v1/nodes/{wol_node['uuid']}?bogus=1"), 400, "Unexpected arguments: bogus")
    refused(api.get("/v1/nodes?detail=True&fields=uuid"), 400, "detail", "fields")
    refused(api.get("/v1/nodes?fields=description", version="1.50"), 406)
    refused(api.get("/v1/nodes?fields=uuid", version="1.7"), 406)


@pytest.mark.parametrize("name", ["maintenance", "associated", "retired", "detail", "sharded"])
def test_truth_values(api, name):
    for value in "True", "true", "1", "yes", "on", "t", "y", "False", "0", "no", "off", "f", "n":
        assert api.get(f"/v1/nodes?{name}={value}").status_code == 200, value
    for value in "maybe", "", "2", "nil":
        refused(api.get(f"/v1/nodes?{name}={value}"), 400, name)


def test_filters_that_cannot_be(api):
    refused(api.get("/v1/nodes?provision_state=nosuch"), 400, "nosuch")
    assert refused(api.get("/v1/nodes?instance_uuid=x"), 400) == "Expected UUID for instance_uuid: x"
    assert refused(api.get("/v1/nodes?chassis_uuid=x"), 400) == "Expected UUID for chassis_uuid: x"
    refused(api.get("/v1/nodes?fault=x"), 400, "x", "power failure")
    assert api.get("/v1/nodes?driver=nosuch").json()["nodes"] == []
    # They came with a later version than is offered.
    for name in "include_children=True", "parent_node=x":
        refused(api.get(f"/v1/nodes?{name}"), 406)
    assert refused(api.get("/v1/ports?address=zz"), 400) == "Expected valid MAC address for address: zz"
    assert refused(api.get("/v1/ports?node=nosuch"), 404) == "Node nosuch could not be found."
    refused(api.get("/v1/drivers?type=x"), 400, "classic", "dynamic")
    assert api.get("/v1/drivers?type=classic").json()["drivers"] == []


def test_what_a_filter_finds(api, rig):
    mark, instance = rig.name("found"), str(uuid.uuid4())
    node = api.node(driver="staging-wol", name=mark, description=f"50% of {mark}_", resource_class=mark)
    api.patch(f"/v1/nodes/{node['uuid']}", {"op": "add", "path": "/instance_uuid", "value": instance})

    def found(query: str) -> list[str]:
        return [it["uuid"] for it in api.get(f"/v1/nodes?{query}").json()["nodes"]]

    assert found(f"instance_uuid={instance}") == [node["uuid"]]
    assert found(f"associated=True&resource_class={mark}") == [node["uuid"]]
    # What is special to a database is not special here.
    assert found(f"description_contains=50%25%20of%20{mark}_") == [node["uuid"]]
    assert found(f"description_contains={mark}%25") == []
    assert found(f"resource_class={mark}'%20OR%20'1'='1") == []


def test_the_next_page_keeps_what_was_asked(api, rig):
    mark = rig.name("pages")
    nodes = [api.node(driver="staging-wol", name=f"{mark}-{number}", resource_class=mark) for number in range(3)]
    page = api.get(f"/v1/nodes?resource_class={mark}&limit=2&sort_key=name&sort_dir=desc&fields=name,uuid").json()
    assert [it["name"] for it in page["nodes"]] == [f"{mark}-2", f"{mark}-1"]
    following = page["next"]
    for part in "limit=2", "sort_key=name", "sort_dir=desc", f"marker={nodes[1]['uuid']}", f"resource_class={mark}":
        assert part in following, following
    page = api.get(following[len(api.url) :]).json()
    assert [(it["name"], set(it)) for it in page["nodes"]] == [(f"{mark}-0", {"name", "uuid", "links"})]
    assert "next" not in page


def test_ports_of_a_node(api, wol_node):
    port = api.port(wol_node, new_mac())
    for path in f"/v1/nodes/{wol_node['uuid']}/ports", f"/v1/ports?node={wol_node['name']}", f"/v1/ports?node_uuid={wol_node['uuid']}":
        assert [it["uuid"] for it in api.get(path).json()["ports"]] == [port["uuid"]], path
    detailed = api.get("/v1/ports/detail").json()["ports"]
    assert {"node_uuid", "extra", "internal_info"} <= set(detailed[0])
    refused(api.get(f"/v1/nodes/{wol_node['uuid']}/ports?bogus=1"), 400, "Unexpected arguments: bogus")


@pytest.mark.parametrize("path", ["states", "validate", "management/boot_device", "traits", "vifs", "bios", "history", "vendor_passthru/methods"])
def test_what_takes_no_argument_says_so(api, wol_node, path):
    if path != "history":
        refused(api.get(f"/v1/nodes/{wol_node['uuid']}/{path}?bogus=1"), 400, "Unexpected arguments: bogus")
    refused(api.get(f"/v1/nodes/nosuch/{path}"), 404, "Node nosuch could not be found.")


def test_a_driver_with_some_fields(api):
    driver = api.get("/v1/drivers/staging-wol?fields=name,hosts").json()
    assert set(driver) == {"name", "hosts", "links"}
    refused(api.get("/v1/drivers/staging-wol?fields=nosuch"), 400, "nosuch")
    refused(api.get("/v1/drivers/nosuch/properties"), 404, "nosuch")
    refused(api.get("/v1/conductors", version="1.48"), 404)
