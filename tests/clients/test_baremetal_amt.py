"""Machines with AMT by Ironic's own client, over HTTP and TLS: what the daemon says, and what has really become of the machine."""

import hashlib
import ssl
import subprocess

import pytest

from rig.process import until

# How a machine is spoken to, and why it is believed to be the one.
WAYS = ["http", "https by fingerprint", "https by CA file"]


@pytest.fixture
def enrolled(rig, api):
    """Makes a node of a machine, which is deleted behind the test: nobody asks for its power state any longer."""
    nodes = []

    def enrol(device, **more) -> dict:
        nodes.append(api.node(driver="staging-amt", name=rig.name("desk"), driver_info=device.driver_info(**more)))
        return nodes[-1]

    yield enrol
    for node in nodes:
        until("that nobody works on it", lambda node=node: api.delete(f"/v1/nodes/{node['uuid']}").status_code in (204, 404))


def machine(rig, way: str):
    """A machine, and the settings that make its node trust it."""
    device = rig.amt(tls=way != "http")
    return device, {
        "http": {},
        "https by fingerprint": {"amt_tls_fingerprint": device.fingerprint},
        "https by CA file": {"amt_tls_ca_file": str(device.ca_file)},
    }[way]


@pytest.mark.parametrize("way", WAYS)
def test_a_machine_through_all_its_states(baremetal, api, rig, way):
    device, trust = machine(rig, way)
    name = rig.name("desk")
    options = [it for key, value in device.driver_info(**trust).items() for it in ("--driver-info", f"{key}={value}")]
    made = baremetal.json("node", "create", "--driver", "staging-amt", "--name", name, *options)
    assert made["driver_info"] == device.driver_info(**trust) | {"amt_password": "******"}
    assert made["management_interface"] == made["power_interface"] == "staging-amt"
    valid = {it["Interface"]: (it["Result"], it["Reason"]) for it in baremetal.json("node", "validate", name)}
    assert valid["power"] == valid["management"] == (True, "")
    assert device.happenings() == [], "it is judged without asking anybody"

    baremetal.ran("node", "manage", name, "--wait", "20")
    assert baremetal.json("node", "show", name)["power_state"] == "power off"
    baremetal.ran("node", "provide", name, "--wait", "20")
    sent, starts = [], 0
    for words, state, requests, started in [
        (["power", "on"], "power on", [2], 1),
        # It is on already.
        (["power", "on"], "power on", [], 0),
        (["reboot"], "power on", [8, 2], 1),
        (["power", "off"], "power off", [8], 0),
        # A reboot ends in power on, from off too.
        (["reboot"], "power on", [2], 1),
        (["power", "off", "--soft"], "power off", [12], 0),
    ]:
        baremetal.ran("node", *words, name)
        api.becomes(made, power_state=state, last_error=None)
        sent += requests
        assert device.requests() == sent, words
        # Nothing was stored, so that nothing was armed.
        starts += started
        device.has_started(*["disk, nothing was armed"] * starts)
    assert "AMT boot configuration armed" not in device.happenings()
    baremetal.ran("node", "delete", name)


@pytest.mark.parametrize(
    ("way", "boot"), [("http", it) for it in ("pxe", "disk", "cdrom", "bios")] + [("https by fingerprint", "pxe")]
)
def test_a_boot_device_is_for_one_start(baremetal, api, rig, enrolled, way, boot):
    device, trust = machine(rig, way)
    node = enrolled(device, **trust)
    name = node["name"]
    shown = baremetal.json("node", "boot", "device", "show", name, "--supported")
    assert shown == {"supported_boot_devices": "pxe, disk, cdrom, bios"}
    stored = {"boot_device": "disk", "persistent": True}
    assert baremetal.json("node", "boot", "device", "show", name) == stored
    baremetal.ran("node", "boot", "device", "set", name, boot)
    assert baremetal.json("node", "boot", "device", "show", name) == {"boot_device": boot, "persistent": False}
    # Switching off is no start, and AMT keeps no boot device: nothing is sent for either.
    baremetal.ran("node", "power", "off", name)
    api.becomes(node, power_state="power off", last_error=None)
    assert device.happenings() == []

    baremetal.ran("node", "power", "on", name)
    api.becomes(node, power_state="power on", last_error=None)
    device.has_started(boot)
    assert baremetal.json("node", "boot", "device", "show", name) == stored
    baremetal.ran("node", "reboot", name)
    api.becomes(node, power_state="power on", last_error=None)
    device.has_started(boot, "disk, nothing was armed")
    assert device.requests() == [2, 8, 2]


