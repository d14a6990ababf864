"""What the tests share: a daemon and its devices, the clients, and the record that is searched for passwords at the end."""

import itertools
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from rig.api import Api  # noqa: E402
from rig.cli import Cli, Zygote  # noqa: E402
from rig.daemon import Daemon  # noqa: E402
from rig.devices import Amt, Bmc, Iboot, Nic, PyghmiBmc, Relay  # noqa: E402
from rig.record import Record  # noqa: E402

ROOT = Path(__file__).parents[2]


class Rig:
    """Starts what tests need, and ends it."""

    def __init__(self, folder: Path, program: Path):
        self.folder, self.program = folder, program
        (folder / "record").mkdir()
        self.record = Record(folder / "record")
        self.home = folder / "home"
        self.home.mkdir()
        self.zygote = Zygote(self.home)
        self.daemons: list[Daemon] = []
        self._running = []
        self._relays: list[Relay] = []
        self._numbers = itertools.count(1)

    def name(self, of: str) -> str:
        """A name that nothing else has."""
        return f"{of}-{next(self._numbers)}"

    def daemon(self, options: dict | None = None) -> Daemon:
        """A daemon of its own."""
        daemon = Daemon(self.name("daemon"), self.record, self.program, self.folder, options)
        self.daemons.append(daemon)
        self._running.append(daemon)
        return daemon

    def amt(self, *options: str, tls: bool = False) -> Amt:
        """A machine with AMT of its own."""
        name = self.name("amt")
        ca_file = self.folder / f"{name}.pem" if tls else None
        self._running.append(Amt(name, self.record, self.program, *options, ca_file=ca_file))
        return self._running[-1]

    def bmc(self, *options: str) -> Bmc:
        """A machine with a BMC of its own."""
        self._running.append(Bmc(self.name("bmc"), self.record, self.program, *options))
        return self._running[-1]

    def pyghmi_bmc(self) -> PyghmiBmc:
        """A machine of its own with a BMC that is not ours."""
        self._running.append(PyghmiBmc(self.name("pyghmi-bmc"), self.record))
        return self._running[-1]

    def iboot(self, *options: str) -> Iboot:
        """A PDU of its own."""
        self._running.append(Iboot(self.name("iboot"), self.record, self.program, *options))
        return self._running[-1]

    def relay(self) -> Relay:
        """A relay of its own; a PDU has 32."""
        if not self._relays:
            iboot = self.iboot("--relays", "32")
            self._relays = [Relay(iboot, number) for number in range(32, 0, -1)]
        return self._relays.pop()

    def nic(self, *options: str, password: str | None = None) -> Nic:
        """A sleeping machine of its own."""
        self._running.append(Nic(self.name("nic"), self.record, self.program, *options, password=password))
        return self._running[-1]

    def cli(self, program: str, url: str, **env: str) -> Cli:
        """A client that is pointed there."""
        return Cli(program, self.zygote, self.record, self.home, url, **env)

    def end(self) -> list[str]:
        """Ends all; what did not end well."""
        wrong = []
        # The newest first: a daemon whose devices go before it complains of them.
        while self._running:
            running = self._running.pop()
            try:
                status = running.end()
            except AssertionError as error:
                wrong.append(str(error))
                continue
            if status != 0:
                wrong.append(f"{running.name} ended with {status}:\n" + "\n".join(running.lines()[-20:]))
        return wrong


@pytest.fixture(scope="session")
def rackhand() -> Path:
    """The program."""
    if named := os.environ.get("RACKHAND"):
        return Path(named).resolve()
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    found = [path for kind in ("release", "debug") if (path := target / kind / "rackhand").exists()]
    assert found, f"no rackhand in {target}: cargo build --release -p rackhand, or set RACKHAND"
    return found[0]


@pytest.fixture(scope="session")
def rig(tmp_path_factory, rackhand):
    """All that runs beside the tests."""
    rig = Rig(tmp_path_factory.mktemp("rig"), rackhand)
    yield rig
    # After all else, in each process that ran tests: when everything has been said.
    wrong = rig.end()
    rig.zygote.end()
    wrong += rig.record.leaks()
    assert not wrong, "\n".join(wrong)
    parts = rig.record.parts()
    # The record is one: it has what everybody knows was said.
    for daemon in rig.daemons:
        assert b"serving on" in parts[daemon.name], daemon.name
        if daemon.direct.startswith("http:"):
            assert b"HTTP/1.1 200" in parts[f"{daemon.name}-answers"], daemon.name
            assert b"ontent-encoding" not in parts[f"{daemon.name}-answers"], "answers that the search cannot read"


@pytest.fixture(scope="session")
def daemon(rig) -> Daemon:
    """The daemon that most tests share; what they make has names of its own."""
    started = rig.daemon()
    yield started
    # What it has counted is searched, too.
    assert "rackhand" in Api(started.url, rig.record).get("/metrics").text


@pytest.fixture(scope="session")
def api(rig, daemon) -> Api:
    """Its API, for what no client would send."""
    return Api(daemon.url, rig.record)


@pytest.fixture(params=["baremetal", "openstack"])
def cli(request, rig, daemon) -> Cli:
    """Each of the two clients."""
    return rig.cli(request.param, daemon.url)


@pytest.fixture
def baremetal(rig, daemon) -> Cli:
    """The one that can be told not to try again."""
    return rig.cli("baremetal", daemon.url)


@pytest.fixture
def relay(rig) -> Relay:
    """A relay of its own, which is off."""
    return rig.relay()


@pytest.fixture
def wol_node(rig, api) -> dict:
    """A node without a port."""
    return api.node(driver="staging-wol", name=rig.name("wol"))


@pytest.fixture
def iboot_node(rig, api, relay):
    """A node behind the relay."""
    node = api.node(driver="staging-iboot", name=rig.name("node"), driver_info=relay.driver_info())
    yield node
    # Nobody asks for its power state for the rest of the session.
    api.delete(f"/v1/nodes/{node['uuid']}")
