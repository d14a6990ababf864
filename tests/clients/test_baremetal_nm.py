"""Machines with a BMC, and Node Manager behind it, by Ironic's own client; what it cannot say, by plain requests."""

import json
import time

import pytest

from rig.api import refused
from rig.process import until


@pytest.fixture
def enrolled(rig, api):
    """Makes a node of a machine, which is deleted behind the test: nobody asks for its power state any longer."""
    nodes = []

    def enrol(device, driver: str = "staging-nm", more: dict | None = None, **settings) -> dict:
        info = device.driver_info(**settings)
        nodes.append(api.node(driver=driver, name=rig.name("server"), driver_info=info, **(more or {})))
        return nodes[-1]

    yield enrol
    for node in nodes:
        until("that nobody works on it", lambda node=node: api.delete(f"/v1/nodes/{node['uuid']}").status_code in (204, 404))


@pytest.mark.parametrize("driver", ["staging-nm", "ipmi"])
def test_a_machine_through_all_its_states(baremetal, api, rig, driver):
    device, name = rig.bmc(), rig.name("server")
    options = [it for key, value in device.driver_info().items() for it in ("--driver-info", f"{key}={value}")]
    made = baremetal.json("node", "create", "--driver", driver, "--name", name, *options)
    assert made["driver_info"] == device.driver_info() | {"ipmi_password": "******"}
    assert made["management_interface"] == made["power_interface"] == "ipmitool"
    assert made["vendor_interface"] == {"staging-nm": "staging-nm", "ipmi": "ipmitool"}[driver]
    valid = {it["Interface"]: (it["Result"], it["Reason"]) for it in baremetal.json("node", "validate", name)}
    assert valid["power"] == valid["management"] == valid["vendor"] == (True, "")
    assert device.happenings() == [], "it is judged without asking anybody"

    baremetal.ran("node", "manage", name, "--wait", "20")
    assert baremetal.json("node", "show", name)["power_state"] == "power off"
    baremetal.ran("node", "provide", name, "--wait", "20")
    sent, starts = [], 0
    for words, state, requests, started in [
        (["power", "on"], "power on", ["power on"], 1),
        # It is on already.
        (["power", "on"], "power on", [], 0),
        (["reboot"], "power on", ["power off", "power on"], 1),
        (["reboot", "--soft"], "power on", ["shutdown", "power on"], 1),
        (["power", "off"], "power off", ["power off"], 0),
        # A reboot ends in power on, from off too.
        (["reboot"], "power on", ["power on"], 1),
        (["power", "off", "--soft"], "power off", ["shutdown"], 0),
    ]:
        baremetal.ran("node", *words, name)
        api.becomes(made, power_state=state, last_error=None)
        sent += requests
        assert device.requests() == sent, words
        starts += started
        device.has_started(*["no override"] * starts)
    baremetal.ran("node", "delete", name)


def test_the_bmc_keeps_the_boot_device(baremetal, api, rig, enrolled):
    device = rig.bmc()
    node = enrolled(device)
    name = node["name"]
    shown = baremetal.json("node", "boot", "device", "show", name, "--supported")
    assert shown == {"supported_boot_devices": "pxe, disk, cdrom, bios, safe"}
    none = {"boot_device": None, "persistent": None}
    assert baremetal.json("node", "boot", "device", "show", name) == none
    for boot, flags in [("pxe", "PXE"), ("disk", "disk"), ("cdrom", "CD or DVD"), ("bios", "BIOS"), ("safe", "safe")]:
        before = len(device.lines())
        baremetal.ran("node", "boot", "device", "set", name, boot)
        assert flags in device.happens("boot flags set: ", after=before), boot
        assert baremetal.json("node", "boot", "device", "show", name) == {"boot_device": boot, "persistent": False}
    baremetal.ran("node", "boot", "device", "set", name, "pxe")
    baremetal.ran("node", "power", "on", name)
    api.becomes(node, power_state="power on", last_error=None)
    device.has_started("PXE")
    assert baremetal.json("node", "boot", "device", "show", name) == none, "it was for one start"
    baremetal.ran("node", "boot", "device", "set", name, "pxe", "--persistent")
    baremetal.ran("node", "reboot", name)
    api.becomes(node, power_state="power on", last_error=None)
    device.has_started("PXE", "PXE")
    assert baremetal.json("node", "boot", "device", "show", name) == {"boot_device": "pxe", "persistent": True}
    assert "HTTP 400" in baremetal.fails("node", "boot", "device", "set", name, "wanboot")


