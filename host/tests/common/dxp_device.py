#!/usr/bin/env python3
"""A device that speaks DxP: written from the protocol's description alone, it shares no code with Rackhand.

    dxp_device.py PLAN

PLAN is a JSON object; without a key the device does what a good device does. It serves one client at a time, as small
devices do, and prints a line of JSON for everything that happens. It never prints a password.

    relays      their states, the first one first                     [0, 0, 0, 0, 0, 0, 0, 0]
    host        where it listens, on a port of the system's choice    "127.0.0.1"
    base        what the wire calls the first relay                   1
    off         which number in a change means off                    0
    user, password
    sequence    where sessions start                                  1234
    pace        seconds between the single bytes of an answer         nothing: answers come whole
    banner      what it says before anybody asked                     nothing
    greeting    hexadecimal digits that it answers hello with         its sequence number
    deaf        it never answers hello                                false
    login       what it does when user or password is wrong           "close", or "silence"
    more_get    bytes that it sends behind the relays' states         0
    more_done   bytes that it sends behind a status                   0
    refuse      so many changes are answered with failure             0
    stuck       a change is answered with success and not made        false
    lose        numbers of the requests, from 1, that are carried out but not answered: it hangs up
    once        it hangs up after each answer                         false
    hold        it does not answer Get Relays before it reads a line  false
"""

import json
import socket
import struct
import sys
import time

HEADER = struct.Struct("<B21s21sBBH")
NAMES = {(3, 1): "change", (3, 2): "change-all", (3, 4): "get", (3, 6): "inputs", (3, 7): "pulse", (4, 0): "keepalive"}
PAYLOADS = {"change": 2, "change-all": 32, "get": 0, "inputs": 0, "pulse": 4, "keepalive": 0}
SUCCESS, FAILURE = 0, 1


class Gone(Exception):
    """The client has hung up, or we shall."""


def say(event, **more):
    print(json.dumps(dict(event=event, at=time.monotonic(), **more)), flush=True)


class Device:
    def __init__(self, plan):
        self.plan = plan
        self.relays = plan.get("relays", [0] * 8)
        self.refuse = plan.get("refuse", 0)
        self.requests = 0
        self.connection = None

    def serve(self):
        host = self.plan.get("host", "127.0.0.1")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, 0), family=family) as listener:
            say("listening", port=listener.getsockname()[1])
            while True:
                self.connection, _ = listener.accept()
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                say("opened")
                try:
                    self.talk()
                except (Gone, ConnectionError):
                    pass
                self.connection.close()
                say("closed")

    def read(self, count):
        got = b""
        while len(got) < count:
            more = self.connection.recv(count - len(got))
            if not more:
                raise Gone
            got += more
        return got

    def write(self, data):
        pace = self.plan.get("pace")
        if pace is None:
            self.connection.sendall(data)
            return
        for place, byte in enumerate(data):
            if place:
                time.sleep(pace)
            self.connection.sendall(bytes([byte]))

    def silence(self):
        while True:
            self.read(1)

    def talk(self):
        if "banner" in self.plan:
            self.connection.sendall(self.plan["banner"].encode())
        hello = self.read(9)
        if hello != b"hello-000":
            say("no hello", got=hello.hex())
            raise Gone
        if self.plan.get("deaf"):
            say("hello", answer="")
            self.silence()
        sequence = self.plan.get("sequence", 1234)
        answer = bytes.fromhex(self.plan["greeting"]) if "greeting" in self.plan else struct.pack("<H", sequence)
        say("hello", answer=answer.hex())
        self.write(answer)
        while True:
            self.request((sequence + 1) % 65536)
            sequence = (sequence + 2) % 65536

    def request(self, expected):
        command, user, password, descriptor, parameter, sequence = HEADER.unpack(self.read(HEADER.size))
        name = NAMES.get((command, descriptor))
        if name is None or parameter != 0:
            say("nonsense", command=command, descriptor=descriptor, parameter=parameter)
            raise Gone
        payload = self.read(PAYLOADS[name])
        self.requests += 1
        padded = [self.plan[key].encode().ljust(21, b"\0") for key in ("user", "password")]
        login = [user, password] == padded
        answer = self.carry_out(name, payload) if login and sequence == expected else b""
        lost = self.requests in self.plan.get("lose", []) or not answer
        # Told before it is answered: the client can say nothing about it earlier.
        say(
            "request",
            name=name,
            sequence=sequence,
            expected=expected,
            payload=payload.hex(),
            login=login,
            answer="" if lost else answer.hex(),
        )
        if not login and self.plan.get("login") == "silence":
            self.silence()
        if lost:
            raise Gone
        if name == "get" and self.plan.get("hold"):
            sys.stdin.readline()
        self.write(answer)
        if self.plan.get("once"):
            raise Gone

    def carry_out(self, name, payload):
        if name == "get":
            return bytes(self.relays) + b"\1" * self.plan.get("more_get", 0)
        status = SUCCESS
        if name in ("change", "pulse"):
            relay, state = payload[0] - self.plan.get("base", 1), payload[1]
            states = {1: 1, self.plan.get("off", 0): 0}
            if not 0 <= relay < len(self.relays) or state not in states or self.refuse > 0:
                self.refuse -= 1
                status = FAILURE
            elif not self.plan.get("stuck"):
                self.relays[relay] = states[state]
        return bytes([status]) + b"\0" * self.plan.get("more_done", 0)


if __name__ == "__main__":
    Device(json.loads(sys.argv[1])).serve()
