"""Virtual machines of libvirt by Ironic's own client; virsh is the judge of what really happened."""

from pathlib import Path

import pytest

from rig.api import refused
from rig.hypervisor import Hypervisor, lacking
from rig.process import until

# That of the other tests, too; several hypervisors may have it at once.
CACHE = Path(__file__).parents[2] / "target/libvirt-cache"


@pytest.fixture(scope="session")
def hypervisor(rig):
    """One for all of these tests."""
    started = Hypervisor(rig.record, CACHE)
    yield started
    started.end()


@pytest.fixture
def in_this_build(api, rig):
    """Skips the test where the program has no libvirt: validate says so."""
    node = api.node(driver="staging-libvirt", name=rig.name("probe"))
    api.port(node, "52:54:00:00:aa:00")
    reason = api.get(f"/v1/nodes/{node['uuid']}/validate").json()["power"].get("reason", "")
    api.delete(f"/v1/nodes/{node['uuid']}")
    if "not in this build" in reason:
        lacking(f"libvirt in the program: {reason}")


@pytest.fixture
def domain(in_this_build, hypervisor, rig):
    """A domain of its own, which is off."""
    name = rig.name("vm")
    number = int(name.rsplit("-")[-1])
    return hypervisor.define(name, f"52:54:00:01:{number >> 8:02x}:{number & 255:02x}")


@pytest.fixture
def enrolled(baremetal, api, rig, hypervisor, domain):
    """It as a node, enrolled as the README says; deleted behind the test: nobody asks for its power state any longer."""
    options = [it for key, value in hypervisor.driver_info().items() for it in ("--driver-info", f"{key}={value}")]
    made = baremetal.json("node", "create", "--driver", "staging-libvirt", "--name", domain.name, *options)
    assert made["driver_info"] == hypervisor.driver_info() | {"sasl_password": "******"}
    assert made["power_interface"] == made["management_interface"] == "staging-libvirt"
    assert made["vendor_interface"] == "no-vendor"
    yield made
    path = f"/v1/nodes/{made['uuid']}"
    until("that nobody works on it", lambda: api.delete(path).status_code in (204, 404))


def test_a_domain_through_all_its_states(baremetal, api, enrolled, domain):
    name = domain.name
    valid = {it["Interface"]: (it["Result"], it["Reason"]) for it in baremetal.json("node", "validate", name)}
    assert valid["power"][0] is False and "at least one port" in valid["power"][1]
    baremetal.ran("port", "create", domain.mac, "--node", enrolled["uuid"])
    valid = {it["Interface"]: (it["Result"], it["Reason"]) for it in baremetal.json("node", "validate", name)}
    assert valid["power"] == valid["management"] == (True, "")
    baremetal.ran("node", "manage", name, "--wait", "20")
    assert baremetal.json("node", "show", name)["power_state"] == "power off"
    baremetal.ran("node", "provide", name, "--wait", "20")
    for words, state, starts in [
        (["power", "on"], "power on", True),
        # It is on already.
        (["power", "on"], "power on", False),
        (["reboot"], "power on", True),
        (["reboot", "--soft"], "power on", True),
        (["power", "off", "--soft"], "power off", False),
        # A reboot ends in power on, from off too.
        (["reboot"], "power on", True),
        (["power", "off"], "power off", False),
    ]:
        before = domain.number()
        if "--soft" in words:
            until("that it listens to its power button", domain.listens_to_acpi)
        baremetal.ran("node", *words, name)
        api.becomes(enrolled, power_state=state, last_error=None)
        assert baremetal.json("node", "show", name)["power_state"] == state
        assert domain.state() == {"power on": "running", "power off": "shut off"}[state], words
        assert state == "power off" or (domain.number() != before) == starts, words


def test_the_definition_keeps_the_boot_device(baremetal, api, enrolled, domain):
    name = domain.name
    baremetal.ran("port", "create", domain.mac, "--node", enrolled["uuid"])
    shown = baremetal.json("node", "boot", "device", "show", name, "--supported")
    assert shown == {"supported_boot_devices": "pxe, disk, cdrom"}
    assert baremetal.json("node", "boot", "device", "show", name) == {"boot_device": "disk", "persistent": True}
    assert domain.boots() == ["hd", "network"]
    for device, order in [("pxe", ["network", "hd"]), ("cdrom", ["cdrom", "network", "hd"]), ("disk", ["hd", "cdrom", "network"])]:
        baremetal.ran("node", "boot", "device", "set", name, device, "--persistent")
        assert domain.boots() == order
        assert baremetal.json("node", "boot", "device", "show", name) == {"boot_device": device, "persistent": True}
        assert domain.state() == "shut off"
    before = domain.xml()
    baremetal.ran("node", "boot", "device", "set", name, "pxe")
    assert domain.boots() == ["network", "hd", "cdrom"]
    assert baremetal.json("node", "boot", "device", "show", name) == {"boot_device": "pxe", "persistent": False}
    baremetal.ran("node", "power", "on", name)
    api.becomes(enrolled, power_state="power on", last_error=None)
    assert domain.xml() == before, "it was for one start"
    assert baremetal.json("node", "boot", "device", "show", name) == {"boot_device": "disk", "persistent": True}
    assert "HTTP 400" in baremetal.fails("node", "boot", "device", "set", name, "wanboot")
    baremetal.ran("node", "power", "off", name)
    api.becomes(enrolled, power_state="power off", last_error=None)
    assert domain.state() == "shut off"


def test_what_is_wrong_is_told_and_nothing_is_run(baremetal, api, rig, enrolled, domain, tmp_path):
    name = domain.name
    baremetal.ran("port", "create", domain.mac, "--node", enrolled["uuid"])
    program, mark = tmp_path / "run", tmp_path / "mark"
    program.write_text(f"#!/bin/sh\ntouch {mark}\n")
    program.chmod(0o755)
    uri = f"qemu+ext:///system?command={program}"
    baremetal.ran("node", "set", name, "--driver-info", f"libvirt_uri={uri}")
    reason = {it["Interface"]: it["Reason"] for it in baremetal.json("node", "validate", name)}["power"]
    assert "the parameter 'command' is not allowed" in reason
    assert "HTTP 400" in baremetal.fails("node", "power", "on", name)
    refused(api.get(f"/v1/nodes/{enrolled['uuid']}/management/boot_device"), 400, "'command'")
    assert not mark.exists()
    wrong = rig.record.password("a wrong password of a hypervisor")
    right = enrolled["driver_info"]["libvirt_uri"]
    baremetal.ran("node", "set", name, "--driver-info", f"libvirt_uri={right}", "--driver-info", f"sasl_password={wrong}")
    baremetal.ran("node", "power", "on", name)
    api.fails(enrolled, "Failed to change power state to 'power on'", "does not let the user of sasl_username in")
    assert domain.state() == "shut off"