def test_a_node_that_starts_as_uefi(baremetal, rig, enrolled):
    device = rig.bmc()
    node = enrolled(device, more={"properties": {"capabilities": "boot_mode:uefi"}})
    baremetal.ran("node", "boot", "device", "set", node["name"], "pxe")
    assert device.happens("boot flags set: ").endswith("PXE, EFI")


def test_a_bmc_that_drops_a_bit_keeps_the_device(baremetal, daemon, rig, enrolled):
    node = enrolled(rig.bmc("--fault", "drops-persistent"))
    baremetal.ran("node", "boot", "device", "set", node["name"], "pxe", "--persistent")
    daemon.line("that it was dropped", lambda line: "not 'persistent'" in line and node["name"] in line)
    shown = baremetal.json("node", "boot", "device", "show", node["name"])
    assert shown == {"boot_device": "pxe", "persistent": False}


def test_a_wrong_password_is_told_and_locks_nobody_out(baremetal, api, rig, enrolled):
    def failed_logins() -> int:
        return device.happenings().count("BMC failed login")

    device = rig.bmc()
    node = enrolled(device)
    baremetal.ran("node", "manage", node["name"], "--wait", "20")
    wrong = rig.record.password("a wrong password of a BMC")
    baremetal.ran("node", "set", node["name"], "--driver-info", f"ipmi_password={wrong}")
    # The sync loop reads it with that once, and never again.
    api.fails(node, "During sync_power_state", "ipmi_password is wrong")
    device.happens("failed login")
    baremetal.ran("node", "power", "on", node["name"])
    api.fails(node, "Failed to change power state to 'power on'", "ipmi_password is wrong")
    answer = api.get(f"/v1/nodes/{node['uuid']}/management/boot_device")
    refused(answer, 500, "ipmi_password is wrong")
    # As long as several rounds of the loop take.
    time.sleep(3.5)
    assert (failed_logins(), device.requests()) == (3, []), device.happenings()
    baremetal.ran("node", "set", node["name"], "--driver-info", f"ipmi_password={device.password}")
    baremetal.ran("node", "power", "on", node["name"])
    api.becomes(node, power_state="power on", last_error=None)


