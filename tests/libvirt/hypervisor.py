#!/usr/bin/python3 -B
"""One libvirt hypervisor for a test: libvirtd with QEMU domains, in namespaces of its own.

    hypervisor.py [--tcp none|sasl] [--tls none|sasl] [--ssh] [--cache DIR]
    hypervisor.py domain --name N --mac M ...

When everything answers it prints one line of JSON with what a caller needs, and then takes commands, one a line, each answered by one line
of JSON ({"ok": true, ...} or {"ok": false, "error": "..."}):

    stop                SIGSTOP to libvirtd
    continue            SIGCONT
    kill                SIGKILL to libvirtd; its domains go on
    start               libvirtd again, on the same ports
    known_hosts on|off  whether the namespace's ssh knows the host's key
    end                 everything ends, domains too, as it does at the end of the input, at SIGTERM, and when this is killed

`pid` of the report is for `nsenter --mount=/proc/PID/ns/mnt`: there /run/libvirt/libvirt-sock is this hypervisor's. Ports are of
127.0.0.1. Files of the report are outside of the namespace as well. Where it cannot work it ends with 77, and one line that says what is
missing.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import domain
from credentials import Failure
from namespace import keep, private_mounts
from servers import Hypervisor, drivers

MISSING = 77
SASL_PLUGINS = ["/usr/lib/x86_64-linux-gnu/sasl2", "/usr/lib64/sasl2"]


def missing(options: argparse.Namespace) -> str | None:
    """What is not there and must be."""
    if os.geteuid() != 0:
        return "root: a hypervisor mounts, and its QEMU runs as root"
    programs = {"libvirtd": "libvirt-daemon", "virsh": "libvirt-clients", "qemu-system-x86_64": "qemu-system-x86"}
    sasl = "sasl" in (options.tcp, options.tls)
    if sasl:
        programs["saslpasswd2"] = "sasl2-bin"
    if options.tls:
        programs["openssl"] = "openssl"
    if options.ssh:
        programs |= {"sshd": "openssh-server", "ssh": "openssh-client", "ssh-keygen": "openssh-client", "nc": "netcat-openbsd"}
    gone = [f"{program} (package {package})" for program, package in programs.items() if not shutil.which(program)]
    if not any(path.is_file() for path in drivers()):
        gone.append("libvirt's QEMU driver (package libvirt-daemon-driver-qemu)")
    if sasl and not any(Path(folder, "libdigestmd5.so").is_file() for folder in SASL_PLUGINS):
        gone.append("SASL's DIGEST-MD5 (package libsasl2-modules)")
    return ", ".join(gone) or None


def parser() -> argparse.ArgumentParser:
    """What this understands, `domain` aside."""
    made = argparse.ArgumentParser(prog="hypervisor.py", description="a libvirt hypervisor for a test")
    made.add_argument("--tcp", choices=["none", "sasl"], help="listens to TCP, with this authentication")
    made.add_argument("--tls", choices=["none", "sasl"], help="listens to TLS, with this authentication besides certificates")
    made.add_argument("--ssh", action="store_true", help="an sshd, for qemu+ssh")
    made.add_argument("--cache", type=Path, metavar="DIR", help="where QEMU's capabilities are kept between runs")
    return made


def say(told: dict) -> None:
    """One line of JSON."""
    print(json.dumps(told), flush=True)


def serve(hypervisor: Hypervisor, keeper: int) -> int:
    """Starts it and does what the caller says, to the end."""
    hypervisor.start()
    say(hypervisor.report(keeper))
    for line in sys.stdin:
        words = line.split()
        if words == ["end"]:
            say({"ok": True})
            break
        try:
            say({"ok": True} | hypervisor.command(words))
        except Failure as error:
            say({"ok": False, "error": str(error)})
    return 0


def main() -> int:
    """Returns the status to exit with."""
    if sys.argv[1:2] == ["domain"]:
        return domain.main(sys.argv[2:])
    options = parser().parse_args()
    # Administrators' programs are not on everybody's path.
    os.environ["PATH"] = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
    gone = missing(options)
    if gone:
        print(f"missing: {gone}", file=sys.stderr)
        return MISSING
    if options.cache:
        options.cache = options.cache.absolute()
    folder = Path(tempfile.mkdtemp(prefix="hypervisor-"))
    home = folder / "home"
    home.mkdir(mode=0o700)
    try:
        private_mounts(home)
    except OSError as error:
        shutil.rmtree(folder)
        print(f"missing: mounts of its own ({error})", file=sys.stderr)
        return MISSING

    def work(keeper: int, machine_proc: int) -> int:
        try:
            return serve(Hypervisor(options, folder, home, machine_proc), keeper)
        except Failure as error:
            print(f"hypervisor.py: {error}", file=sys.stderr)
        except BrokenPipeError:
            # The caller is gone, and everything ends with it.
            pass
        return 1

    return keep(folder, work)


if __name__ == "__main__":
    sys.exit(main())
