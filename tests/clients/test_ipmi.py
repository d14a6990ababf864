"""The simulated BMC and a foreign client, and the client and a foreign BMC: PyPI's `pyghmi`, OpenStack's own, which shares no code with
Rackhand."""

import subprocess

import pytest
from pyghmi.exceptions import IpmiException
from pyghmi.ipmi.command import Command

NODE_MANAGER = {"addr": 0x2C, "channel": 6}


def client_of(device, password: str | None = None) -> Command:
    """The client, logged in."""
    password = password or device.password
    return Command(bmc=device.host, userid=device.user, password=password, port=device.port, privlevel=4)


@pytest.mark.parametrize("suites", ["17,3", "3"])
def test_power_and_boot_device(rig, suites):
    device = rig.bmc("--suites", suites, "--on-delay", "0.1", "--off-delay", "0.1", "--soft-delay", "0.1")
    client = client_of(device)
    assert client.get_power() == {"powerstate": "off"}
    assert client.set_bootdev("network", persist=False, uefiboot=True) == {"bootdev": "network"}
    assert client.get_bootdev() == {"bootdev": "network", "persistent": False, "uefimode": True}
    assert client.set_power("on", wait=20) == {"powerstate": "on"}
    device.happens("BMC started: PXE")
    assert client.get_bootdev()["bootdev"] == "default", "it is used up"
    assert client.set_power("shutdown", wait=20) == {"powerstate": "off"}
    assert {sensor.name for sensor in client.get_sensor_data()} == {"Inlet Temp", "PwrUnit1"}


@pytest.mark.parametrize("shape", ["separate", "reordered"])
def test_node_manager(rig, shape):
    """It waits in vain for an answer within that of Send Message."""
    client = client_of(rig.bmc("--bridging", shape))
    answer = client.raw_command(netfn=0x2E, command=0xCA, data=[0x57, 1, 0], bridge_request=NODE_MANAGER)
    assert (answer["code"], bytes(answer["data"])) == (0, bytes.fromhex("5701000503070102"))


def test_refusals(rig):
    device = rig.bmc()
    with pytest.raises(IpmiException, match="[Pp]assword"):
        client_of(device, "another").get_power()
    device = rig.bmc("--kg", "0102")
    with pytest.raises(IpmiException, match="Kg"):
        client_of(device).get_power()


def test_losses(rig):
    client = client_of(rig.bmc("--fault", "loss=100^1", "--seed", "3"))
    assert [client.get_power() for _ in range(10)] == [{"powerstate": "off"}] * 10


def test_power_of_a_foreign_bmc(rig):
    """What its machine was told is what was asked for; boot devices are in tests/tests/peers_ipmi_servers.rs."""
    bmc = rig.pyghmi_bmc()

    def power(*arguments: str) -> str:
        done = subprocess.run(
            [rig.program, "power", *arguments, "--driver", "ipmi", *bmc.options()],
            capture_output=True, text=True, timeout=60, check=True,
        )
        rig.record.keep("power", (done.stdout + done.stderr).encode())
        return done.stdout.strip()

    assert [power(*what) for what in (["status"], ["on"], ["reboot"], ["off", "--soft"])] == [
        "power off", "power on", "power on", "power off",
    ]
    assert bmc.lines()[1:] == ["power on (on)", "power off (off)", "power on (on)", "power off (soft)"]
