"""Every byte that the daemon, the devices and the clients let out, and every password that must not be among them."""

import base64
import secrets
import threading
import urllib.parse
from pathlib import Path


class Record:
    """Keeps what was let out, by where, and the passwords of the session."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._lock = threading.Lock()
        self._parts: dict[str, bytearray] = {}
        self._passwords: dict[str, str] = {}

    def keep(self, where: str, data: bytes) -> None:
        """Adds what was let out somewhere; it is written to the session's folder too, for a person to read."""
        with self._lock:
            self._parts.setdefault(where, bytearray()).extend(data)
            with open(self._folder / f"{where}.txt", "ab") as file:
                file.write(data)

    def parts(self) -> dict[str, bytes]:
        """What was let out, by where."""
        with self._lock:
            return {where: bytes(data) for where, data in self._parts.items()}

    def password(self, what: str, text: str | None = None) -> str:
        """A password that nobody but the test may say: a new one of 16 characters, or one of a form of its own."""
        text = text or "pw" + secrets.token_hex(7)
        self._passwords[text] = what
        return text

    def passwords(self) -> dict[str, str]:
        """All passwords so far, with what each is for."""
        return dict(self._passwords)

    def leaks(self) -> list[str]:
        """Where a password was let out, in whatever spelling."""
        found = []
        for where, data in self.parts().items():
            lower = data.lower()
            for password, what in self._passwords.items():
                for spelling in spellings(password):
                    at = lower.find(spelling)
                    if at >= 0:
                        around = data[max(0, at - 80) : at].decode(errors="replace")
                        found.append(f"{what} is in {where}, after: …{around}")
        return found


def spellings(password: str) -> set[bytes]:
    """The ways in which a password may be let out, in lower case: as it is, as bytes of a wire, in a URL, in base64."""
    plain = password.encode()
    ways = {plain, plain.hex().encode(), urllib.parse.quote(password, safe="").encode()}
    # Within a longer text base64 has three forms, by what stands before; their ends depend on the neighbours and are cut off.
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + plain + b"\0" * 3).decode()
        begin = (before * 8 + 5) // 6
        ways.add(coded[begin : (before + len(plain)) * 8 // 6].encode())
    # A SecureON password is bytes written as a MAC.
    if password.count(":") == 5:
        for separator in "", "-", " ", ", ":
            ways.add(password.replace(":", separator).encode())
    return {way.lower() for way in ways}
