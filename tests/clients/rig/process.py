"""Programs that run beside the tests: their output is read at once, and they end with the session."""

import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from rig.record import Record

# Longer than anything takes on a busy machine: reached only by what does not work.
PATIENCE = 60.0

T = TypeVar("T")


def until(what: str, get: Callable[[], T], patience: float = PATIENCE) -> T:
    """The first true answer; fails when there is none in time."""
    end = time.monotonic() + patience
    while True:
        got = get()
        if got:
            return got
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {patience} s, last seen: {got!r}")
        time.sleep(0.02)


class Process:
    """A program whose lines are kept and recorded."""

    def __init__(self, name: str, record: Record, arguments: list[str | Path], env: dict[str, str] | None = None):
        self.name = name
        self._record = record
        self._changed = threading.Condition()
        self._lines: list[str] = []
        self._process = subprocess.Popen(
            [str(it) for it in arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
        )
        self._readers = [
            threading.Thread(target=self._read, args=(pipe,), daemon=True)
            for pipe in (self._process.stdout, self._process.stderr)
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, pipe) -> None:
        for line in pipe:
            self._record.keep(self.name, line)
            with self._changed:
                self._lines.append(line.decode(errors="replace").rstrip("\n"))
                self._changed.notify_all()

    def lines(self) -> list[str]:
        """All lines so far, of both outputs."""
        with self._changed:
            return list(self._lines)

    def line(self, what: str, fits: Callable[[str], T], after: int = 0, patience: float = PATIENCE) -> T:
        """What `fits` makes of the first line that it takes, of those after the first `after`."""
        end = time.monotonic() + patience
        with self._changed:
            while True:
                for line in self._lines[after:]:
                    got = fits(line)
                    if got:
                        return got
                left = end - time.monotonic()
                ended = self._process.poll() is not None and not any(it.is_alive() for it in self._readers)
                if left <= 0 or ended:
                    why = f"it ended with {self._process.returncode}" if ended else "in time"
                    raise AssertionError(f"{self.name} does not say {what} ({why}). It said:\n" + "\n".join(self._lines))
                # An end is not told: so one looks.
                self._changed.wait(min(left, 0.2))

    def wait(self, patience: float = PATIENCE) -> int:
        """Waits for its own end; its status."""
        status = self._process.wait(patience)
        for reader in self._readers:
            reader.join(patience)
        return status

    def end(self) -> int:
        """Ends it as a service manager does; its status."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.wait()
            raise AssertionError(f"{self.name} does not end within {PATIENCE} s of SIGTERM") from None
