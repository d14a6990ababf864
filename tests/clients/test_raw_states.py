"""Actions with bodies that no client would send."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from rig.api import refused
from rig.devices import new_mac
from rig.process import until

JSON = {"Content-Type": "application/json"}
# Where a body says what to do, and what it must say.
TARGETS = [("states/power", "target"), ("states/provision", "target"), ("management/boot_device", "boot_device")]


@pytest.fixture
def path(api, wol_node) -> str:
    """A node that lacks nothing."""
    api.port(wol_node, new_mac())
    return f"/v1/nodes/{wol_node['uuid']}"


@pytest.mark.parametrize("body", ["", "{}", "null", "{", '{"x"', "\0"])
@pytest.mark.parametrize("action, what", TARGETS)
def test_bodies_without_a_target(api, path, action, what, body):
    """Missing or no JSON at all: one row of the table of errors; where it is no JSON, Rackhand says where and why, too."""
    answer = api.ask("PUT", f"{path}/{action}", data=body.encode(), headers=JSON)
    text = refused(answer, 400)
    if body in ("", "{}", "null"):
        assert text == f"Missing mandatory parameter: {what}"
    else:
        assert text.startswith(f"Missing mandatory parameter: {what}. Malformed JSON body: line 1, column ")


@pytest.mark.parametrize("body", ["5", '"x"', "[]", '["power on"]'])
@pytest.mark.parametrize("action, what", TARGETS)
def test_bodies_that_are_no_object(api, path, action, what, body):
    refused(api.ask("PUT", f"{path}/{action}", data=body.encode(), headers=JSON), 400, "object")


@pytest.mark.parametrize("action, what", TARGETS)
def test_targets_that_are_no_text(api, path, action, what):
    for value in 5, True, [], {}, 1.5:
        refused(api.put(f"{path}/{action}", {what: value}), 400)
    refused(api.put(f"{path}/{action}", {what: None}), 400)
    refused(api.put(f"{path}/{action}", {what: "pxe" if what == "boot_device" else "manage", "bogus": 1}), 400, "bogus")
    refused(api.put(f"{path}/{action}", {what: "x" * 100_000}), 400)


@pytest.mark.parametrize("target", ["bogus", "on", "POWER ON", "power on ", "reboot", "", "error", "None"])
def test_power_targets(api, path, target):
    node = api.get(path).json()
    text = refused(api.put(f"{path}/states/power", {"target": target}), 400)
    for called in node["uuid"], node["name"]:
        if text == f'The requested action "{target}" can not be performed on node "{called}" while it is in state "None".':
            return
    raise AssertionError(text)


def test_power_states_are_named_in_the_error(api, path):
    assert api.put(f"{path}/states/power", {"target": "power off"}).status_code == 202
    api.becomes(api.get(path).json(), power_state="power off")
    refused(api.put(f"{path}/states/power", {"target": "bogus"}), 400, 'while it is in state "power off".')


def test_timeouts(api, path):
    for timeout in 0, -1, -(10**30):
        refused(api.put(f"{path}/states/power", {"target": "power off", "timeout": timeout}), 400, "timeout")
    for timeout in "x", [], {}, 10**30:
        refused(api.put(f"{path}/states/power", {"target": "power off", "timeout": timeout}), 400, "timeout")
    for timeout in 5, None, "5":
        assert api.put(f"{path}/states/power", {"target": "power off", "timeout": timeout}).status_code == 202
        api.becomes(api.get(path).json(), power_state="power off")
    refused(api.put(f"{path}/states/power", {"target": "power on", "timeout": 5}, version="1.26"), 406)
    refused(api.put(f"{path}/states/power", {"target": "soft power off"}, version="1.26"), 406)


def test_what_is_accepted_says_where_to_look(api, path):
    answer = api.put(f"{path}/states/power", {"target": "power off"})
    assert (answer.status_code, answer.content, answer.headers["Location"]) == (202, b"", f"{api.url}{path}/states")
    states = api.get(f"{path}/states").json()
    assert set(states) == set(
        """console_enabled last_error power_state provision_state target_power_state target_provision_state provision_updated_at
        raid_config target_raid_config boot_mode secure_boot""".split()
    )
    api.becomes(api.get(path).json(), power_state="power off")
    answer = api.put(f"{path}/states/provision", {"target": "manage"})
    assert (answer.status_code, answer.headers["Location"]) == (202, f"{api.url}{path}/states")
    api.becomes(api.get(path).json(), provision_state="manageable")


@pytest.mark.parametrize("target", ["bogus", "provide", "active", "rebuild", "deleted", "inspect", "clean", "adopt", "abort", "rescue", "unrescue", "service", "", "MANAGE"])
def test_provision_verbs(api, path, target):
    node = path.rsplit("/", 1)[1]
    text = refused(api.put(f"{path}/states/provision", {"target": target}), 400)
    assert text == f'The requested action "{target}" can not be performed on node "{node}" while it is in state "enroll".'
    assert api.get(path).json()["provision_state"] == "enroll"


def test_boot_devices(api, path):
    device = f"{path}/management/boot_device"
    for value in "bogus", "cdrom", "", "PXE":
        refused(api.put(device, {"boot_device": value}), 400, f"Invalid boot device {value} specified")
    for persistent in "maybe", 7, []:
        refused(api.put(device, {"boot_device": "pxe", "persistent": persistent}), 400, "persistent")
    for persistent in True, False, None:
        answer = api.put(device, {"boot_device": "pxe", "persistent": persistent})
        assert (answer.status_code, answer.content) == (204, b"")


def test_maintenance(api, path):
    place = f"{path}/maintenance"
    for answer in api.put(place, {"reason": "x"}), api.ask("PUT", place), api.put(place, {"reason": None}):
        assert (answer.status_code, answer.content) == (202, b"")
        assert api.get(path).json()["maintenance"] is True
    refused(api.put(place, {"reason": 5}), 400, "reason")
    refused(api.put(place, {"bogus": 5}), 400, "bogus")
    long = "ü" * 5000
    assert api.put(place, {"reason": long}).status_code in (202, 400)
    refused(api.delete(f"{place}?x=1"), 400, "Unexpected arguments: x")
    assert api.delete(place).status_code == 202
    # Once more changes nothing.
    assert api.delete(place).status_code == 202
    node = api.get(path).json()
    assert (node["maintenance"], node["maintenance_reason"]) == (False, None)


def test_what_there_is_not(api, path):
    refused(api.put(f"{path}/management/inject_nmi", {}), 400, "Driver staging-wol does not support inject_nmi (disabled or not implemented).")
    refused(api.put(f"{path}/states/console", {"enabled": True}), 400, "does not support console")
    refused(api.put(f"{path}/states/boot_mode", {"target": "x"}), 400, "x", "bios", "uefi")
    refused(api.put(f"{path}/states/secure_boot", {"target": "maybe"}), 400)
    for place in "traits", "vifs", "history":
        assert api.get(f"{path}/{place}").json() == {place: []}
    assert api.get(f"{path}/bios").json() == {"bios": []}


@pytest.mark.parametrize("verb", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("form", ["vendor_passthru/dance", "vendor_passthru?method=dance"])
def test_vendor_methods(api, path, verb, form):
    """Arguments come in a body or in the query, whatever the verb; that there is no such method is told first."""
    assert refused(api.ask(verb, f"{path}/{form}"), 400) == "No handler for method dance"
    assert refused(api.ask(verb, f"{path}/{form}", json={"step": 1}), 400) == "No handler for method dance"
    query = f"{path}/{form}{'&' if '?' in form else '?'}step=1"
    if verb == "GET":
        assert refused(api.ask(verb, query), 400) == "No handler for method dance"
    assert refused(api.ask(verb, f"/v1/drivers/staging-wol/{form}"), 400) == "No handler for method dance"


def test_vendor_methods_without_a_name(api, path):
    for verb in "GET", "POST":
        assert refused(api.ask(verb, f"{path}/vendor_passthru"), 400) == "Missing mandatory parameter: method"
    assert api.get(f"{path}/vendor_passthru/methods").json() == {}
    assert api.get("/v1/drivers/staging-wol/vendor_passthru/methods").json() == {}


def test_actions_of_unknown_nodes(api):
    for place, body in ("states/power", {"target": "power on"}), ("states/provision", {"target": "manage"}), ("maintenance", {}):
        assert refused(api.put(f"/v1/nodes/nosuch/{place}", body), 404) == "Node nosuch could not be found."


def test_one_at_a_time(api, rig, relay):
    """Sixteen ask at once; each is accepted in its turn or told that the node is locked, and none is lost."""
    node = api.node(driver="staging-iboot", driver_info=relay.driver_info())
    place = f"/v1/nodes/{node['uuid']}/states/power"
    targets = ["power on", "power off"] * 8
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda target: api.put(place, {"target": target}), targets))
    assert {answer.status_code for answer in answers} <= {202, 409}
    for answer in answers:
        if answer.status_code == 409:
            refused(answer, 409, f"Node {node['uuid']} is locked by host")
    node = api.becomes(node, last_error=None)
    assert node["power_state"] in ("power on", "power off")
    # What is said of the relay is what it is: it begins off.
    until("the relay to be what is said", lambda: (relay.moves() or ["off"])[-1] == node["power_state"].split()[1])
    api.delete(f"/v1/nodes/{node['uuid']}")


def test_deleting_what_is_worked_on(api, rig):
    iboot = rig.iboot("--fault", "slow=200")
    node = api.node(driver="staging-iboot", driver_info=iboot.driver_info())
    place = f"/v1/nodes/{node['uuid']}"
    assert api.put(f"{place}/states/power", {"target": "power on"}).status_code == 202
    assert api.delete(place).status_code in (204, 409)
    api.delete(place)
    refused(api.get(place), 404)
