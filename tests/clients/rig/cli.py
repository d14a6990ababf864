"""The unmodified command line clients: `baremetal` and `openstack baremetal`."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from rig.process import PATIENCE
from rig.record import Record

# The client itself waits for nothing so long, save for what it retries: 5 times, 2 s apart.
SECONDS = 60


@dataclass
class Ran:
    """What became of a call."""

    status: int
    out: str
    err: str

    def json(self):
        """What it printed, with `-f json`."""
        return json.loads(self.out)


class Zygote:
    """Runs programs by forking one that has everything imported: see zygote.py."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._lock = threading.Lock()
        program = Path(__file__).with_name("zygote.py")
        # Its environment is that of no user: clouds.yaml and OS_* of whoever runs the tests change nothing.
        self._process = subprocess.Popen(
            [sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(folder)
        )
        assert self._process.stdout.readline() == "ready\n"

    def run(self, program: str, arguments: list[str], env: dict[str, str]) -> Ran:
        """Runs a program to its end."""
        out, err = self._folder / "stdout", self._folder / "stderr"
        order = {"program": program, "arguments": arguments, "env": env, "out": str(out), "err": str(err), "seconds": SECONDS}
        with self._lock:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            status = int(self._process.stdout.readline())
            return Ran(status, out.read_text(), err.read_text())

    def end(self) -> None:
        """Ends it."""
        self._process.stdin.close()
        self._process.wait(PATIENCE)


def environment(home: Path) -> dict[str, str]:
    """What a program finds: a home of its own, as the client caches versions by port there, and lines as long as they are."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "COLUMNS": "1000", "PYTHONWARNINGS": "ignore"}


class Cli:
    """One of the clients, pointed at a daemon."""

    def __init__(self, program: str, zygote: Zygote, record: Record, home: Path, url: str, **more: str):
        self.program, self._zygote, self._record = program, zygote, record
        self.env = environment(home) | {"OS_AUTH_TYPE": "none", "OS_ENDPOINT": url} | more

    def line(self, arguments) -> list[str]:
        """The arguments as the program wants them."""
        plain = [str(it) for it in arguments]
        # Both have the same commands; this one has them among those of other services.
        return ["baremetal", *plain] if self.program == "openstack" else plain

    def ran(self, *arguments, status: int | None = 0, **env: str) -> Ran:
        """Calls it; fails unless it ends with the status."""
        ran = self._zygote.run(self.program, self.line(arguments), self.env | env)
        return self._judge(arguments, ran, status)

    def ran_alone(self, *arguments, status: int | None = 0) -> Ran:
        """Calls it as a shell does, as a new process of the installed script."""
        script = Path(sys.executable).with_name(self.program)
        done = subprocess.run(
            [script, *self.line(arguments)], env=self.env, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL
        )
        return self._judge(arguments, Ran(done.returncode, done.stdout, done.stderr), status)

    def _judge(self, arguments, ran: Ran, status: int | None) -> Ran:
        self._record.keep("clients", f"{ran.out}{ran.err}".encode())
        called = " ".join(map(str, [self.program, *self.line(arguments)]))
        assert status is None or ran.status == status, f"{called}: {ran.status}\n{ran.out}\n{ran.err}"
        # What Python says when a program does not understand an answer.
        assert "Traceback" not in ran.err, f"{called}:\n{ran.err}"
        return ran

    def json(self, *arguments, **env: str):
        """What it prints, for programs."""
        return self.ran(*arguments, "-f", "json", **env).json()

    def fails(self, *arguments, status: int = 1, **env: str) -> str:
        """Why it fails. What fails for good is not tried again where the program can be told so."""
        once = ["--max-retries", "0"] if self.program == "baremetal" else []
        return self.ran(*once, *arguments, status=status, **env).err.strip()
