"""The simulated AMT and a foreign client: PyPI's `amt`, made for the real firmware, which shares no code with Rackhand."""

import pytest
import requests
from amt.client import Client

from rig.process import until

GENERATIONS = ["7", "9", "11", "12"]


def client_of(device) -> Client:
    """The client, pointed at the device: it knows no port but its own."""
    client = Client(device.host, device.password, device.user)
    client.uri = f"http://{device.host}:{device.port}/wsman"
    return client


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("style", ["firmware", "long", "default"])
def test_power(rig, generation, style):
    device = rig.amt("--generation", generation, "--style", style)
    client = client_of(device)
    assert client.power_status() == "8"
    assert client.power_on() == 0
    until("that it is on", lambda: client.power_status() == "2")
    device.happens("AMT started from disk, nothing was armed")
    assert client.power_cycle() == 0
    until("that it is on again", lambda: len([line for line in device.lines() if "AMT started" in line]) == 2)
    until("that it is on", lambda: client.power_status() == "2")
    assert client.power_off() == 0
    until("that it is off", lambda: client.power_status() == "8")
    assert client.power_off() is None, "off is not switched off: ReturnValue 2, which it prints"
    device.happens("power change 8 requested: ReturnValue 2")


@pytest.mark.parametrize("framing", ["chunked", "length", "close-delimited", "http10", "fragments", "interim"])
def test_framing(rig, framing):
    client = client_of(rig.amt("--fault", framing))
    assert client.power_status() == "8"
    assert client.power_on() == 0


@pytest.mark.parametrize(("boot", "name"), [("pxe", "pxe"), ("hd", "disk"), ("cd", "cdrom")])
def test_boot_device(rig, boot, name):
    device = rig.amt()
    client = client_of(device)
    client.set_next_boot(boot)
    device.happens("boot configuration armed")
    assert client.power_on() == 0
    device.happens(f"started from {name}")
    until("that it is on", lambda: client.power_status() == "2")
    assert client.power_cycle() == 0
    device.happens("started from disk, nothing was armed")


def test_refusals(rig):
    device = rig.amt("--on", "--fault", "kvm-session", "--client-control")
    client = client_of(device)
    assert client.power_off() is None, "somebody looks on"
    with pytest.raises(requests.HTTPError, match="400"):
        client.set_next_boot("pxe")
    with pytest.raises(requests.HTTPError, match="400"):
        client.vnc_status()
    client.password = "another"
    with pytest.raises(requests.HTTPError, match="401"):
        client.power_status()
    device.happens("failed login")


def test_a_challenge_that_it_cannot_answer(rig):
    """requests does not find `auth` in `auth-int, auth`, as AMT 14 and later offer it; Rackhand does."""
    with pytest.raises(requests.HTTPError, match="401"):
        client_of(rig.amt("--generation", "14")).power_status()
