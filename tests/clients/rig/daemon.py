"""The daemon: `rackhand serve`, each with a configuration and a database of its own."""

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

from rig.process import Process
from rig.record import Record
from rig.tee import Tee

# What an operator would set, in short times; the log says all that it can.
DEFAULTS = {
    "DEFAULT": {"debug": True, "host": "conductor-1"},
    "api": {"port": 0},
    "conductor": {"sync_power_state_interval": 1},
    "iboot": {"max_retry": 1, "retry_interval": 0.1, "reboot_delay": 0.5},
}


class Daemon(Process):
    """A running daemon. Clients go to `url`, where answers are recorded, unless it speaks TLS."""

    def __init__(self, name: str, record: Record, program: Path, folder: Path, options: dict | None = None):
        self.database = folder / f"{name}.sqlite"
        self.config = folder / f"{name}.toml"
        tables = {table: dict(values) for table, values in DEFAULTS.items()}
        tables["database"] = {"connection": f"sqlite:///{self.database}"}
        for table, values in (options or {}).items():
            tables.setdefault(table, {}).update(values)
        self.config.write_text(toml(tables))
        self.host = tables["DEFAULT"]["host"]
        super().__init__(name, record, [program, "serve", "--config", self.config])
        says = re.compile(r"rackhand: serving on (https?://127\.0\.0\.1:\d+)$")
        self.direct = self.line("where it serves", says.search)[1]
        self._tee = None
        self.url = self.direct
        where = urlsplit(self.direct)
        if where.scheme == "http":
            self._tee = Tee(name, record, (where.hostname, where.port))
            self.url = f"http://127.0.0.1:{self._tee.port}"

    def end(self) -> int:
        """Ends it; its status, which is 0 when it ended well."""
        if self._tee:
            self._tee.close()
            self._tee = None
        return super().end()


def toml(tables: dict) -> str:
    """Tables of texts, numbers, booleans and lists as TOML; JSON writes those the same way."""
    lines = []
    for table, values in tables.items():
        lines.append(f"[{table}]")
        lines += [f"{name} = {json.dumps(str(value) if isinstance(value, Path) else value)}" for name, value in values.items()]
    return "\n".join(lines) + "\n"
