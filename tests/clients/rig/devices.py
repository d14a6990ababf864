"""Simulated devices: `rackhand sim`."""

import re
import secrets
from pathlib import Path

from rig.process import PATIENCE, Process, until
from rig.record import Record


class Device(Process):
    """A simulated device that says where it listens, and what happens to it."""

    def __init__(self, name: str, record: Record, arguments: list[str | Path]):
        super().__init__(name, record, arguments)
        found = self.line("where it listens", lambda line: re.search(r" on (?:\S+ )?(127\.0\.0\.1):(\d+)$", line))
        self.host, self.port = found[1], int(found[2])

    def happens(self, what: str, after: int = 0, patience: float = PATIENCE) -> str:
        """The line that says so, of those after the first `after`."""
        return self.line(what, lambda line: line if what in line else None, after, patience)


class Amt(Device):
    """A machine with Intel AMT."""

    def __init__(self, name: str, record: Record, program: Path, *options: str):
        self.user = "operator"
        self.password = record.password(f"the password of {name}")
        arguments = ["sim", "amt", "--listen", "127.0.0.1:0", "--user", self.user, "--password", self.password]
        super().__init__(name, record, [program, *arguments, *options])

    def driver_info(self, **more) -> dict:
        """The settings of the node that it is."""
        mine = {"amt_address": self.host, "amt_port": self.port}
        return mine | {"amt_username": self.user, "amt_password": self.password} | more


class Iboot(Device):
    """A PDU with relays."""

    def __init__(self, name: str, record: Record, program: Path, *options: str):
        self.user = "operator"
        self.password = record.password(f"the password of {name}")
        arguments = ["sim", "iboot", "--listen", "127.0.0.1:0", "--user", self.user, "--password", self.password]
        super().__init__(name, record, [program, *arguments, *options])

    def driver_info(self, **more) -> dict:
        """The settings of a node on it."""
        mine = {"iboot_address": self.host, "iboot_port": self.port}
        return mine | {"iboot_username": self.user, "iboot_password": self.password} | more


class Relay:
    """One relay of a PDU, which no other test has."""

    def __init__(self, iboot: Iboot, number: int):
        self.iboot, self.number = iboot, number

    def driver_info(self, **more) -> dict:
        """The settings of a node behind it."""
        return self.iboot.driver_info(iboot_relay_id=self.number, **more)

    def moves(self) -> list[str]:
        """What it has done so far: on, off."""
        mine = re.compile(rf"iBoot relay {self.number} (on|off)")
        return [found[1] for line in self.iboot.lines() if (found := mine.fullmatch(line))]

    def has_moved(self, *moves: str) -> None:
        """Waits until it has done these since it was made, in this order."""
        until(f"relay {self.number}: {moves}", lambda: self.moves()[: len(moves)] == list(moves))
        assert self.moves() == list(moves)


class Nic(Device):
    """A sleeping machine."""

    def __init__(self, name: str, record: Record, program: Path, *options: str, password: str | None = None):
        self.mac = new_mac()
        self.password = password
        arguments = ["sim", "nic", "--listen", "127.0.0.1:0", "--mac", self.mac]
        if password:
            arguments += ["--password", password]
        super().__init__(name, record, [program, *arguments, *options])

    def driver_info(self, **more) -> dict:
        """The settings of the node that it is."""
        mine = {"wol_host": self.host, "wol_port": self.port}
        return mine | ({"wol_password": self.password} if self.password else {}) | more


def new_mac() -> str:
    """A locally administered address that nobody else has."""
    return ":".join(["02", *(f"{byte:02x}" for byte in secrets.token_bytes(5))])
