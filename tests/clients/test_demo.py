"""The demo's lines for Ironic's client, run by a shell as they are printed."""

import os
import subprocess
import sys
from pathlib import Path

from rig.process import Process, until


def test_the_lines_that_it_prints_work_as_printed(rig):
    demo = Process("demo", rig.record, [rig.program, "demo"])
    try:
        until("the end of the lines", lambda: any("Ctrl-C" in line for line in demo.lines()), patience=60.0)
        commands = [line.strip() for line in demo.lines() if " baremetal " in line]
        names = ["demo-wol", "demo-iboot", "demo-amt", "demo-nm"]
        # Whether it is built in is checked where that is known: host/tests/demo.rs.
        with_libvirt = any("demo-libvirt" in line for line in demo.lines())
        names += ["demo-libvirt"] * with_libvirt
        assert [command.rsplit(" ", 1)[-1] for command in commands] == ["list", *names], commands
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        for command in commands:
            ran = subprocess.run(
                ["sh", "-c", command], env=os.environ | {"PATH": path}, capture_output=True, text=True, timeout=60, check=False
            )
            rig.record.keep("demo's client", (ran.stdout + ran.stderr).encode())
            assert ran.returncode == 0, f"{command}: {ran.stdout}{ran.stderr}"
            if "node list" in command:
                assert all(name in ran.stdout for name in names), ran.stdout
        off, on = "AMT power state 8 (off)", "AMT started from disk, nothing was armed"
        bmc = "BMC power off", "BMC started: no override"
        domain = ["domain test is on"] * with_libvirt
        for said in "iBoot relay 1 off", "iBoot relay 1 on", "sleeping machine woke up", off, on, *bmc, *domain:
            until(said, lambda said=said: said in demo.lines())
    finally:
        demo.end()
