"""libvirtd and sshd of one hypervisor, in the namespaces of namespace.py."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from credentials import Failure, Pki, Sasl, Ssh
from namespace import outside_pid

# Seconds until a server must answer. libvirtd takes a tenth of one; twenty of them on two CPUs take two.
PATIENCE = 60
# Seconds between two looks.
PAUSE = 0.02
# Seconds until a port that is taken is tried again.
AGAIN = 0.5
# How much of a log is shown when something did not start.
TAIL = 4000

DRIVERS = ["/usr/lib/x86_64-linux-gnu/libvirt/connection-driver", "/usr/lib64/libvirt/connection-driver"]
DRIVER = "libvirt_driver_qemu.so"
SOCKET = "/run/libvirt/libvirt-sock"
LIBVIRT_CACHE = Path("/var/cache/libvirt/qemu/capabilities")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now; somebody may be faster, so that who takes it tries again."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Server:
    """A daemon in the foreground, and its log."""

    def __init__(self, name: str, log: Path):
        self.name, self.log = name, log
        self.process: subprocess.Popen | None = None

    def start(self, arguments: list[str | Path], more: dict[str, str], answers) -> None:
        """Starts it and waits until `answers()`."""
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} | more
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        begun = time.monotonic()
        while not answers():
            status = self.process.poll()
            if status is not None:
                raise Failure(f"{self.name} ended with {status}{self.tail()}")
            if time.monotonic() - begun > PATIENCE:
                self.kill()
                raise Failure(f"{self.name} does not answer within {PATIENCE} s{self.tail()}")
            time.sleep(PAUSE)

    def tail(self) -> str:
        """The end of its log."""
        text = self.log.read_text(errors="replace").strip()[-TAIL:]
        return f"; the end of its log:\n{text}" if text else "; its log is empty"

    def signal(self, number: int) -> None:
        """Sends it a signal."""
        if self.process is None or self.process.poll() is not None:
            raise Failure(f"{self.name} does not run")
        self.process.send_signal(number)

    def kill(self) -> None:
        """Ends it without giving it notice; what it started goes on."""
        self.signal(signal.SIGKILL)
        self.process.wait(PATIENCE)


class Hypervisor:
    """libvirtd with its QEMU driver, and sshd where that is wanted."""

    def __init__(self, options, folder: Path, home: Path, machine_proc: int):
        self.options, self.folder, self.home, self.machine_proc = options, folder, home, machine_proc
        self.libvirtd = Server("libvirtd", folder / "libvirtd.log")
        self.sshd = Server("sshd", folder / "sshd.log")
        sasl = "sasl" in (options.tcp, options.tls)
        self.sasl = Sasl(Path("/etc/libvirt/passwd.db")) if sasl else None
        self.pki = Pki(folder) if options.tls else None
        self.ssh = Ssh(folder, home) if options.ssh else None
        self.ports: dict[str, int] = {}
        if self.pki:
            self.pki.install(Path("/etc/pki"))
        self.drivers = Path("/run/drivers")
        self.configure()
        self.fill_cache()

    def configure(self) -> None:
        """What does not change when a port is another one."""
        Path("/etc/sasl2/libvirt.conf").write_text("mech_list: digest-md5\nsasldb_path: /etc/libvirt/passwd.db\n")
        for name in ("libvirt.conf", "libvirt-admin.conf"):
            Path("/etc/libvirt", name).write_text("")
        # QEMU as root and as it is: no labels, no control groups, no /dev of its own, and no virtlogd for its log.
        Path("/etc/libvirt/qemu.conf").write_text(
            'user = "root"\ngroup = "root"\ndynamic_ownership = 0\nremember_owner = 0\nsecurity_driver = "none"\n'
            "namespaces = []\ncgroup_controllers = []\nhugetlbfs_mount = []\n"
            'stdio_handler = "file"\nvnc_listen = "127.0.0.1"\n'
        )
        # The other drivers look after the machine's network, disks and firewall.
        self.drivers.mkdir()
        driver = next(path for path in drivers() if path.is_file())
        (self.drivers / DRIVER).symlink_to(driver)

    def start(self) -> None:
        """Starts everything, on ports of its own."""
        self.with_free_ports(self.libvirtd, ["tcp", "tls"], self.start_libvirtd)
        if self.ssh:
            self.with_free_ports(self.sshd, ["ssh"], self.start_sshd)
            self.ssh.listens_on(self.ports["ssh"])
        self.keep_cache()

    def with_free_ports(self, server: Server, names: list[str], start) -> None:
        """Again when somebody was faster."""
        for attempt in range(3):
            self.ports |= {name: free_port() for name in names if getattr(self.options, name)}
            try:
                return start()
            except Failure:
                taken = "already in use" in server.tail()
                if not taken or attempt == 2:
                    raise
        return None

    def start_libvirtd(self) -> None:
        """libvirtd on the ports that were chosen; returns when it answers."""
        options, ports = self.options, self.ports
        settings = {
            "auth_unix_rw": "none", "listen_addr": "127.0.0.1", "listen_tcp": int(options.tcp is not None),
            "listen_tls": int(options.tls is not None), "tcp_port": str(ports.get("tcp", 16509)),
            "tls_port": str(ports.get("tls", 16514)), "auth_tcp": options.tcp or "none", "auth_tls": options.tls or "none",
            "log_outputs": "2:stderr",
        }
        lines = [f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}" for name, value in settings.items()]
        configuration = Path("/etc/libvirt/libvirtd.conf")
        configuration.write_text("\n".join(lines) + "\n")
        arguments = ["libvirtd", "--config", configuration, "--pid-file", "/run/libvirtd.pid"]
        if options.tcp or options.tls:
            arguments.append("--listen")
        self.libvirtd.start(arguments, {"LIBVIRT_DRIVER_DIR": str(self.drivers)}, self.libvirtd_answers)

    def libvirtd_answers(self) -> bool:
        """Whether it does, over its socket; from then on it knows QEMU, so that nobody waits for that when a domain is defined."""
        # Programs started before it listens would only be in its way.
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(SOCKET) != 0:
                return False
        asked = ["virsh", "--quiet", "--connect", "qemu:///system", "domcapabilities", "--virttype", "qemu"]
        try:
            # It may accept and not answer yet.
            done = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    def start_libvirtd_again(self) -> None:
        """libvirtd on the ports that it had. While it was gone somebody's connection may have begun at one of them: it is waited for."""
        begun = time.monotonic()
        while True:
            try:
                return self.start_libvirtd()
            except Failure:
                if "already in use" not in self.libvirtd.tail() or time.monotonic() - begun > PATIENCE:
                    raise
            time.sleep(AGAIN)

    def start_sshd(self) -> None:
        """sshd on the port that was chosen; returns when it listens."""
        port, configuration = self.ports["ssh"], Path("/etc/ssh/sshd_config")
        configuration.write_text(
            f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {self.ssh.keys}/host\nPidFile none\nUsePAM no\n"
            f"AuthorizedKeysFile .ssh/authorized_keys\nPermitRootLogin prohibit-password\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nMaxStartups 200\nLogLevel VERBOSE\n"
        )
        self.sshd.start([shutil.which("sshd"), "-D", "-e", "-f", configuration], {}, lambda: listens(port))

    def fill_cache(self) -> None:
        """QEMU's capabilities as an earlier run has found them: asking QEMU takes a second. libvirt sees itself whether they are
        still right."""
        LIBVIRT_CACHE.mkdir(parents=True)
        if self.options.cache and self.options.cache.is_dir():
            for file in self.options.cache.glob("*.xml"):
                shutil.copy(file, LIBVIRT_CACHE)

    def keep_cache(self) -> None:
        """Keeps what this run has found for later ones, each file as a whole: several may do so at once."""
        if not self.options.cache:
            return
        self.options.cache.mkdir(parents=True, exist_ok=True)
        for file in LIBVIRT_CACHE.glob("*.xml"):
            kept = self.options.cache / file.name
            if not kept.is_file() or kept.read_bytes() != file.read_bytes():
                number, fresh = tempfile.mkstemp(dir=self.options.cache)
                os.close(number)
                shutil.copy(file, fresh)
                os.replace(fresh, kept)

    def report(self, keeper: int) -> dict:
        """Everything that a caller needs."""
        told = {"pid": keeper, "libvirtd": self.pid(), "folder": str(self.folder), "home": str(self.home), "ports": self.ports}
        for part in (self.sasl, self.pki, self.ssh):
            told |= part.report() if part else {}
        return told

    def pid(self) -> int:
        """libvirtd's, as the machine has it."""
        return outside_pid(self.machine_proc, self.libvirtd.process.pid)

    def command(self, words: list[str]) -> dict:
        """Does what a line of the caller's says; `end` is not for here."""
        match words:
            case ["stop"]:
                self.libvirtd.signal(signal.SIGSTOP)
            case ["continue"]:
                self.libvirtd.signal(signal.SIGCONT)
            case ["kill"]:
                self.libvirtd.kill()
            case ["start"]:
                if self.libvirtd.process.poll() is None:
                    raise Failure("libvirtd runs already")
                self.start_libvirtd_again()
                return {"libvirtd": self.pid()}
            case ["known_hosts", "on" | "off" as known] if self.ssh:
                self.ssh.know(known == "on")
            case _:
                known = "stop, continue, kill, start, known_hosts on|off (with --ssh), end"
                raise Failure(f"no such command: {' '.join(words)}; there are {known}")
        return {}


def drivers() -> list[Path]:
    """Where the QEMU driver may be."""
    return [Path(folder, DRIVER) for folder in DRIVERS]


def listens(port: int) -> bool:
    """Whether somebody does, at 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
