"""Nodes: made, listed, shown, changed and deleted by both clients."""

import uuid

import pytest

# What a node is made of, from microversion 1.82.
FIELDS = """
    uuid created_at updated_at automated_clean bios_interface boot_interface boot_mode clean_step conductor_group console_enabled
    console_interface deploy_interface deploy_step description driver driver_info driver_internal_info extra fault
    inspection_finished_at inspection_started_at inspect_interface instance_info instance_uuid last_error lessee maintenance
    maintenance_reason management_interface name network_data network_interface owner power_interface power_state properties protected
    protected_reason provision_state provision_updated_at raid_config raid_interface rescue_interface reservation resource_class
    retired retired_reason secure_boot shard storage_interface target_power_state target_provision_state target_raid_config traits
    vendor_interface conductor allocation_uuid chassis_uuid
""".split()


def test_a_node_from_beginning_to_end(cli, rig):
    name = rig.name("life")
    made = cli.json("node", "create", "--driver", "staging-wol", "--name", name, "--driver-info", "wol_port=40009")
    assert set(FIELDS) <= set(made)
    # The client makes a number of what looks like one.
    assert made["driver_info"] == {"wol_port": 40009}
    assert (made["name"], made["driver"], made["provision_state"]) == (name, "staging-wol", "enroll")
    assert (made["power_state"], made["updated_at"], made["maintenance"], made["extra"]) == (None, None, False, {})
    expected = {"power": "staging-wol", "management": "noop", "vendor": "no-vendor", "boot": "ipxe", "deploy": "direct"}
    assert {key: made[f"{key}_interface"] for key in expected} == expected
    for by in name, made["uuid"]:
        assert cli.json("node", "show", by) == made
    assert cli.json("node", "show", name, "--fields", "uuid", "driver") == {"uuid": made["uuid"], "driver": "staging-wol"}
    cli.ran("node", "delete", name)
    assert f"Node {name} could not be found." in cli.fails("node", "show", name)


def test_all_that_a_node_can_be_given(cli, rig):
    name, given = rig.name("given"), str(uuid.uuid4())
    options = {"--uuid": given, "--name": name, "--resource-class": "small", "--owner": "me", "--lessee": "you"}
    options |= {"--description": "a machine: ünïcode, \"quotes\"", "--shard": "s1", "--driver-info": "wol_host=192.0.2.255"}
    options |= {"--property": "memory_mb=512", "--extra": "rack={\"row\": 3}", "--power-interface": "staging-wol"}
    options |= {"--management-interface": "fake", "--boot-interface": "pxe", "--network-interface": "noop"}
    made = cli.json("node", "create", "--driver", "staging-wol", *[it for pair in options.items() for it in pair])
    assert made["uuid"] == given
    fields = "name resource_class owner lessee description shard management_interface boot_interface".split()
    expected = [name, "small", "me", "you", options["--description"], "s1", "fake", "pxe"]
    assert [made[field] for field in fields] == expected
    assert made["properties"] == {"memory_mb": 512}
    assert made["extra"] == {"rack": {"row": 3}}


def test_secrets_are_not_shown(cli, rig, relay):
    info = relay.driver_info()
    options = [it for key, value in info.items() for it in ("--driver-info", f"{key}={value}")]
    name = rig.name("secret")
    made = cli.json("node", "create", "--driver", "staging-iboot", "--name", name, *options)
    assert made["driver_info"] == info | {"iboot_password": "******"}
    assert cli.json("node", "show", name, "--fields", "driver_info") == {"driver_info": made["driver_info"]}
    changed = cli.ran("node", "set", name, "--driver-info", "iboot_port=9101")
    assert info["iboot_password"] not in changed.out + changed.err
    assert cli.json("node", "show", name)["driver_info"]["iboot_password"] == "******"


def test_nodes_are_changed(cli, rig):
    name, renamed = rig.name("old"), rig.name("new")
    made = cli.json("node", "create", "--driver", "staging-wol", "--name", name)
    cli.ran("node", "set", name, "--name", renamed, "--driver-info", "wol_port=40010", "--description", "x", "--owner", "me")
    cli.ran("node", "set", renamed, "--property", "memory_mb=512", "--extra", "k=v", "--extra", "l=[1, 2]", "--resource-class", "c")
    node = cli.json("node", "show", renamed)
    assert node["uuid"] == made["uuid"]
    assert node["updated_at"] is not None
    assert node["driver_info"] == {"wol_port": 40010}
    assert (node["description"], node["owner"], node["resource_class"]) == ("x", "me", "c")
    assert (node["properties"], node["extra"]) == ({"memory_mb": 512}, {"k": "v", "l": [1, 2]})
    assert f"Node {name} could not be found." in cli.fails("node", "show", name)

    cli.ran("node", "unset", renamed, "--extra", "k", "--description", "--owner", "--driver-info", "wol_port")
    node = cli.json("node", "show", renamed)
    assert (node["extra"], node["driver_info"]) == ({"l": [1, 2]}, {})
    assert (node["description"], node["owner"]) == (None, None)
    text = cli.fails("node", "unset", renamed, "--extra", "k")
    assert "Couldn't apply patch" in text and "/extra/k" in text
    cli.ran("node", "unset", made["uuid"], "--name")
    assert cli.json("node", "show", made["uuid"])["name"] is None


