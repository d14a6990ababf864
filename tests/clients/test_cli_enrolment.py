"""The lines with which the staging drivers' documentation enrols nodes, as they stand, by the installed programs."""

import json
import re

import pytest

from rig.devices import new_mac


@pytest.fixture
def shell(cli):
    """Runs a line as a person would, a process each; its first word is the program."""

    def run(line: str) -> str:
        words = line.split()
        assert words[0] == "openstack" and words[1] == "baremetal"
        return cli.ran_alone(*words[2:]).out

    return run


def uuid_in(table: str) -> str:
    """The UUID of what was made, read as a person reads it."""
    return re.search(r"^\| uuid +\| ([0-9a-f-]{36}) +\|$", table, re.MULTILINE)[1]


def test_wake_on_lan(shell, cli, api, rig):
    nic = rig.nic()
    node = uuid_in(
        shell(
            "openstack baremetal node create --driver staging-wol"
            f" --driver-info wol_host={nic.host} --driver-info wol_port={nic.port}"
        )
    )
    shell(f"openstack baremetal port create --node {node} {nic.mac}")
    cli.ran("node", "power", "on", node)
    nic.happens("woke up")
    assert api.becomes({"uuid": node}, power_state="power on")["last_error"] is None


def test_iboot(shell, cli, api, relay):
    info = relay.driver_info()
    node = uuid_in(
        shell(
            "openstack baremetal node create --driver staging-iboot"
            f" --driver-info iboot_username={info['iboot_username']}"
            f" --driver-info iboot_password={info['iboot_password']}"
            f" --driver-info iboot_address={info['iboot_address']}"
            # Beyond the documentation: the simulated device is not at the usual port, and tests share its relays.
            f" --driver-info iboot_port={info['iboot_port']} --driver-info iboot_relay_id={info['iboot_relay_id']}"
        )
    )
    cli.ran("node", "power", "on", node)
    relay.has_moved("on")
    assert api.becomes({"uuid": node}, power_state="power on")["last_error"] is None
    shell(f"openstack baremetal node delete {node}")


def test_the_defaults_are_those_of_the_documentation(cli):
    described = {it["property"]: it["description"] for it in cli.json("driver", "property", "list", "staging-wol")}
    assert "255.255.255.255" in described["wol_host"] and "9" in described["wol_port"]
    described = {it["property"]: it["description"] for it in cli.json("driver", "property", "list", "staging-iboot")}
    assert "9100" in described["iboot_port"] and "1" in described["iboot_relay_id"]


def test_a_file_of_nodes(cli, api, rig, tmp_path):
    """`create` makes what a file says: how an inventory that was made for Ironic is brought here."""
    name, mac = rig.name("file"), new_mac()
    port = {"address": mac}
    node = {"driver": "staging-wol", "name": name, "driver_info": {"wol_port": 40009}, "ports": [port]}
    file = tmp_path / "nodes.json"
    file.write_text(json.dumps({"nodes": [node]}))
    cli.ran("create", file)
    made = api.get(f"/v1/nodes/{name}").json()
    assert made["driver_info"] == {"wol_port": 40009}
    assert [it["address"] for it in api.get(f"/v1/ports?node={made['uuid']}").json()["ports"]] == [mac]
