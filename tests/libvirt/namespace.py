"""A place of its own for a hypervisor: what it mounts and starts there goes with it.

Three processes, from the outside in. The *keeper* is the one that was started: it has the mounts, and its pid is what `nsenter --mount`
is given. The *init* is the first process of a PID namespace: when it ends the kernel kills everything else there, QEMU too, which has
no parent any more. The *worker* does the work. There are two mount namespaces that differ in /proc alone: programs that come from the
outside find themselves in the keeper's, daemons find each other in the worker's.
"""

import ctypes
import os
import shutil
import signal
import sys
from pathlib import Path

CLONE_NEWNS, CLONE_NEWPID = 0x00020000, 0x20000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG = 1

LIBC = ctypes.CDLL(None, use_errno=True)

# Fresh and empty inside, besides /etc. What is on top comes first.
EMPTY = ["/run", "/var/lib/libvirt", "/var/log/libvirt", "/var/cache/libvirt"]
# The machine's own files of /etc are seen through links that lead here, and cannot be written to.
MACHINE_ETC = Path("/run/machine-etc")
# Of /etc, what a hypervisor brings itself.
OWN_ETC = ["libvirt", "sasl2", "pki", "ssh", "passwd", "shadow"]


def check(result: int, what: str) -> None:
    """Raises what a call of the C library has left in errno."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source: str, target: Path | str, kind: str | None, flags: int = 0, data: str | None = None) -> None:
    """mount(2)."""
    arguments = [None if text is None else os.fsencode(text) for text in (str(source), str(target), kind)]
    ctypes.set_errno(0)
    options = None if data is None else data.encode()
    check(LIBC.mount(*arguments, ctypes.c_ulong(flags), options), f"mount {target}")


def unshare(flags: int) -> None:
    """unshare(2)."""
    ctypes.set_errno(0)
    check(LIBC.unshare(flags), "unshare")


def read_only(target: Path | str) -> None:
    """Makes a bind mount one that cannot be written to."""
    mount("none", target, None, MS_BIND | MS_REMOUNT | MS_RDONLY)


def private_mounts(home: Path) -> None:
    """A mount namespace with everything that a hypervisor writes to being its own; root's home is `home`, because ssh and libvirt take
    it from /etc/passwd and not from the environment."""
    unshare(CLONE_NEWNS)
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    for folder in EMPTY:
        mount("tmpfs", folder, "tmpfs", data="mode=0755")
    for folder in ["libvirt", "lock", "sshd", MACHINE_ETC.name]:
        Path("/run", folder).mkdir()
    etc_of_links(home)
    if Path("/sys/fs/cgroup").is_dir():
        # Without control groups libvirt leaves none behind.
        mount("tmpfs", "/sys/fs/cgroup", "tmpfs", data="mode=0755")
    if Path("/dev/kvm").exists():
        # A KVM that is there and does not work has libvirt ask QEMU for its capabilities at every start; none costs nothing.
        nothing = Path("/run/no-kvm")
        nothing.touch(mode=0o600)
        mount(str(nothing), "/dev/kvm", None, MS_BIND)
        read_only("/dev/kvm")


def etc_of_links(home: Path) -> None:
    """An /etc that is the machine's to read, and where what a hypervisor needs is its own."""
    mount("/etc", MACHINE_ETC, None, MS_BIND | MS_REC)
    read_only(MACHINE_ETC)
    mount("tmpfs", "/etc", "tmpfs", data="mode=0755")
    etc = Path("/etc")
    for entry in MACHINE_ETC.iterdir():
        if entry.name not in OWN_ETC:
            # A link leads where it led: some say `../proc`.
            target = os.readlink(entry) if entry.is_symlink() else entry
            (etc / entry.name).symlink_to(target)
    for folder in ["libvirt/qemu/networks", "sasl2", "pki/CA", "pki/libvirt/private", "ssh"]:
        (etc / folder).mkdir(parents=True)
    passwd = [line.split(":") for line in (MACHINE_ETC / "passwd").read_text().splitlines()]
    lines = [[*line[:5], str(home), "/bin/sh"] if line[2:3] == ["0"] else line for line in passwd]
    (etc / "passwd").write_text("".join(":".join(line) + "\n" for line in lines))
    # No password, and not locked either: sshd lets nobody in with a key whose account is locked.
    (etc / "shadow").write_text("root:*:19000:0:99999:7:::\n")
    (etc / "shadow").chmod(0o600)


def keep(folder: Path, work) -> int:
    """Runs `work(pid of the keeper, the machine's /proc)` in namespaces of its own, in `folder`, which is removed at the end.

    Returns the status to exit with. Whatever becomes of this process, of its caller or of the worker, nothing stays.
    """
    keeper, init = os.getpid(), 0

    def end(*_) -> None:
        if init:
            os.kill(init, signal.SIGKILL)
        else:
            sys.exit(1)

    try:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, end)
        unshare(CLONE_NEWPID)
        init = os.fork()
        if init == 0:
            os._exit(be_init(keeper, work))
        _, status = os.waitpid(init, 0)
        return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def be_init(keeper: int, work) -> int:
    """The first process of its PID namespace: starts the worker, buries everybody, and ends with the worker."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    machine_proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    unshare(CLONE_NEWNS)
    mount("proc", "/proc", "proc")
    worker = os.fork()
    if worker == 0:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        status = 1
        try:
            status = work(keeper, machine_proc)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    while True:
        pid, status = os.wait()
        if pid == worker:
            return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 1


def outside_pid(machine_proc: int, pid: int) -> int:
    """The machine's number of a process that has the number `pid` here; 0 if there is none."""
    here = os.readlink("/proc/self/ns/pid")
    for name in os.listdir(machine_proc):
        if not name.isdigit():
            continue
        try:
            if os.readlink(f"{name}/ns/pid", dir_fd=machine_proc) != here:
                continue
            with os.fdopen(os.open(f"{name}/status", os.O_RDONLY, dir_fd=machine_proc)) as status:
                numbers = next(line.split()[1:] for line in status if line.startswith("NSpid:"))
        except (OSError, StopIteration):
            # It has ended meanwhile.
            continue
        if numbers[-1] == str(pid):
            return int(name)
    return 0
