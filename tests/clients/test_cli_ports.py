"""Ports, by both clients."""

import uuid

from rig.devices import new_mac


def test_a_port_from_beginning_to_end(cli, wol_node):
    mac, node = new_mac(), wol_node["uuid"]
    made = cli.json("port", "create", mac.upper(), "--node", node, "--extra", "slot=2", "--pxe-enabled", "false")
    # Addresses are kept in small letters, however they are given.
    assert (made["address"], made["node_uuid"], made["extra"], made["pxe_enabled"]) == (mac, node, {"slot": 2}, False)
    for field in "internal_info is_smartnic local_link_connection physical_network created_at updated_at portgroup_uuid".split():
        assert field in made, field
    for by in [made["uuid"]], ["--address", mac]:
        shown = cli.json("port", "show", *by)
        # When it makes one, the client prints fields of later versions, too, as empty.
        assert {field: made[field] for field in shown} == shown
    assert cli.json("port", "show", made["uuid"], "--fields", "address") == {"address": mac}

    cli.ran("port", "set", made["uuid"], "--extra", "k=v", "--pxe-enabled", "--physical-network", "net1")
    shown = cli.json("port", "show", made["uuid"])
    assert (shown["extra"], shown["pxe_enabled"], shown["physical_network"]) == ({"slot": 2, "k": "v"}, True, "net1")
    cli.ran("port", "unset", made["uuid"], "--extra", "k", "--physical-network")
    shown = cli.json("port", "show", made["uuid"])
    assert (shown["extra"], shown["physical_network"]) == ({"slot": 2}, None)
    assert "Couldn't apply patch" in cli.fails("port", "unset", made["uuid"], "--extra", "k")
    other = new_mac()
    cli.ran("port", "set", made["uuid"], "--address", other)
    assert cli.json("port", "show", made["uuid"])["address"] == other
    cli.ran("port", "delete", made["uuid"])
    assert f"Port {made['uuid']} could not be found." in cli.fails("port", "show", made["uuid"])


def test_ports_are_listed(cli, api, wol_node, rig):
    other = api.node(driver="staging-wol", name=rig.name("other"))
    mine = [api.port(wol_node, new_mac()) for _ in range(2)]
    api.port(other, new_mac())
    for by in wol_node["uuid"], wol_node["name"]:
        listed = cli.json("port", "list", "--node", by)
        assert [it["address"] for it in listed] == [it["address"] for it in mine]
    everything = {it["uuid"] for it in cli.json("port", "list")}
    assert {it["uuid"] for it in mine} < everything
    assert [it["uuid"] for it in cli.json("port", "list", "--address", mine[1]["address"])] == [mine[1]["uuid"]]
    assert cli.json("port", "list", "--address", new_mac()) == []
    long = cli.json("port", "list", "--node", wol_node["uuid"], "--long")
    assert [it["node_uuid"] for it in long] == [wol_node["uuid"]] * 2
    some = cli.json("port", "list", "--node", wol_node["uuid"], "--fields", "address")
    assert some == [{"address": it["address"]} for it in mine]
    assert "Node nosuch could not be found." in cli.fails("port", "list", "--node", "nosuch")


def test_ports_go_with_their_node(cli, api, wol_node):
    port = api.port(wol_node, new_mac())
    cli.ran("node", "delete", wol_node["uuid"])
    assert f"Port {port['uuid']} could not be found." in cli.fails("port", "show", port["uuid"])
    # So its address is free again.
    again = api.node(driver="staging-wol")
    assert api.port(again, port["address"])["uuid"] != port["uuid"]


def test_ports_that_cannot_be(cli, wol_node):
    create = ["port", "create", "--node", wol_node["uuid"]]
    assert "Expected valid MAC address for address: 1:2:3" in cli.fails(*create, "1:2:3")
    assert "Expected UUID for node_uuid: nosuch" in cli.fails("port", "create", "--node", "nosuch", new_mac())
    unknown = str(uuid.uuid4())
    assert f"Node {unknown} could not be found." in cli.fails("port", "create", "--node", unknown, new_mac())
    assert "Expected UUID for uuid: x" in cli.fails(*create, new_mac(), "--uuid", "x")
    assert "nosuch" in cli.fails("port", "delete", "nosuch")
