#!/usr/bin/env python3
"""A client that speaks DxP: written from the protocol's description alone, it shares no code with Rackhand.

    dxp_client.py HOST PORT USER PASSWORD

It takes steps from standard input, a line each, and answers each with a line of JSON:

    open             connects and says hello
    open-until N     connects again and again until the device starts at N or above
    change R S       switches relay R to state S, both as they are on the wire
    change-all HEX   switches all relays to the states in HEX, 32 bytes
    pulse R S W      puts relay R into state S for W seconds
    get N            reads N relays
    keepalive        sends a sign of life
    wrap             sends signs of life until the sequence number has wrapped around
    login USER PW    uses these from now on
    skip N           leaves out N sequence numbers
    say TEXT         says TEXT instead of what would come next, and listens
    slowly           sends every byte alone from now on
    close            hangs up
"""

import json
import socket
import struct
import sys
import time

PATIENCE = 10.0
HEADER = struct.Struct("<B21s21sBBH")
SET_RELAY, SET_RELAYS, GET_RELAYS, PULSE_RELAY = 1, 2, 4, 7
IO, KEEPALIVE = 3, 4


class Client:
    def __init__(self, host, port, user, password):
        self.address = (host, port)
        self.user, self.password = user, password
        self.connection = None
        self.last = None  # The number of the device's last packet.
        self.slow = False

    def send(self, data):
        if not self.slow:
            self.connection.sendall(data)
            return
        for byte in data:
            self.connection.sendall(bytes([byte]))
            time.sleep(0.002)

    def listen(self, count):
        """Exactly count bytes, or as many as came before the end, and what the end was."""
        got = b""
        while len(got) < count:
            try:
                more = self.connection.recv(count - len(got))
            except socket.timeout:
                return got, "silence"
            except ConnectionError:
                return got, "reset"
            if not more:
                return got, "closed"
            got += more
        return got, None

    def open(self):
        self.close()
        self.connection = socket.create_connection(self.address, PATIENCE)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.send(b"hello-000")
        answer, end = self.listen(2)
        if end:
            return {"answer": answer.hex(), "end": end}
        (self.last,) = struct.unpack("<H", answer)
        return {"answer": answer.hex(), "sequence": self.last}

    def open_until(self, least):
        for count in range(1, 70000):
            if "end" in self.open():
                return {"end": "no hello", "count": count}
            if self.last >= least:
                return {"sequence": self.last, "count": count}

    def request(self, command, descriptor, payload, count):
        number = (self.last + 1) % 65536
        user, password = self.user.encode(), self.password.encode()
        header = HEADER.pack(command, user, password, descriptor, 0, number)
        assert len(header) == 47 and len(user) <= 20 and len(password) <= 20
        try:
            self.send(header + payload)
        except ConnectionError:
            return {"sequence": number, "answer": "", "end": "reset"}
        answer, end = self.listen(count)
        self.last = (number + 1) % 65536
        result = {"sequence": number, "answer": answer.hex()}
        return dict(result, end=end) if end else result

    def keepalive(self):
        return self.request(KEEPALIVE, 0, b"", 1)

    def wrap(self):
        numbers = []
        while len(numbers) < 2 or numbers[-1] > numbers[-2]:
            result = self.keepalive()
            numbers.append(result["sequence"])
            if result["answer"] != "00" or len(numbers) > 40000:
                return dict(result, first=numbers[0], count=len(numbers))
        return {"before": numbers[-2], "after": numbers[-1], "answer": "00"}

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None
        return {}

    def step(self, words):
        name, rest = words[0], words[1:]
        if name == "open":
            return self.open()
        if name == "open-until":
            return self.open_until(int(rest[0]))
        if name == "change":
            return self.request(IO, SET_RELAY, bytes(map(int, rest)), 1)
        if name == "change-all":
            return self.request(IO, SET_RELAYS, bytes.fromhex(rest[0]), 1)
        if name == "pulse":
            relay, state, width = map(int, rest)
            return self.request(IO, PULSE_RELAY, struct.pack("<BBH", relay, state, width), 1)
        if name == "get":
            return self.request(IO, GET_RELAYS, b"", int(rest[0]))
        if name == "keepalive":
            return self.keepalive()
        if name == "wrap":
            return self.wrap()
        if name == "login":
            self.user, self.password = rest
            return {}
        if name == "skip":
            self.last = (self.last + int(rest[0])) % 65536
            return {}
        if name == "say":
            self.close()
            self.connection = socket.create_connection(self.address, PATIENCE)
            self.send(rest[0].encode())
            answer, end = self.listen(1)
            return {"answer": answer.hex(), "end": end}
        if name == "slowly":
            self.slow = True
            return {}
        if name == "close":
            return self.close()
        raise ValueError("no such step: " + name)


def main():
    client = Client(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])
    for line in sys.stdin:
        result = client.step(line.split())
        print(json.dumps(dict(step=line.split()[0], **result)), flush=True)
    client.close()


if __name__ == "__main__":
    main()