# The documented examples as they stand: method, verb, body, answer.
EXAMPLES = [
    ("get_nm_version", "GET", None, {"firmware": "1.2", "ipmi": "3.0", "nm": "3.0", "patch": "7"}),
    (
        "get_nm_capabilities",
        "GET",
        {"domain_id": "platform", "policy_trigger": "none", "power_domain": "primary"},
        {
            "domain_id": "platform",
            "max_correction_time": 100000,
            "max_limit_value": 4096,
            "max_policies": 16,
            "max_reporting_period": 32768,
            "min_correction_time": 10,
            "min_limit_value": 100,
            "min_reporting_period": 100,
            "power_domain": "primary",
        },
    ),
    ("control_nm_policy", "PUT", {"scope": "policy", "enable": False, "policy_id": 10}, None),
    (
        "set_nm_policy",
        "PUT",
        {
            "domain_id": "platform",
            "enable": True,
            "policy_id": 10,
            "policy_trigger": "none",
            "action": "alert",
            "power_domain": "primary",
            "target_limit": 200,
            "reporting_period": 20000,
        },
        None,
    ),
    (
        "get_nm_policy",
        "GET",
        {"domain_id": "platform", "policy_id": 11},
        {
            "action": "alert",
            "correction_time": 10000,
            "cpu_power_correction": "auto",
            "created_by_nm": True,
            "domain_id": "platform",
            "enabled": True,
            "global_enabled": True,
            "per_domain_enabled": True,
            "policy_trigger": "none",
            "power_domain": "primary",
            "power_policy": False,
            "reporting_period": 20000,
            "storage": "persistent",
            "target_limit": 250,
            "trigger_limit": 300,
        },
    ),
    ("remove_nm_policy", "DELETE", {"domain_id": "platform", "policy_id": 11}, None),
    (
        "set_nm_policy_suspend",
        "PUT",
        {"domain_id": "platform", "policy_id": 10, "periods": [{"start": 10, "stop": 60, "days": ["monday", "tuesday"]}]},
        None,
    ),
    (
        "get_nm_policy_suspend",
        "GET",
        {"domain_id": "platform", "policy_id": 13},
        {
            "domain_id": "platform",
            "policy_id": 13,
            "periods": [
                {"start": 20, "stop": 100, "days": ["monday", "tuesday"]},
                {"start": 30, "stop": 150, "days": ["friday", "sunday"]},
            ],
        },
    ),
    ("remove_nm_policy_suspend", "DELETE", {"domain_id": "platform", "policy_id": 13}, None),
    (
        "get_nm_statistics",
        "GET",
        {"scope": "global", "domain_id": "platform", "parameter_name": "power"},
        {
            "activation_state": True,
            "administrative_enabled": True,
            "average_value": 200,
            "current_value": 202,
            "domain_id": "platform",
            "maximum_value": 240,
            "measurement_state": True,
            "minimum_value": 150,
            "operational_state": True,
            "reporting_period": 2125,
            "timestamp": "2016-02-03T20:13:52",
        },
    ),
    ("reset_nm_statistics", "DELETE", {"scope": "global", "domain_id": "platform"}, None),
    ("reset_nm_statistics", "PUT", {"scope": "global", "domain_id": "platform"}, None),
]


@pytest.mark.parametrize("shape", ["separate", "inline", "reordered"])
def test_every_documented_example_as_it_stands(api, rig, enrolled, shape):
    node = enrolled(rig.bmc("--bridging", shape))
    for method, verb, body, expected in EXAMPLES:
        answer = api.ask(verb, f"/v1/nodes/{node['uuid']}/vendor_passthru/{method}", json=body)
        if verb == "GET":
            assert (answer.status_code, answer.json()) == (200, expected), method
        else:
            assert (answer.status_code, answer.content) == (202, b""), f"{verb} {method}: {answer.text}"
            api.becomes(node, last_error=None)
    seen = api.get(f"/v1/nodes/{node['uuid']}").json()["driver_internal_info"]
    assert (seen["intel_nm_channel"], seen["intel_nm_address"]) == (6, 0x2C)


def test_the_methods_by_the_client(baremetal, api, rig, enrolled):
    node = enrolled(rig.bmc())
    name = node["name"]
    listed = {it["Name"]: it for it in baremetal.json("node", "passthru", "list", name)}
    assert set(listed) == {method for method, *_ in EXAMPLES}
    for method, verb, _, _ in EXAMPLES:
        assert verb in listed[method]["Supported HTTP methods"], listed[method]
        assert listed[method]["Async"] == (verb != "GET"), listed[method]
    # It drops the arguments of all other verbs.
    for method, verb, body, _ in EXAMPLES:
        if verb == "PUT":
            arguments = [it for key, value in body.items() for it in ("--arg", f"{key}={text(value)}")]
            baremetal.ran("node", "passthru", "call", name, method, "--http-method", "PUT", *arguments)
            api.becomes(node, last_error=None)
    told = baremetal.ran("node", "passthru", "call", name, "get_nm_version", "--http-method", "GET").out
    assert "'nm': '3.0'" in told or json.loads(told)["nm"] == "3.0", told
    # What it has set is there.
    path = f"/v1/nodes/{node['uuid']}/vendor_passthru/"
    policy = api.get(f"{path}get_nm_policy?domain_id=platform&policy_id=10").json()
    assert (policy["target_limit"], policy["enabled"], policy["correction_time"]) == (200, True, 10)
    periods = api.get(f"{path}get_nm_policy_suspend?domain_id=platform&policy_id=10").json()["periods"]
    assert periods == [{"start": 10, "stop": 60, "days": ["monday", "tuesday"]}]


