"""What every answer has, paths and verbs that there are not, and the documents at the root."""

import socket
from urllib.parse import urlsplit

import pytest

from rig.api import REQUEST_ID, refused

KNOWN = ["/", "/v1", "/v1/", "/v1/nodes", "/v1/nodes/", "/v1/nodes/detail", "/v1/ports", "/v1/drivers", "/v1/conductors"]


@pytest.mark.parametrize("path", KNOWN)
def test_versions_are_told_with_every_answer(api, path):
    answer = api.get(path)
    assert answer.status_code == 200
    assert answer.headers["X-OpenStack-Ironic-API-Version"] == "1.82"
    assert api.get(path).headers["openstack-request-id"] != answer.headers["openstack-request-id"]


def test_without_a_version_it_is_the_lowest(api, wol_node):
    assert api.get("/v1/nodes", version=None).headers["X-OpenStack-Ironic-API-Version"] == "1.1"
    node = api.get(f"/v1/nodes/{wol_node['uuid']}", version=None).json()
    # What a node was in the beginning (captured).
    assert set(node) == set(
        """uuid created_at updated_at console_enabled driver driver_info extra instance_info instance_uuid last_error maintenance
        maintenance_reason power_state properties provision_state provision_updated_at reservation target_power_state
        target_provision_state links chassis_uuid ports""".split()
    )
    refused(api.get(f"/v1/nodes/{wol_node['name']}", version=None), 404, wol_node["name"])


@pytest.mark.parametrize(
    "headers, chosen",
    [
        ({"OpenStack-API-Version": "baremetal 1.82"}, "1.82"),
        ({"OpenStack-API-Version": "baremetal 1.82", "X-OpenStack-Ironic-API-Version": "1.82"}, "1.82"),
        ({"OpenStack-API-Version": "compute 2.1"}, "1.1"),
        ({"X-OpenStack-Ironic-API-Version": "LATEST"}, "1.82"),
    ],
)
def test_versions_are_asked_for_in_either_header(api, headers, chosen):
    answer = api.get("/v1/nodes", version=None, headers=headers)
    assert (answer.status_code, answer.headers["X-OpenStack-Ironic-API-Version"]) == (200, chosen)


def test_the_latest_is_the_maximum(api):
    answer = api.get("/v1/nodes", version="latest")
    assert answer.headers["X-OpenStack-Ironic-API-Version"] == api.maximum == answer.headers["X-OpenStack-Ironic-API-Maximum-Version"]


@pytest.mark.parametrize("version", ["1.200", "1.0", "0.1", "2.0"])
def test_versions_out_of_range(api, version):
    answer = api.get("/v1/nodes", version=version)
    refused(answer, 406, version, f"[1.1, {api.maximum}]")
    assert "X-OpenStack-Ironic-API-Version" not in answer.headers


@pytest.mark.parametrize("version", ["bogus", "1", "1.1.1", "-1.1", "1.-1", "1.1e1", "one.two", "1." + "9" * 500, "1.²"])
def test_versions_that_are_none(api, version):
    answer = api.get("/v1/nodes", version=version.encode())
    refused(answer, 406)


def test_the_root_says_which_versions_there_are(api):
    root = api.get("/", version=None).json()
    assert {"name", "description", "default_version", "versions"} <= set(root)
    assert root["versions"] == [root["default_version"]]
    version = root["default_version"]
    assert (version["id"], version["status"], version["min_version"], version["version"]) == ("v1", "CURRENT", "1.1", api.maximum)
    assert version["links"] == [{"href": f"{api.url}/v1/", "rel": "self"}]
    for path in "/v1", "/v1/":
        v1 = api.get(path, version=None).json()
        assert v1["id"] == "v1"
        assert (v1["version"]["min_version"], v1["version"]["version"]) == ("1.1", api.maximum)
        for kind in "nodes", "ports", "drivers":
            links = {it["rel"]: it["href"] for it in v1[kind]}
            assert links == {"self": f"{api.url}/v1/{kind}/", "bookmark": f"{api.url}/{kind}/"}


