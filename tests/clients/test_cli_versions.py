"""Microversions: what the clients agree on with the daemon, and what nodes are at each."""

import pytest

from rig.devices import new_mac


def test_the_default_is_negotiated_every_time(cli, api, wol_node):
    # A client's own highest is beyond the daemon's maximum: refused, asked, and tried again.
    for _ in range(2):
        ran = cli.ran("node", "show", wol_node["name"], "--debug")
        said = ran.out + ran.err
        assert f"Negotiated API version is {api.maximum}" in said or f"version '{api.maximum}'" in said, said


@pytest.mark.parametrize("version", ["1.1", "1.34", "1.82"])
def test_versions_that_there_are(cli, daemon, wol_node, version):
    listed = cli.json("--os-baremetal-api-version", version, "node", "list", "--fields", "uuid") if version != "1.1" else None
    if listed is not None:
        assert wol_node["uuid"] in [it["uuid"] for it in listed]
    shown = cli.json("--os-baremetal-api-version", version, "node", "show", wol_node["uuid"])
    assert shown["uuid"] == wol_node["uuid"]
    # A field that a version does not have, the client shows as empty, or not at all.
    assert shown.get("name") == (wol_node["name"] if version != "1.1" else None)
    assert shown.get("power_interface") == ("staging-wol" if version != "1.1" else None)
    assert shown.get("conductor") == (daemon.host if version == "1.82" else None)


def test_names_are_not_known_at_the_beginning(cli, wol_node):
    text = cli.fails("--os-baremetal-api-version", "1.1", "node", "show", wol_node["name"])
    assert f"Node {wol_node['name']} could not be found." in text


def test_latest(cli, wol_node):
    assert cli.json("--os-baremetal-api-version", "latest", "node", "show", wol_node["name"])["uuid"] == wol_node["uuid"]


def test_too_high(cli, api):
    major, minor = api.maximum.split(".")
    too_high = f"{major}.{int(minor) + 1}"
    text = cli.fails("--os-baremetal-api-version", too_high, "node", "list").replace("\n", " ")
    assert f"Requested API version {too_high} is not supported by the server" in text
    assert f"Supported version range is 1.1 to {api.maximum}" in text.replace("range is:", "range is")


def test_the_environment_says_the_version(cli, api):
    made = cli.json("node", "create", "--driver", "staging-wol", OS_BAREMETAL_API_VERSION="1.10")
    # Before 1.11 there was no enroll.
    assert api.get(f"/v1/nodes/{made['uuid']}").json()["provision_state"] == "available"


def test_soft_power_is_not_known_before_its_version(cli, api, wol_node):
    api.port(wol_node, new_mac())
    text = cli.fails("--os-baremetal-api-version", "1.26", "node", "power", "off", "--soft", wol_node["uuid"])
    assert "HTTP 406" in text or "not supported" in text.replace("\n", " ")
