"""Nodes that no client would make."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from rig.api import refused

JSON = {"Content-Type": "application/json"}
# Each with a word that the refusal must have.
BODIES = [
    ("{", ""),
    ("", ""),
    ("null", ""),
    ("5", "object"),
    ('"x"', "object"),
    ("[]", "object"),
    ("{}", "Schema error for node: 'driver' is a required property"),
    ('{"driver": 5}', "driver"),
    ('{"driver": null}', "driver"),
    ('{"driver": "staging-wol", "bogus": 1}', "Schema error for node: Additional properties are not allowed ('bogus' was unexpected)"),
    ('{"driver": "staging-wol", "name": 5}', "name"),
    ('{"driver": "staging-wol", "driver_info": "x"}', "driver_info"),
    ('{"driver": "staging-wol", "driver_info": []}', "driver_info"),
    ('{"driver": "staging-wol", "extra": 5}', "extra"),
    ('{"driver": "staging-wol", "properties": true}', "properties"),
    ('{"driver": "staging-wol", "description": 5}', "description"),
    ('{"driver": "staging-wol", "resource_class": 5}', "resource_class"),
    ('{"driver": "staging-wol", "uuid": "x"}', "Expected UUID for uuid: x"),
    ('{"driver": "staging-wol", "uuid": 5}', "uuid"),
    ('{"driver": "staging-wol", "provision_state": "active"}', "'provision_state' was unexpected"),
    ('{"driver": "staging-wol", "power_state": "power on"}', "'power_state' was unexpected"),
    ('{"driver": "staging-wol", "maintenance": "maybe"}', "maintenance"),
    ('{"driver": "staging-wol", "power_interface": 5}', "power_interface"),
    ('{"driver": "staging-wol", "instance_uuid": "x"}', "instance_uuid"),
    ('{"driver": "staging-wol"} {}', ""),
    ('{"driver": "staging-wol", "extra": {"a": NaN}}', ""),
    ('{"driver": "staging-wol", "extra": ' + '{"a":' * 2000 + "1" + "}" * 2000 + "}", ""),
    ('{"driver": "' + "x" * 300 + '"}', ""),
]


@pytest.mark.parametrize("body, word", BODIES, ids=[body[:50] for body, _ in BODIES])
def test_bodies_that_are_no_node(api, body, word):
    before = len(api.get("/v1/nodes?fields=uuid").json()["nodes"])
    refused(api.ask("POST", "/v1/nodes", data=body.encode(), headers=JSON), 400, word)
    assert len(api.get("/v1/nodes?fields=uuid").json()["nodes"]) == before


def test_bytes_that_are_no_text(api):
    refused(api.ask("POST", "/v1/nodes", data=b'{"driver": "\xff"}', headers=JSON), 400)
    refused(api.ask("POST", "/v1/nodes", data=b"\x1f\x8b\x08\x00", headers=JSON | {"Content-Encoding": "gzip"}), 400)


def test_unknown_settings_are_kept_as_they_are(api):
    info = {"a": None, "b": [1, 2.5, {"c": False}], "ünï": "ç", "wol_port": "9", "": "", "large": 10**15, "deep": {"x": {"y": []}}}
    node = api.node(driver="staging-wol", driver_info=info, extra={"json": json.dumps(info)})
    assert api.get(f"/v1/nodes/{node['uuid']}").json()["driver_info"] == info


@pytest.mark.parametrize("name", ["bad name", "", "a/b", "ünï", "x" * 256, "a b", "a%20b", ".", "..", "a\nb", "\0", "a_b?"])
def test_names_that_cannot_be(api, name):
    answer = api.post("/v1/nodes", {"driver": "staging-wol", "name": name})
    refused(answer, 400, "invalid name")


@pytest.mark.parametrize("name", ["a.b", "A-b_c~d", "-", "-a", "a.", "x" * 255, "1234", "node.example.org", "0"])
def test_names_that_can_be(api, name):
    node = api.node(driver="staging-wol", name=name)
    try:
        for path in name, quote(name), "".join(f"%{byte:02x}" for byte in name.encode()):
            answer = api.get(f"/v1/nodes/{path}")
            assert answer.status_code == 200, path
            assert answer.json()["uuid"] == node["uuid"]
    finally:
        assert api.delete(f"/v1/nodes/{node['uuid']}").status_code == 204


def test_no_name_hides_a_uuid_or_a_path(api, wol_node):
    # A name that is another node's UUID would make it unreachable; one that is a word of the API, itself.
    refused(api.post("/v1/nodes", {"driver": "staging-wol", "name": wol_node["uuid"]}), 400, "invalid name")
    for word in "detail", "validate", "states", "maintenance", "management", "ports", "vendor_passthru":
        refused(api.post("/v1/nodes", {"driver": "staging-wol", "name": word}), 400, "invalid name")


@pytest.mark.parametrize("ident", ["nosuch", "W%C3%BC", "%FF", "a%2Fb", "a%20b", "%00", "x" * 300, "x" * 5000, "%2e%2e%2f", "0", "'", '"', "<b>", "null"])
def test_nodes_that_there_are_not(api, ident):
    answer = api.get(f"/v1/nodes/{ident}")
    assert answer.status_code in (400, 404), answer.status_code
    refused(answer, answer.status_code)
    # Nothing is answered at greater length than was asked.
    assert len(answer.content) < len(ident) + 400
    assert api.delete(f"/v1/nodes/{ident}").status_code in (400, 404)


def test_a_uuid_is_a_uuid_in_any_spelling(api, wol_node):
    plain = wol_node["uuid"]
    assert api.get(f"/v1/nodes/{plain.upper()}").json()["uuid"] == plain
    given = str(uuid.uuid4())
    assert api.node(driver="staging-wol", uuid=given.upper())["uuid"] == given
    refused(api.post("/v1/nodes", {"driver": "staging-wol", "uuid": given}), 409, given)
    assert api.get(f"/v1/nodes/{given}").status_code == 200


def test_location_and_answer_agree(api):
    answer = api.post("/v1/nodes", {"driver": "staging-wol"})
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{api.url}/v1/nodes/{answer.json()['uuid']}"
    assert api.get(answer.headers["Location"][len(api.url) :]).json() == answer.json()
    assert api.delete(f"/v1/nodes/{answer.json()['uuid']}").content == b""


def test_null_is_the_default(api):
    node = api.node(driver="staging-wol", uuid=None, name=None, extra=None, driver_info=None, properties=None, description=None)
    assert (node["extra"], node["driver_info"], node["properties"], node["name"]) == ({}, {}, {}, None)


def test_descriptions_are_bounded(api, wol_node):
    path = f"/v1/nodes/{wol_node['uuid']}"
    assert api.patch(path, {"op": "add", "path": "/description", "value": "x" * 4096}).status_code == 200
    refused(api.patch(path, {"op": "add", "path": "/description", "value": "x" * 4097}), 400, "4096")
    refused(api.post("/v1/nodes", {"driver": "staging-wol", "description": "x" * 4097}), 400)
    refused(api.post("/v1/nodes", {"driver": "staging-wol", "resource_class": "x" * 81}), 400, "resource_class", "80")


def test_bodies_are_bounded(api):
    refused(api.post("/v1/nodes", {"driver": "staging-wol", "extra": {"x": "y" * (2 << 20)}}), 413)
    refused(api.post("/v1/nodes", {"driver": "staging-wol", "extra": {"x": "y" * (64 << 10)}}), 400, "extra", "64 KiB")
    # What is large and within the bound is kept.
    large = "ü" * 30_000
    node = api.node(driver="staging-wol", extra={"x": large})
    assert api.get(f"/v1/nodes/{node['uuid']}").json()["extra"]["x"] == large
    assert api.delete(f"/v1/nodes/{node['uuid']}").status_code == 204


def test_create_and_delete_take_no_arguments(api, wol_node):
    refused(api.ask("POST", "/v1/nodes?x=1", json={"driver": "staging-wol"}), 400, "Unexpected arguments: x")
    refused(api.delete(f"/v1/nodes/{wol_node['uuid']}?x=1"), 400, "Unexpected arguments: x")
    assert api.delete(f"/v1/nodes/{wol_node['uuid']}").status_code == 204
    refused(api.delete(f"/v1/nodes/{wol_node['uuid']}"), 404, wol_node["uuid"])


def test_what_a_version_does_not_have_is_not_taken(api):
    refused(api.post("/v1/nodes", {"driver": "staging-wol", "name": "x"}, version="1.4"), 406)
    refused(api.post("/v1/nodes", {"driver": "staging-wol", "power_interface": "staging-wol"}, version="1.30"), 406)
    answer = api.post("/v1/nodes", {"driver": "staging-wol"}, version="1.10")
    assert (answer.status_code, answer.json()["provision_state"]) == (201, "available")


def test_a_name_is_given_once_however_many_ask(api, rig):
    name = rig.name("race")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.post("/v1/nodes", {"driver": "staging-wol", "name": name}), range(16)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 15
