"""A libvirt hypervisor that is not ours, reached over TCP: tests/libvirt/hypervisor.py."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from rig.process import PATIENCE
from rig.record import Record

PROGRAM = Path(__file__).parents[2] / "libvirt/hypervisor.py"
# Debian's own, for which the program is made.
PYTHON = "/usr/bin/python3"
# What the program ends with where it cannot work.
MISSING = 77


def lacking(what: str) -> None:
    """Skips the test that needs it; where nothing may be missing, with CI=true, it fails."""
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"missing: {what}")


class Hypervisor:
    """libvirtd with QEMU domains and a user of SASL."""

    def __init__(self, record: Record, cache: Path):
        arguments = [PYTHON, "-B", PROGRAM, "--tcp", "sasl", "--cache", cache]
        self._process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        line = self._process.stdout.readline()
        if not line:
            _, said = self._process.communicate(timeout=PATIENCE)
            if self._process.returncode == MISSING:
                lacking(f"a libvirt hypervisor: {said.strip()}")
            raise AssertionError(f"the hypervisor does not start: {said}")
        report = json.loads(line)
        self.pid, self.folder, self.port = report["pid"], Path(report["folder"]), report["ports"]["tcp"]
        self.user, self.password = report["user"], record.password("the password of the hypervisor", report["password"])

    def driver_info(self) -> dict:
        """The settings of each of its nodes."""
        uri = f"qemu+tcp://127.0.0.1:{self.port}/system"
        return {"libvirt_uri": uri, "sasl_username": self.user, "sasl_password": self.password}

    def virsh(self, *arguments: str) -> str:
        """What virsh prints inside, over its unix socket."""
        inside = ["nsenter", f"--mount=/proc/{self.pid}/ns/mnt", "virsh", "--quiet", "--connect", "qemu:///system"]
        done = subprocess.run(
            [*inside, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 0, f"virsh {' '.join(arguments)}: {done.stderr}"
        return done.stdout.strip()

    def define(self, name: str, mac: str) -> "Domain":
        """A domain that answers ACPI's power button."""
        disk, xml = self.folder / f"{name}.img", self.folder / f"{name}.xml"
        made = ["domain", "--name", name, "--mac", mac, "--acpi-disk", str(disk)]
        xml.write_text(subprocess.run([PYTHON, "-B", PROGRAM, *made], capture_output=True, text=True, check=True).stdout)
        self.virsh("define", str(xml))
        return Domain(self, name, mac)

    def end(self) -> None:
        """Ends it with everything that it runs."""
        try:
            self._process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            # Which ends everything as well.
            self._process.kill()
            self._process.communicate()


class Domain:
    """A domain, as virsh sees it."""

    def __init__(self, hypervisor: Hypervisor, name: str, mac: str):
        self.hypervisor, self.name, self.mac = hypervisor, name, mac

    def state(self) -> str:
        """`running`, `shut off`."""
        return self.hypervisor.virsh("domstate", self.name)

    def number(self) -> str:
        """Another one at each start; `-` while it is off."""
        return self.hypervisor.virsh("domid", self.name)

    def xml(self) -> str:
        """Its definition."""
        return self.hypervisor.virsh("dumpxml", "--inactive", "--security-info", self.name)

    def boots(self) -> list[str]:
        """What its definition starts from."""
        lines = [line.strip() for line in self.xml().splitlines()]
        return [line.split("'")[1] for line in lines if line.startswith("<boot dev=")]

    def listens_to_acpi(self) -> bool:
        """Whether its processor runs its disk's sector, and waits there for the power button."""
        told = self.hypervisor.virsh("qemu-monitor-command", self.name, "--hmp", "info registers")
        return "EIP=00007c" in told and "HLT=1" in told