def test_links_lead_where_the_client_came_from(api, wol_node):
    answer = api.get(f"/v1/nodes/{wol_node['uuid']}", headers={"Host": "rack.example:8080"})
    links = {it["rel"]: it["href"] for it in answer.json()["links"]}
    uuid = wol_node["uuid"]
    assert links == {"self": f"http://rack.example:8080/v1/nodes/{uuid}", "bookmark": f"http://rack.example:8080/nodes/{uuid}"}
    # Who names a host that is none is refused, or gets links to what the daemon itself is called.
    for host in "a b", 'x"><script>', "evil/path", "user:secret@host", "a,b":
        answer = api.get(f"/v1/nodes/{uuid}", headers={"Host": host})
        assert answer.status_code in (200, 400), host
        assert host not in answer.text, host


@pytest.mark.parametrize("path", ["/nosuch", "/v1/nosuch", "/v2/nodes", "/v1/nodes/a/b/c", "/v1/nodes/a/states/b/c", "/V1/nodes", "/v1/Nodes"])
@pytest.mark.parametrize("verb", ["GET", "PUT", "POST", "DELETE"])
def test_paths_that_there_are_not(api, verb, path):
    refused(api.ask(verb, path), 404)


@pytest.mark.parametrize(
    "verb, path, allowed",
    [
        ("PUT", "/v1/nodes", {"GET", "POST"}),
        ("POST", "/v1/drivers", {"GET"}),
        ("DELETE", "/v1/drivers/staging-wol", {"GET"}),
        ("PATCH", "/v1/conductors", {"GET"}),
        ("PUT", "/v1/ports", {"GET", "POST"}),
        ("POST", "/v1/nodes/x/maintenance", {"PUT", "DELETE"}),
        ("POST", "/v1/nodes/x/states/power", {"PUT"}),
        ("DELETE", "/v1/nodes/x/states", {"GET"}),
        ("POST", "/v1/nodes/x/management/boot_device", {"GET", "PUT"}),
        ("BREW", "/v1/nodes", {"GET", "POST"}),
    ],
)
def test_verbs_that_there_are_not(api, verb, path, allowed):
    answer = api.ask(verb, path)
    refused(answer, 405)
    assert allowed <= {it.strip() for it in answer.headers["Allow"].split(",")}


@pytest.mark.parametrize("path", KNOWN)
def test_head_and_options_are_harmless(api, path):
    head = api.ask("HEAD", path)
    assert head.status_code in (200, 405) and head.content == b""
    options = api.ask("OPTIONS", path)
    assert options.status_code in (200, 204, 405)
    assert "Access-Control-Allow-Origin" not in options.headers


@pytest.mark.parametrize("path", ["/nodes", "/nodes/detail", "/ports", "/drivers/staging-wol"])
def test_paths_without_v1_are_those_of_v1(api, path):
    """Ironic answers them; the SDK asks for them when it logs in, and bookmark links lead there."""
    assert api.get(path).json() == api.get("/v1" + path).json()


def test_a_request_id_of_the_client_is_not_taken_for_the_daemons_own(api):
    mine = "req-00000000-0000-0000-0000-000000000000"
    answer = api.get("/v1/nodes", headers={"X-Openstack-Request-Id": mine})
    assert REQUEST_ID.fullmatch(answer.headers["openstack-request-id"])
    assert answer.headers["openstack-request-id"] != mine


def talk(daemon, text: bytes) -> bytes:
    """All that is answered to these bytes."""
    where = urlsplit(daemon.url)
    with socket.create_connection((where.hostname, where.port), timeout=20) as connection:
        connection.sendall(text)
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


@pytest.mark.parametrize(
    "text",
    [
        b"GET\r\n\r\n",
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v1/nodes HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        b"GET /v1/nodes HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n",
        b"POST /v1/nodes HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzzz\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n",
    ],
    ids=["no-path", "binary", "version", "length", "header", "both-lengths", "long-path", "long-header"],
)
def test_what_is_no_http_is_refused_and_harms_nobody(daemon, api, text):
    answer = talk(daemon, text)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer[:200]
    assert api.get("/v1/nodes").status_code == 200


def test_one_connection_serves_many(daemon):
    ask = b"GET /v1/drivers HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"GET /v1/drivers HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    # Sent at once, without waiting for an answer.
    assert talk(daemon, ask * 4 + last).count(b"HTTP/1.1 200") == 5


def test_an_old_client_without_a_host(daemon):
    answer = talk(daemon, b"GET /v1 HTTP/1.0\r\n\r\n")
    assert answer.startswith((b"HTTP/1.0 200", b"HTTP/1.1 200")), answer[:200]