def test_interfaces_are_chosen_and_put_back(cli, wol_node):
    cli.ran("node", "set", wol_node["uuid"], "--management-interface", "fake")
    assert cli.json("node", "show", wol_node["uuid"])["management_interface"] == "fake"
    cli.ran("node", "unset", wol_node["uuid"], "--management-interface")
    assert cli.json("node", "show", wol_node["uuid"])["management_interface"] == "noop"


def test_a_node_changes_its_driver(cli, wol_node):
    # As the power interface is the driver's own, it must be reset or given too.
    cli.ran("node", "set", wol_node["uuid"], "--driver", "staging-iboot", "--reset-interfaces")
    node = cli.json("node", "show", wol_node["uuid"])
    assert (node["driver"], node["power_interface"]) == ("staging-iboot", "staging-iboot")


def test_several_are_deleted_and_each_failure_is_told(cli, api, rig):
    names = [rig.name("several") for _ in range(3)]
    for name in names[:2]:
        api.node(driver="staging-wol", name=name)
    ran = cli.ran("node", "delete", names[0], names[2], names[1], status=1)
    assert f"Node {names[2]} could not be found." in ran.err
    for name in names[:2]:
        assert f"Deleted node {name}" in ran.out
        assert api.get(f"/v1/nodes/{name}").status_code == 404


@pytest.mark.parametrize("form", ["table", "csv", "yaml", "value"])
def test_lists_print_in_every_form(cli, wol_node, form):
    assert wol_node["uuid"] in cli.ran("node", "list", "--driver", "staging-wol", "-f", form).out


def test_lists_and_their_filters(cli, api, rig, daemon):
    mark = rig.name("filtered")
    quiet = api.node(driver="staging-wol", name=f"{mark}-a", resource_class="a", description=f"the one with {mark}")
    loud = api.node(driver="staging-iboot", name=f"{mark}-b", resource_class="b", lessee=mark, shard=mark)
    for node in quiet, loud:
        assert api.patch(f"/v1/nodes/{node['uuid']}", {"op": "add", "path": "/owner", "value": mark}).status_code == 200
    api.put(f"/v1/nodes/{loud['uuid']}/maintenance", {"reason": "tests"})

    def listed(*options: str) -> list[str]:
        return [it["name"][len(mark) + 1 :] for it in cli.json("node", "list", *options) if (it["name"] or "").startswith(mark)]

    assert listed("--owner", mark) == ["a", "b"]
    assert listed("--owner", mark, "--sort", "name:desc") == ["b", "a"]
    assert listed("--owner", mark, "--driver", "staging-wol") == ["a"]
    assert listed("--owner", mark, "--resource-class", "b") == ["b"]
    assert listed("--owner", mark, "--maintenance") == ["b"]
    assert listed("--owner", mark, "--no-maintenance") == ["a"]
    assert listed("--lessee", mark) == ["b"]
    assert listed("--description-contains", mark) == ["a"]
    assert listed("--shards", mark) == ["b"]
    assert listed("--owner", mark, "--sharded") == ["b"]
    assert listed("--owner", mark, "--unsharded") == ["a"]
    assert listed("--owner", mark, "--provision-state", "enroll") == ["a", "b"]
    assert listed("--owner", mark, "--provision-state", "available") == []
    assert listed("--owner", mark, "--unassociated") == ["a", "b"]
    assert listed("--owner", mark, "--associated") == []
    assert listed("--owner", mark, "--retired") == []
    assert listed("--owner", mark, "--no-retired") == ["a", "b"]
    assert listed("--owner", mark, "--conductor", daemon.host) == ["a", "b"]
    assert listed("--owner", mark, "--conductor", "another") == []
    assert listed("--owner", mark, "--conductor-group", "") == ["a", "b"]
    assert listed("--owner", mark, "--fault", "power failure") == []

    brief = [it for it in cli.json("node", "list", "--owner", mark)][0]
    assert brief["uuid"] == quiet["uuid"]
    assert (brief["power_state"], brief["provision_state"], brief["maintenance"]) == (None, "enroll", False)
    long = cli.json("node", "list", "--owner", mark, "--long")
    assert [it["driver"] for it in long] == ["staging-wol", "staging-iboot"]
    assert long[1]["maintenance_reason"] == "tests"
    some = cli.json("node", "list", "--owner", mark, "--fields", "uuid", "driver", "owner")
    assert some[1] == {"uuid": loud["uuid"], "driver": "staging-iboot", "owner": mark}
