"""Simulated devices: `rackhand sim`."""

import re
import secrets
import sys
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
    """A machine with Intel AMT; with `ca_file` it speaks TLS, and its certificate is in that file."""

    def __init__(self, name: str, record: Record, program: Path, *options: str, ca_file: Path | None = None):
        self.user = "operator"
        self.password = record.password(f"the password of {name}")
        arguments = ["sim", "amt", "--listen", "127.0.0.1:0", "--user", self.user, "--password", self.password]
        if ca_file:
            arguments += ["--tls", "--ca-file-out", ca_file]
        super().__init__(name, record, [program, *arguments, *options])
        self.ca_file = ca_file
        self.fingerprint = None
        if ca_file:
            self.fingerprint = self.line("its fingerprint", re.compile("SHA-256 fingerprint: ([0-9a-f]{64})$").search)[1]

    def driver_info(self, **more) -> dict:
        """The settings of the node that it is."""
        mine = {"amt_address": self.host, "amt_port": self.port}
        if self.ca_file:
            mine["amt_protocol"] = "https"
        return mine | {"amt_username": self.user, "amt_password": self.password} | more

    def happenings(self) -> list[str]:
        """What has happened to it so far."""
        return self.lines()[2 if self.ca_file else 1 :]

    def requests(self) -> list[int]:
        """The changes of power that it has accepted so far: 2 on, 8 off, 12 soft off, 14 soft restart."""
        accepted = re.compile(r"AMT power change (\d+) requested: ReturnValue 0")
        return [int(found[1]) for line in self.lines() if (found := accepted.fullmatch(line))]

    def starts(self) -> list[str]:
        """What it has started from so far; the disk alone says that nothing was armed."""
        started = re.compile("AMT started from (.+)")
        return [found[1] for line in self.lines() if (found := started.fullmatch(line))]

    def has_started(self, *starts: str) -> None:
        """Waits until it has started from these, in this order."""
        until(f"{self.name}: starts from {starts}", lambda: self.starts()[: len(starts)] == list(starts))
        assert self.starts() == list(starts)


class Bmc(Device):
    """A machine with a BMC, and Node Manager behind it."""

    def __init__(self, name: str, record: Record, program: Path, *options: str):
        self.user = "operator"
        self.password = record.password(f"the password of {name}")
        arguments = ["sim", "bmc", "--listen", "127.0.0.1:0", "--user", self.user, "--password", self.password]
        # Delays are for people to watch.
        for delay, seconds in ("--on-delay", "0"), ("--off-delay", "0"), ("--soft-delay", "0.2"):
            arguments += [] if delay in options else [delay, seconds]
        super().__init__(name, record, [program, *arguments, *options])

    def driver_info(self, **more) -> dict:
        """The settings of the node that it is."""
        mine = {"ipmi_address": self.host, "ipmi_port": self.port}
        return mine | {"ipmi_username": self.user, "ipmi_password": self.password} | more

    def happenings(self) -> list[str]:
        """What has happened to it so far."""
        return self.lines()[1:]

    def requests(self) -> list[str]:
        """The changes of power that it was asked for so far."""
        asked = re.compile("BMC (power on|power off|power cycle|reset|shutdown) requested")
        return [found[1] for line in self.lines() if (found := asked.fullmatch(line))]

    def starts(self) -> list[str]:
        """What it has started from so far."""
        started = re.compile("BMC started: (.+)")
        return [found[1] for line in self.lines() if (found := started.fullmatch(line))]

    def has_started(self, *starts: str) -> None:
        """Waits until it has started from these, in this order."""
        until(f"{self.name}: starts from {starts}", lambda: self.starts()[: len(starts)] == list(starts))
        assert self.starts() == list(starts)


class PyghmiBmc(Device):
    """A machine with a BMC that is not ours."""

    def __init__(self, name: str, record: Record):
        self.user = "operator"
        self.password = record.password(f"the password of {name}")
        script = Path(__file__).with_name("pyghmi_bmc.py")
        super().__init__(name, record, [sys.executable, script, self.user, self.password])

    def options(self) -> list[str]:
        """The settings of the machine that it is, for the command line."""
        mine = {"ipmi_address": self.host, "ipmi_port": self.port}
        mine |= {"ipmi_username": self.user, "ipmi_password": self.password}
        return [it for name, value in mine.items() for it in ("-i", f"{name}={value}")]


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