def test_a_wish_waits_for_a_start(baremetal, api, rig, enrolled):
    """A machine that is on already is not started: nothing is armed, and the next start is the one that was meant."""
    device = rig.amt("--on")
    node = enrolled(device)
    baremetal.ran("node", "boot", "device", "set", node["name"], "pxe")
    baremetal.ran("node", "power", "on", node["name"])
    api.becomes(node, power_state="power on", last_error=None)
    shown = baremetal.json("node", "boot", "device", "show", node["name"])
    assert shown == {"boot_device": "pxe", "persistent": False}
    assert (device.requests(), device.starts()) == ([], [])
    # The operating system's own restart takes it along, too.
    baremetal.ran("node", "reboot", "--soft", node["name"])
    api.becomes(node, power_state="power on", last_error=None)
    assert device.requests() == [14]
    # It is still on its way, and can be asked for nothing else: that is asked for again. A client might come too late.
    asked = api.put(f"/v1/nodes/{node['uuid']}/states/power", {"target": "soft power off"})
    assert asked.status_code == 202, asked.text
    device.happens("power change 12 requested: ReturnValue 2")
    api.becomes(node, power_state="power off", last_error=None)
    device.has_started("pxe")
    assert device.requests() == [14, 12]


def test_a_persistent_boot_device_is_for_every_start(baremetal, api, rig, enrolled):
    device = rig.amt()
    node = enrolled(device)
    name = node["name"]
    baremetal.ran("node", "boot", "device", "set", name, "cdrom", "--persistent")
    for words in ["power", "on"], ["reboot"]:
        baremetal.ran("node", *words, name)
        api.becomes(node, power_state="power on", last_error=None)
        shown = baremetal.json("node", "boot", "device", "show", name)
        assert shown == {"boot_device": "cdrom", "persistent": True}
    device.has_started("cdrom", "cdrom")
    # A later wish takes its place.
    baremetal.ran("node", "boot", "device", "set", name, "disk")
    baremetal.ran("node", "reboot", name)
    api.becomes(node, power_state="power on", last_error=None)
    device.has_started("cdrom", "cdrom", "disk")


@pytest.mark.parametrize("boot", ["safe", "wanboot"])
def test_a_boot_device_that_amt_has_not(baremetal, rig, enrolled, boot):
    node = enrolled(rig.amt())
    text = baremetal.fails("node", "boot", "device", "set", node["name"], boot)
    assert f"Invalid boot device {boot} specified" in text and "HTTP 400" in text
    shown = baremetal.json("node", "boot", "device", "show", node["name"])
    assert shown == {"boot_device": "disk", "persistent": True}


def test_a_start_that_fails_keeps_the_wish_and_arms_nothing(baremetal, api, rig, enrolled):
    """Somebody at the machine must consent, and has not."""
    device = rig.amt("--client-control")
    node = enrolled(device)
    baremetal.ran("node", "boot", "device", "set", node["name"], "pxe")
    baremetal.ran("node", "power", "on", node["name"])
    api.fails(node, "Failed to change power state to 'power on'", "consent")
    shown = baremetal.json("node", "boot", "device", "show", node["name"])
    assert shown == {"boot_device": "pxe", "persistent": False}
    assert (device.requests(), device.starts()) == ([], [])
    assert "AMT boot configuration armed" not in device.happenings()


@pytest.mark.parametrize("options", [["--generation", "7"], ["--fault", "no-system"]], ids=" ".join)
@pytest.mark.parametrize("words", [["power", "off", "--soft"], ["reboot", "--soft"]], ids=" ".join)
def test_what_no_operating_system_can_be_asked_for(baremetal, api, rig, enrolled, options, words):
    device = rig.amt("--on", *options)
    node = enrolled(device)
    baremetal.ran("node", *words, node["name"])
    wanted, instead = "12" if "off" in words else "14", "5, 8, 10" if "--generation" in options else "5, 8, 10, 11"
    told = api.fails(node, f"{wanted} (", f"is not among the power states that can be asked for now ({instead})")
    assert device.requests() == []
    assert baremetal.json("node", "show", node["name"])["last_error"] == told


@pytest.fixture
def rounds_pass(api, iboot_node, relay, rackhand):
    """Lets the sync loop go round all nodes, twice at least: it is seen by what it finds at another device."""

    def switch() -> None:
        for state in "on", "off":
            info = [it for key, value in relay.driver_info().items() for it in ("-i", f"{key}={value}")]
            command = [rackhand, "power", state, "--driver", "staging-iboot", *info]
            subprocess.run(command, check=True, capture_output=True, timeout=30)
            api.becomes(iboot_node, power_state=f"power {state}", last_error=None)

    api.put(f"/v1/nodes/{iboot_node['uuid']}/states/provision", {"target": "manage"})
    api.becomes(iboot_node, provision_state="manageable")
    return switch


