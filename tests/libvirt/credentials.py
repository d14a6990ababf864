"""Keys, certificates and passwords, made for one hypervisor."""

import os
import secrets
import shutil
import subprocess
from pathlib import Path

# Seconds that a program which makes something may take: keys are of elliptic curves, and quick.
PATIENCE = 30


class Failure(Exception):
    """What did not come about, for a person to read."""


def run(arguments: list[str | Path], text: str | None = None) -> str:
    """What the program says; `text` is its input."""
    try:
        done = subprocess.run(arguments, input=text, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired as error:
        raise Failure(f"{arguments[0]} does not end within {PATIENCE} s") from error
    if done.returncode != 0:
        raise Failure(f"{arguments[0]} ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


class Sasl:
    """One user, and the database that knows it."""

    def __init__(self, database: Path):
        # What host/tests/common looks for in everything that Rackhand says.
        self.user, self.password = "operator", f"hunter2-{secrets.token_urlsafe(12)}"
        run(["saslpasswd2", "-p", "-c", "-a", "libvirt", "-f", database, self.user], self.password)

    def report(self) -> dict:
        """What a caller is told."""
        return {"user": self.user, "password": self.password}


class Pki:
    """Certificates, in folders laid out as libvirt's parameter `pkipath` has them: cacert.pem, clientcert.pem, clientkey.pem.

    * `pki`: all as it should be.
    * `pki-foreign`: a CA that did not make the server's certificate; the client's is good.
    * `pki-stranger`: both CAs are trusted, and the foreign one made the client's certificate, so that it is the server that refuses
      (libvirt does not even try a certificate that its own cacert.pem does not vouch for).
    * `pki-nobody`: the right CA, and nothing of a client's.
    """

    def __init__(self, folder: Path):
        self.folder, self.made = folder, folder / "certificates"
        self.made.mkdir(mode=0o700)
        self.authority("ca")
        self.authority("foreign")
        self.certificate("server", "ca", "serverAuth", "IP:127.0.0.1,DNS:localhost")
        self.certificate("client", "ca", "clientAuth")
        self.certificate("stranger", "foreign", "clientAuth")
        self.right = self.lay_out("pki", "ca", "client")
        self.foreign = self.lay_out("pki-foreign", "foreign", "client")
        self.stranger = self.lay_out("pki-stranger", "ca", "stranger")
        with (self.stranger / "cacert.pem").open("a") as trusted:
            trusted.write((self.made / "foreign.pem").read_text())
        self.nobody = self.lay_out("pki-nobody", "ca", None)

    def request(self, name: str, extensions: list[str], more: list[str | Path]) -> None:
        """A key, and a certificate for it."""
        made = ["-keyout", self.made / f"{name}.key", "-out", self.made / f"{name}.pem"]
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        added = [word for extension in extensions for word in ("-addext", extension)]
        # The machine's own configuration has extensions that would be there twice.
        plain = ["-config", self.plain(), "-subj", f"/O=rackhand tests/CN={name}", "-days", "2"]
        run(["openssl", "req", "-x509", *key, *plain, *made, *added, *more])

    def plain(self) -> Path:
        """A configuration that adds nothing."""
        path = self.made / "openssl.cnf"
        path.write_text("[req]\ndistinguished_name = name\n[name]\n")
        return path

    def authority(self, name: str) -> None:
        """One that makes certificates."""
        self.request(name, ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"], [])

    def certificate(self, name: str, authority: str, purpose: str, names: str = "") -> None:
        """A certificate of this authority's."""
        extensions = ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature,keyEncipherment"]
        extensions += [f"extendedKeyUsage={purpose}"] + ([f"subjectAltName={names}"] if names else [])
        by = ["-CA", self.made / f"{authority}.pem", "-CAkey", self.made / f"{authority}.key"]
        self.request(name, extensions, by)

    def lay_out(self, name: str, authority: str, client: str | None) -> Path:
        """A folder for `pkipath`."""
        folder = self.folder / name
        folder.mkdir(mode=0o700)
        shutil.copy(self.made / f"{authority}.pem", folder / "cacert.pem")
        if client:
            shutil.copy(self.made / f"{client}.pem", folder / "clientcert.pem")
            shutil.copy(self.made / f"{client}.key", folder / "clientkey.pem")
        return folder

    def install(self, etc: Path) -> None:
        """Where libvirt looks when it is told nothing: the server's files and a client's."""
        shutil.copy(self.made / "ca.pem", etc / "CA/cacert.pem")
        for name in ("server", "client"):
            shutil.copy(self.made / f"{name}.pem", etc / f"libvirt/{name}cert.pem")
            shutil.copy(self.made / f"{name}.key", etc / f"libvirt/private/{name}key.pem")

    def report(self) -> dict:
        """What a caller is told."""
        folders = {"pki": self.right, "pki_foreign": self.foreign, "pki_stranger": self.stranger, "pki_nobody": self.nobody}
        return {name: str(folder) for name, folder in folders.items()}


class Ssh:
    """Keys: `right` may come in, `stranger` may not, `open` is the right one in a file that everybody may read, so that ssh refuses it.
    The ssh of this hypervisor's namespace knows its host key until it is told to forget it."""

    def __init__(self, folder: Path, home: Path):
        self.keys = folder / "keys"
        self.keys.mkdir(mode=0o700)
        self.dot_ssh = home / ".ssh"
        self.dot_ssh.mkdir(mode=0o700)
        self.known_hosts = self.dot_ssh / "known_hosts"
        for name in ("host", "right", "stranger"):
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{name} of rackhand's tests", "-f", self.keys / name])
        shutil.copy(self.keys / "right", self.keys / "open")
        (self.keys / "open").chmod(0o644)
        shutil.copy(self.keys / "right.pub", self.dot_ssh / "authorized_keys")
        (self.dot_ssh / "authorized_keys").chmod(0o600)
        self.line = ""

    def listens_on(self, port: int) -> None:
        """Makes the host's key known for this port."""
        kind, key = (self.keys / "host.pub").read_text().split()[:2]
        self.line = f"[127.0.0.1]:{port},[localhost]:{port} {kind} {key}\n"
        self.know(True)

    def know(self, known: bool) -> None:
        """Whether the host's key is in known_hosts, or nothing is."""
        # ssh may be reading it.
        fresh = self.known_hosts.with_suffix(".fresh")
        fresh.write_text(self.line if known else "")
        os.replace(fresh, self.known_hosts)

    def report(self) -> dict:
        """What a caller is told."""
        keys = {f"key_{name}": str(self.keys / name) for name in ("right", "stranger", "open")}
        return keys | {"known_hosts": str(self.known_hosts), "known_hosts_line": self.line.rstrip()}
