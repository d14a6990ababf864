"""Requests that no client would send, and what every answer has."""

import json
import re
from urllib.parse import urlsplit

import requests

from rig.process import until
from rig.record import Record

# The microversion of requests that do not say another.
VERSION = "1.82"
REQUEST_ID = re.compile(r"req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Api:
    """A daemon's API; every answer is judged for what all of them have (ironic-api.md, section 2)."""

    def __init__(self, url: str, record: Record, **session):
        self.url, self._record = url, record
        self._session = requests.Session()
        # Proxies of whoever runs the tests are none of the daemon's business.
        self._session.trust_env = False
        for name, value in session.items():
            setattr(self._session, name, value)
        self.maximum = self.get("/").json()["default_version"]["version"]

    def ask(self, verb: str, path: str, version: str | None = VERSION, headers: dict | None = None, **more):
        """Sends a request as it is; the answer."""
        mine = {"X-OpenStack-Ironic-API-Version": version} if version is not None else {}
        request = requests.Request(verb, self.url + "/", headers=mine | (headers or {}), **more)
        prepared = self._session.prepare_request(request)
        # The library would mend what is odd in a path, and that is what is to be seen.
        query = urlsplit(prepared.url).query
        prepared.url = self.url + path + (("&" if "?" in path else "?") + query if query else "")
        answer = self._session.send(prepared, timeout=30, allow_redirects=False)
        self._record.keep("requests", answer.content)
        self._judge(answer)
        return answer

    def _judge(self, answer) -> None:
        headers, what = answer.headers, f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.headers}"
        assert REQUEST_ID.fullmatch(headers["openstack-request-id"]), what
        assert headers["x-openstack-request-id"] == headers["openstack-request-id"], what
        # Who asks for a version that is none is not told which there are (section 2).
        if not (answer.status_code == 406 and "Invalid value for" in answer.text):
            assert headers["X-OpenStack-Ironic-API-Minimum-Version"] == "1.1", what
            assert re.fullmatch(r"1\.\d+", headers["X-OpenStack-Ironic-API-Maximum-Version"]), what
        # Nothing may be hidden from the search for passwords.
        assert "Content-Encoding" not in headers, what
        if answer.content and urlsplit(answer.url).path != "/metrics":
            assert headers["Content-Type"].split(";")[0] == "application/json", what
            answer.json()
        if answer.status_code >= 400 and answer.request.method != "HEAD":
            fault(answer)

    def get(self, path: str, **more):
        """GET."""
        return self.ask("GET", path, **more)

    def post(self, path: str, json, **more):
        """POST with a body of JSON."""
        return self.ask("POST", path, json=json, **more)

    def put(self, path: str, json, **more):
        """PUT with a body of JSON."""
        return self.ask("PUT", path, json=json, **more)

    def patch(self, path: str, *operations, **more):
        """PATCH with these operations."""
        return self.ask("PATCH", path, json=list(operations), **more)

    def delete(self, path: str, **more):
        """DELETE."""
        return self.ask("DELETE", path, **more)

    def node(self, **fields) -> dict:
        """A new node."""
        answer = self.post("/v1/nodes", fields)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def becomes(self, node: dict, **fields) -> dict:
        """Waits until the node is so, and nobody works on it; the node."""

        def look() -> dict | None:
            seen.update(self.get(f"/v1/nodes/{node['uuid']}").json())
            free = seen["reservation"] is None and seen["target_power_state"] is None
            return seen if free and fields.items() <= {key: seen[key] for key in fields}.items() else None

        seen: dict = {}
        try:
            return until("the node", look)
        except AssertionError:
            names = ["power_state", "target_power_state", "provision_state", "last_error", "reservation", *fields]
            raise AssertionError(f"not {fields}, but {({name: seen[name] for name in names})}") from None

    def fails(self, node: dict, *words: str) -> str:
        """Waits until an action on the node has ended with an error that has all of the words; the error."""

        def look() -> str | None:
            seen = self.get(f"/v1/nodes/{node['uuid']}").json()
            error = seen["last_error"]
            over = seen["target_power_state"] is None and seen["reservation"] is None
            told.append(error)
            return error if over and error and all(word in error for word in words) else None

        told: list = []
        try:
            return until("the error", look)
        except AssertionError:
            raise AssertionError(f"no error with {words}, but {told[-1]}") from None

    def port(self, node: dict, address: str) -> dict:
        """A new port of a node."""
        answer = self.post("/v1/ports", {"address": address, "node_uuid": node["uuid"]})
        assert answer.status_code == 201, answer.text
        return answer.json()


def fault(answer) -> str:
    """The text of an error, which has one of two forms (section 3)."""
    body = answer.json()
    assert list(body) == ["error_message"], answer.text
    inner = json.loads(body["error_message"])
    if "faultcode" in inner:
        assert set(inner) == {"faultcode", "faultstring", "debuginfo"}, answer.text
        assert inner["faultcode"] == ("Client" if answer.status_code < 500 else "Server"), answer.text
        assert inner["debuginfo"] is None, answer.text
        return inner["faultstring"]
    assert set(inner) == {"code", "title", "description"}, answer.text
    assert inner["code"] == answer.status_code, answer.text
    return inner["description"]


def refused(answer, status: int, *words: str) -> str:
    """Demands an error of this status whose text has all of the words."""
    assert answer.status_code == status, f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
    text = fault(answer)
    for word in words:
        assert word in text, f"{answer.request.method} {answer.request.url}: '{word}' is not in: {text}"
    return text