@pytest.mark.parametrize("way", ["http", "https by CA file"])
def test_a_wrong_password_is_tried_once(baremetal, api, rig, enrolled, rounds_pass, way):
    def failed_logins() -> int:
        return device.happenings().count("AMT failed login")

    def has_failed(what: str) -> None:
        told = api.fails(node, what, "user name or password")
        assert baremetal.json("node", "show", node["name"])["last_error"] == told

    device, trust = machine(rig, way)
    node = enrolled(device, **trust)
    baremetal.ran("node", "manage", node["name"], "--wait", "20")
    wrong = rig.record.password("a wrong password of AMT")
    baremetal.ran("node", "set", node["name"], "--driver-info", f"amt_password={wrong}")
    # The sync loop reads it with that once, and never again: it is not to lock the account.
    has_failed("During sync_power_state")
    rounds_pass()
    assert failed_logins() == 1
    # Whatever a person asks for is tried, once each time.
    baremetal.ran("node", "power", "on", node["name"])
    has_failed("Failed to change power state to 'power on'")
    rounds_pass()
    assert failed_logins() == 2 and device.requests() == []
    # The right one mends it.
    baremetal.ran("node", "set", node["name"], "--driver-info", f"amt_password={device.password}")
    baremetal.ran("node", "power", "on", node["name"])
    api.becomes(node, power_state="power on", last_error=None)
    assert failed_logins() == 2 and device.requests() == [2]


def seen_by_others(device) -> str:
    """The fingerprint of the certificate that it shows, as neither it nor the daemon says it."""
    certificate = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((device.host, device.port)))
    return hashlib.sha256(certificate).hexdigest()


@pytest.mark.parametrize("trust", ["another fingerprint", "another CA", "the system's CAs"])
def test_a_certificate_that_is_not_trusted_is_shown(baremetal, api, rig, enrolled, trust):
    device = rig.amt(tls=True)
    settings = {
        "another fingerprint": lambda: {"amt_tls_fingerprint": "5A" * 32},
        "another CA": lambda: {"amt_tls_ca_file": str(rig.amt(tls=True).ca_file)},
        "the system's CAs": dict,
    }[trust]()
    node = enrolled(device, **settings)
    baremetal.ran("node", "power", "on", node["name"])
    why = "not the one that is pinned" if "amt_tls_fingerprint" in settings else "not signed by a known CA"
    shown = f"its SHA-256 fingerprint is {device.fingerprint} "
    api.fails(node, "Failed to change power state to 'power on'", why, shown)
    assert device.fingerprint == seen_by_others(device)
    # Nothing was asked of it, and nobody logged in.
    assert device.happenings() == []
    # What was shown can be pinned, as openssl writes it, too.
    pin = ":".join(device.fingerprint[at : at + 2].upper() for at in range(0, 64, 2))
    options = ["--driver-info", f"amt_tls_fingerprint={pin}"]
    if "amt_tls_ca_file" in settings:
        baremetal.ran("node", "unset", node["name"], "--driver-info", "amt_tls_ca_file")
    baremetal.ran("node", "set", node["name"], *options)
    baremetal.ran("node", "power", "on", node["name"])
    api.becomes(node, power_state="power on", last_error=None)
    assert device.requests() == [2]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"amt_tls_fingerprint": "5a"}, "amt_tls_fingerprint"),
        ({"amt_tls_fingerprint": "5a" * 32, "amt_tls_ca_file": "/etc/ca.pem"}, "amt_tls_ca_file"),
        ({"amt_tls_ca_file": "ca.pem"}, "amt_tls_ca_file"),
        ({"amt_tls_insecure": "perhaps"}, "amt_tls_insecure"),
        ({"amt_protocol": "http", "amt_tls_fingerprint": "5a" * 32}, "amt_tls_fingerprint"),
        ({"amt_protocol": "ftp"}, "amt_protocol"),
        ({"amt_port": 0}, "amt_port"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_before_the_device_hears_of_it(baremetal, rig, enrolled, settings, named):
    device = rig.amt(tls=True)
    node = enrolled(device, **settings)
    valid = {it["Interface"]: (it["Result"], it["Reason"]) for it in baremetal.json("node", "validate", node["name"])}
    result, reason = valid["power"]
    assert result is False and named in reason, reason
    text = baremetal.fails("node", "power", "on", node["name"])
    assert named in text and "HTTP 400" in text
    assert device.happenings() == []


def test_the_protocol_of_all_nodes_that_name_none(rig):
    daemon = rig.daemon({"amt_driver": {"protocol": "https"}})
    baremetal, device = rig.cli("baremetal", daemon.url), rig.amt(tls=True)
    info = device.driver_info(amt_tls_fingerprint=device.fingerprint)
    del info["amt_protocol"]
    options = [it for key, value in info.items() for it in ("--driver-info", f"{key}={value}")]
    node = baremetal.json("node", "create", "--driver", "staging-amt", *options)["uuid"]
    baremetal.ran("node", "manage", node, "--wait", "20")
    assert baremetal.json("node", "show", node)["power_state"] == "power off"
