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
        assert len(commands) == 5, commands
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        for command in commands:
            ran = subprocess.run(
                ["sh", "-c", command], env=os.environ | {"PATH": path}, capture_output=True, text=True, timeout=60, check=False
            )
            rig.record.keep("demo's client", (ran.stdout + ran.stderr).encode())
            assert ran.returncode == 0, f"{command}: {ran.stdout}{ran.stderr}"
            if "node list" in command:
                assert all(name in ran.stdout for name in ("demo-amt", "demo-iboot", "demo-nm", "demo-wol")), ran.stdout
        off, on = "AMT power state 8 (off)", "AMT started from disk, nothing was armed"
        bmc = "BMC power off", "BMC started: no override"
        for said in "iBoot relay 1 off", "iBoot relay 1 on", "sleeping machine woke up", off, on, *bmc:
            until(said, lambda said=said: said in demo.lines())
    finally:
        demo.end()
