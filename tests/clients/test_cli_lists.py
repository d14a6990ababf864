"""Long lists, page by page, on a daemon of their own."""

import uuid

import pytest

from rig.api import Api
from rig.devices import new_mac

NODES = 25
PAGE = 10


@pytest.fixture(scope="module")
def fleet(rig):
    """A daemon that gives at most ten nodes at a time, and the names of its nodes."""
    daemon = rig.daemon({"api": {"max_limit": PAGE}})
    api = Api(daemon.url, rig.record)
    names = [f"n{number:02}" for number in range(NODES)]
    for name in names:
        api.node(driver="staging-wol", name=name)
    return daemon, api, names


@pytest.fixture(params=["baremetal", "openstack"])
def many(request, rig, fleet):
    """Each client, pointed there."""
    return rig.cli(request.param, fleet[0].url)


def listed(cli, *options: str) -> list[str]:
    return [it["name"] for it in cli.json("node", "list", *options)]


def test_pages(many, fleet):
    names = fleet[2]
    # In the order in which they were made.
    assert listed(many) == names[:PAGE]
    assert listed(many, "--limit", "0") == names
    assert listed(many, "--limit", "3") == names[:3]
    # More than a page: the client asks for the next one itself.
    assert listed(many, "--limit", "17") == names[:17]
    assert listed(many, "--limit", "0", "--sort", "name:desc") == names[::-1]
    # The client sorts what it got, and asks for no order.
    assert listed(many, "--limit", "12", "--sort", "name:desc") == names[:12][::-1]


def test_markers(many, fleet):
    _, api, names = fleet
    tenth = api.get(f"/v1/nodes/{names[9]}").json()["uuid"]
    assert listed(many, "--marker", tenth, "--limit", "2") == names[10:12]
    last = api.get(f"/v1/nodes/{names[-1]}").json()["uuid"]
    assert listed(many, "--marker", last) == []
    assert "Expected UUID for marker: n01" in many.fails("node", "list", "--marker", "n01")
    unknown = str(uuid.uuid4())
    assert f"Node {unknown} could not be found." in many.fails("node", "list", "--marker", unknown)


def test_filters_go_on_to_the_next_page(many, fleet):
    assert listed(many, "--limit", "0", "--driver", "staging-wol", "--fields", "name") == fleet[2]
    assert listed(many, "--limit", "0", "--driver", "staging-iboot") == []
    assert len(many.json("node", "list", "--limit", "0", "--long")) == NODES


def test_a_list_that_changes_while_it_is_read(fleet):
    """Nothing is left out or told twice because something else came or went between two pages."""
    _, api, names = fleet
    gone = api.node(driver="staging-wol", name="gone")
    page = api.get("/v1/nodes?limit=5&sort_key=name").json()
    assert [it["name"] for it in page["nodes"]] == ["gone", *names[:4]]
    api.delete(f"/v1/nodes/{gone['uuid']}")
    seen = []
    while "next" in page:
        assert page["next"].startswith(api.url + "/v1/nodes?")
        page = api.get(page["next"][len(api.url) :]).json()
        seen += [it["name"] for it in page["nodes"]]
    assert seen == names[4:]


def test_orders(fleet):
    """What the client does not ask for: pages in an order that is not the one in which the nodes were made."""
    _, api, names = fleet
    for key, expected in ("name", names), ("name&sort_dir=desc", names[::-1]), ("driver&sort_dir=desc", names):
        seen, path = [], f"/v1/nodes?limit=7&sort_key={key}"
        while path:
            page = api.get(path).json()
            seen += [it["name"] for it in page["nodes"]]
            path = page.get("next", "")[len(api.url) :]
        assert (seen if "driver" not in key else sorted(seen)) == expected, key
    tenth = api.get(f"/v1/nodes/{names[9]}").json()["uuid"]
    page = api.get(f"/v1/nodes?limit=2&sort_key=name&sort_dir=desc&marker={tenth}").json()
    assert [it["name"] for it in page["nodes"]] == [names[8], names[7]]


def test_ports_have_pages_too(many, fleet):
    _, api, names = fleet
    node = api.get(f"/v1/nodes/{names[0]}").json()
    macs = [api.port(node, new_mac())["address"] for _ in range(PAGE + 2)]
    assert [it["address"] for it in many.json("port", "list", "--node", node["uuid"])] == macs[:PAGE]
    assert [it["address"] for it in many.json("port", "list", "--node", node["uuid"], "--limit", "0")] == macs
    for port in many.json("port", "list", "--limit", "0"):
        api.delete(f"/v1/ports/{port['uuid']}")
