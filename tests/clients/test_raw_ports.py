"""Ports that no client would make."""

import pytest

from rig.api import refused
from rig.devices import new_mac

UNKNOWN = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    "fields, word",
    [
        ({"address": None}, "address"),
        ({"address": 5}, "address"),
        ({"address": ""}, "Expected valid MAC address for address: "),
        ({"address": "zz"}, "Expected valid MAC address for address: zz"),
        ({"address": "52-54-00-aa-bb-03"}, "Expected valid MAC address for address: 52-54-00-aa-bb-03"),
        ({"address": "52:54:00:aa:bb:03:04"}, "Expected valid MAC address"),
        ({"address": "52:54:00:aa:bb:0g"}, "Expected valid MAC address"),
        ({"node_uuid": "nosuch"}, "Expected UUID for node_uuid: nosuch"),
        ({"node_uuid": UNKNOWN}, f"Node {UNKNOWN} could not be found."),
        ({"node_uuid": 5}, "node_uuid"),
        ({"node_uuid": None}, ""),
        ({"bogus": 1}, "Schema error for port: Additional properties are not allowed ('bogus' was unexpected)"),
        ({"uuid": "x"}, "Expected UUID for uuid: x"),
        ({"extra": 5}, "extra"),
        ({"pxe_enabled": "maybe"}, "pxe_enabled"),
        ({"physical_network": "x" * 65}, "physical_network"),
        ({"physical_network": 5}, "physical_network"),
        ({"local_link_connection": 5}, "local_link_connection"),
        ({"internal_info": {}}, "internal_info"),
        ({"created_at": "x"}, "created_at"),
    ],
    ids=str,
)
def test_bodies_that_are_no_port(api, wol_node, fields, word):
    body = {"address": new_mac(), "node_uuid": wol_node["uuid"]} | fields
    refused(api.post("/v1/ports", body), 400, word)
    assert api.get(f"/v1/nodes/{wol_node['uuid']}/ports").json()["ports"] == []


@pytest.mark.parametrize(
    "body, word",
    [("", ""), ("{}", "'address' is a required property"), ("{", ""), ("[]", "object"),
     ("null", ""), ('{"address": "02:00:00:00:00:01"}', "is a required property")],
)  # fmt: skip
def test_bodies_that_are_no_object(api, body, word):
    refused(api.ask("POST", "/v1/ports", data=body.encode(), headers={"Content-Type": "application/json"}), 400, word)


def test_ports_are_known_by_uuid_only(api, wol_node):
    port = api.port(wol_node, new_mac())
    # A MAC address is no name of a port.
    refused(api.get(f"/v1/ports/{port['address']}"), 400, port["address"])
    refused(api.delete(f"/v1/ports/{port['address']}"), 400, port["address"])
    refused(api.get(f"/v1/ports/{UNKNOWN}"), 404, f"Port {UNKNOWN} could not be found.")
    refused(api.delete(f"/v1/ports/{UNKNOWN}"), 404, f"Port {UNKNOWN} could not be found.")
    refused(api.get(f"/v1/ports/{port['uuid']}?fields=nosuch"), 400, "nosuch")
    assert set(api.get(f"/v1/ports/{port['uuid']}?fields=address").json()) == {"address", "links"}
    assert api.delete(f"/v1/ports/{port['uuid']}").status_code == 204


def test_location_and_answer_agree(api, wol_node):
    mac = new_mac()
    answer = api.post("/v1/ports", {"address": mac.upper(), "node_uuid": wol_node["uuid"]})
    port = answer.json()
    assert answer.headers["Location"] == f"{api.url}/v1/ports/{port['uuid']}"
    assert port["address"] == mac
    assert api.get(f"/v1/ports/{port['uuid']}").json() == port
    links = {it["rel"]: it["href"] for it in port["links"]}
    assert links == {"self": f"{api.url}/v1/ports/{port['uuid']}", "bookmark": f"{api.url}/ports/{port['uuid']}"}
    # Captured from Ironic at 1.82.
    assert set(port) == set(
        """uuid created_at updated_at address extra internal_info is_smartnic local_link_connection physical_network pxe_enabled
        node_uuid links portgroup_uuid""".split()
    )
    refused(api.post("/v1/ports", {"address": mac, "node_uuid": wol_node["uuid"]}), 409, f"A port with MAC address {mac} already exists.")


@pytest.mark.parametrize(
    "operation, word",
    [
        ({"op": "add", "path": "/uuid", "value": "x"}, "Cannot patch /uuid. Only the following can be updated: "),
        ({"op": "add", "path": "/internal_info/x", "value": "x"}, "Cannot patch /internal_info"),
        ({"op": "add", "path": "/bogus", "value": "x"}, "Cannot patch /bogus. Only the following can be updated: "),
        ({"op": "add", "path": "/address", "value": "zz"}, "Expected valid MAC address for address: zz"),
        ({"op": "remove", "path": "/address"}, "address"),
        ({"op": "remove", "path": "/extra/k"}, "Couldn't apply patch"),
        ({"op": "add", "path": "/pxe_enabled", "value": "x"}, "pxe_enabled"),
        ({"op": "add", "path": "/extra", "value": 5}, "extra"),
        ({"op": "add", "path": "/node_uuid", "value": "x"}, "x"),
        ({"op": "add", "path": "/node_uuid", "value": UNKNOWN}, UNKNOWN),
    ],
    ids=str,
)
def test_changes_that_cannot_be(api, wol_node, operation, word):
    port = api.port(wol_node, new_mac())
    refused(api.patch(f"/v1/ports/{port['uuid']}", operation), 400, word)
    assert api.get(f"/v1/ports/{port['uuid']}").json() == port


def test_a_body_that_is_no_patch(api, wol_node):
    port = api.port(wol_node, new_mac())
    for body in b"{}", b"{", b"", b"null":
        refused(api.ask("PATCH", f"/v1/ports/{port['uuid']}", data=body, headers={"Content-Type": "application/json"}), 400)


def test_what_a_version_does_not_have_is_not_taken(api, wol_node):
    body = {"address": new_mac(), "node_uuid": wol_node["uuid"]}
    refused(api.post("/v1/ports", body | {"physical_network": "x"}, version="1.33"), 406)
    # A name came with 1.88.
    answer = api.post("/v1/ports", body | {"name": "p"})
    assert answer.status_code in (400, 406)
    port = api.post("/v1/ports", body, version="1.1").json()
    assert {"pxe_enabled", "internal_info", "physical_network", "is_smartnic"}.isdisjoint(port)