def text(value) -> str:
    """A value as the client reads it from its command line."""
    return value if isinstance(value, str) else json.dumps(value)


def test_what_is_wrong_is_named_and_what_the_platform_cannot_do_is_told(baremetal, api, rig, enrolled):
    device = rig.bmc()
    node = enrolled(device)
    path = f"/v1/nodes/{node['uuid']}/vendor_passthru/"
    for verb, method, body, words in [
        ("GET", "get_nm_policy", {}, ["missing: domain_id, policy_id"]),
        ("GET", "get_nm_policy", {"domain_id": "platform", "policy_id": "11"}, ["policy_id", "0 to 255", "not '11'"]),
        ("DELETE", "remove_nm_policy", {"domain_id": "gpu", "policy_id": 11}, ["domain_id", "'platform'", "not 'gpu'"]),
        ("PUT", "control_nm_policy", {"scope": "policy", "enable": True}, ["missing: policy_id"]),
        ("PUT", "set_nm_policy", {"bogus": 1}, ["no argument bogus"]),
        ("POST", "set_nm_policy", {}, ["does not support HTTP POST"]),
    ]:
        refused(api.ask(verb, path + method, json=body), 400, *words)
    assert device.happenings() == [], "nothing is sent"
    told = baremetal.fails("node", "passthru", "call", node["name"], "set_nm_policy", "--http-method", "PUT", "--arg", "policy_id=10")
    assert "missing: enable, domain_id, policy_trigger" in told and "HTTP 400" in told
    limits = dict(next(body for method, _, body, _ in EXAMPLES if method == "set_nm_policy"), target_limit=50)
    assert api.put(f"{path}set_nm_policy", limits).status_code == 202
    api.fails(node, "vendor method set_nm_policy failed", "target_limit must be 100 to 4096 W", "not 50")
    refused(api.get(f"{path}get_nm_policy?domain_id=platform&policy_id=200"), 500, "there is no such policy")


def test_no_node_manager_is_not_searched_for_again_at_once(api, rig, enrolled):
    node = enrolled(rig.bmc("--no-record"))
    path = f"/v1/nodes/{node['uuid']}/vendor_passthru/get_nm_"
    policy = f"{path}policy?domain_id=platform&policy_id=11"
    assert "looked for again" not in refused(api.get(policy), 500, "no Node Manager was found")
    refused(api.get(policy), 500, "no Node Manager was found", "looked for again in", "at once by get_nm_version")
    assert "looked for again" not in refused(api.get(f"{path}version"), 500, "no Node Manager was found")
    refused(api.get(policy), 500, "looked for again in")
    api.patch(f"/v1/nodes/{node['uuid']}", {"op": "add", "path": "/driver_info/ipmi_priv_level", "value": "ADMINISTRATOR"})
    assert "looked for again" not in refused(api.get(policy), 500, "no Node Manager was found")


def test_a_raw_request(api, rig, enrolled):
    node = enrolled(rig.bmc(), driver="ipmi")
    path = f"/v1/nodes/{node['uuid']}/vendor_passthru/send_raw"
    assert api.post(path, {"raw_bytes": "0x06 0x01"}).status_code == 202
    api.becomes(node, last_error=None)
    assert api.post(path, {"raw_bytes": "0x06 0xee"}).status_code == 202
    api.fails(node, "vendor method send_raw failed", "C1h")
    refused(api.post(path, {"raw_bytes": "0x07 0x01"}), 400, "raw_bytes must be", "even")
