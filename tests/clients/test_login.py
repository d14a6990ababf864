"""HTTP Basic and TLS, with the settings that the clients have for them."""

import contextlib
import os
import shutil
import subprocess

import bcrypt
import pytest
import requests
from openstack import exceptions

from rig.api import Api, fault
from rig.process import until
from rig.sdk import connect

USER = "operator"


class Guarded:
    """A daemon with users and TLS."""

    def __init__(self, rig):
        self.password = rig.record.password("the password of a user")
        self.wrong = rig.record.password("a wrong password of a user")
        self.users = rig.folder / "htpasswd"
        self.let_in(USER, self.password)
        self.ca, cert, key = certificates(rig.folder)
        auth = {"auth_strategy": "http_basic", "http_basic_auth_user_file": self.users}
        self.daemon = rig.daemon({"DEFAULT": auth, "ssl": {"cert_file": cert, "key_file": key}})
        self.url = self.daemon.url

    def let_in(self, user: str, password: str) -> None:
        """Makes the user the only one."""
        # A cheap hash: what it costs is not what is tested.
        self.users.write_text(f"{user}:{bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()}\n")


def certificates(folder):
    """An authority that nobody else trusts, and a certificate of it for the loopback address."""

    def openssl(*arguments) -> None:
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=30)

    ca, ca_key, cert, key, request = (folder / name for name in ("ca.pem", "ca.key", "cert.pem", "key.pem", "cert.csr"))
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    usage = ["-addext", "keyUsage=critical,keyCertSign"]
    openssl("req", "-x509", *curve, "-keyout", ca_key, "-out", ca, "-days", "2", "-subj", "/CN=the tests", *usage)
    openssl("req", *curve, "-keyout", key, "-out", request, "-subj", "/CN=rackhand", "-addext", "subjectAltName=IP:127.0.0.1")
    signed = ["-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-copy_extensions", "copy"]
    openssl("x509", "-req", "-in", request, "-out", cert, "-days", "1", *signed)
    return ca, cert, key


@pytest.fixture(scope="module")
def guarded(rig) -> Guarded:
    """The daemon that lets nobody in who is not known."""
    return Guarded(rig)


@pytest.fixture(params=["baremetal", "openstack"])
def user(request, rig, guarded):
    """Each client, as somebody who is known."""
    login = {"OS_AUTH_TYPE": "http_basic", "OS_USERNAME": USER, "OS_PASSWORD": guarded.password}
    return rig.cli(request.param, guarded.url, OS_CACERT=str(guarded.ca), **login)


def test_who_is_known_comes_in(user, rig):
    name = rig.name("guarded")
    made = user.json("node", "create", "--driver", "staging-wol", "--name", name)
    assert user.json("node", "show", name)["uuid"] == made["uuid"]
    # Links lead where the client came from.
    assert name in [it["name"] for it in user.json("node", "list", "--limit", "0")]
    user.ran("node", "delete", name)


def test_who_is_not_known_stays_out(user, guarded):
    for login in {"OS_PASSWORD": guarded.wrong}, {"OS_USERNAME": "nobody"}, {"OS_AUTH_TYPE": "none"}:
        text = user.fails("node", "list", **login)
        assert "HTTP 401" in text, text


def test_whom_the_client_does_not_trust_is_told_nothing(user, guarded):
    text = user.fails("node", "list", OS_CACERT="")
    assert "certificate verify failed" in text


@pytest.mark.parametrize("end", ["/v1", ""], ids=["with /v1", "without"])
def test_the_sdk_logs_in(guarded, end):
    # Without /v1 the SDK asks for /nodes when it logs in, which Ironic answers as /v1/nodes.

    def nodes(password: str):
        login = {"auth_type": "http_basic", "username": USER, "password": password, "cacert": str(guarded.ca)}
        with contextlib.closing(connect(guarded.url + end, **login)) as connection:
            return list(connection.baremetal.nodes())

    assert nodes(guarded.password) == []
    with pytest.raises(exceptions.HttpException) as refused:
        nodes(guarded.wrong)
    assert refused.value.status_code == 401


def test_what_is_public_and_what_is_not(rig, guarded):
    stranger = Api(guarded.url, rig.record, verify=str(guarded.ca))
    for path in "/", "/v1", "/v1/":
        assert stranger.get(path).status_code == 200, path
    for path in "/v1/nodes", "/v1/drivers", "/v1/nosuch", "/metrics":
        answer = stranger.get(path)
        assert answer.status_code == 401, path
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="Baremetal API"'
        assert fault(answer)
    assert stranger.ask("POST", "/v1/nodes", data=b"{", headers={"Content-Type": "application/json"}).status_code == 401
    for header in "Basic", "Basic !!!", "Basic Og==", "Bearer abc", "Basic " + "QQ" * 5000:
        assert stranger.get("/v1/nodes", headers={"Authorization": header}).status_code == 401, header
    known = Api(guarded.url, rig.record, verify=str(guarded.ca), auth=(USER, guarded.password))
    assert known.get("/v1/nodes").status_code == 200


def test_users_are_changed_without_a_restart(rig, guarded):
    other = rig.record.password("the password of a user who came later")
    was = guarded.users.read_text()
    guarded.let_in("later", other)
    try:
        late = Api(guarded.url, rig.record, verify=str(guarded.ca), auth=("later", other))
        # Looked at once a second at most.
        until("the new user", lambda: late.get("/v1/nodes").status_code == 200)
        before = Api(guarded.url, rig.record, verify=str(guarded.ca), auth=(USER, guarded.password))
        assert before.get("/v1/nodes").status_code == 401
    finally:
        guarded.users.write_text(was)
    until("the old user", lambda: before.get("/v1/nodes").status_code == 200)


def test_htpasswd_makes_the_file(rig, guarded):
    program = shutil.which("htpasswd")
    if not program:
        lacking = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        lacking("no htpasswd (package apache2-utils)")
    password = rig.record.password("a password that htpasswd hashed")
    users = rig.folder / "made-by-htpasswd"
    line = subprocess.run([program, "-nbB", USER, password], check=True, capture_output=True, text=True, timeout=30)
    users.write_text(line.stdout)
    daemon = rig.daemon({"DEFAULT": {"auth_strategy": "http_basic", "http_basic_auth_user_file": users}})
    cli = rig.cli("baremetal", daemon.url, OS_AUTH_TYPE="http_basic", OS_USERNAME=USER, OS_PASSWORD=password)
    assert cli.json("node", "list") == []
    assert "HTTP 401" in cli.fails("node", "list", OS_PASSWORD=guarded.wrong)


def test_plain_words_to_a_tls_port_are_not_served(guarded):
    try:
        answer = requests.get(guarded.url.replace("https:", "http:") + "/v1", timeout=10)
    except requests.ConnectionError:
        return
    assert answer.status_code == 400
    assert "nodes" not in answer.text
