"""A BMC made of PyPI's pyghmi: `python pyghmi_bmc.py USER PASSWORD`. It says where it listens, and what its machine is told."""

import os
import signal
import sys

from pyghmi.ipmi.bmc import Bmc


class Machine(Bmc):
    """A machine that does at once what it is told; it has cipher suite 3 alone, whatever it is asked for."""

    def __init__(self, user: str, password: str):
        super().__init__({user: password}, port=0, address="127.0.0.1")
        # Sessions are found by the port, which 0 is not.
        self.port = self.serversocket.getsockname()[1]
        self.power, self.boot = "off", "default"
        say(f"BMC listening on 127.0.0.1:{self.port}")

    def get_power_state(self) -> str:
        return self.power

    def _becomes(self, power: str, how: str) -> None:
        self.power = power
        say(f"power {power} ({how})")

    def power_on(self) -> None:
        self._becomes("on", "on")

    def power_off(self) -> None:
        self._becomes("off", "off")

    def power_shutdown(self) -> None:
        self._becomes("off", "soft")

    def get_boot_device(self) -> str:
        return self.boot

    def set_boot_device(self, bootdevice: str) -> None:
        self.boot = bootdevice
        say(f"boot {bootdevice}")


def say(line: str) -> None:
    """Says it now."""
    print(line, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    Machine(sys.argv[1], sys.argv[2]).listen()
