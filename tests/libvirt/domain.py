"""Definitions of domains that cost next to nothing: no operating system, no network, a few MiB."""

import argparse
import sys
import uuid
from pathlib import Path
from xml.sax.saxutils import quoteattr

# A disk's first sector: waits for ACPI's power button and powers off, which is all that this machine can do. QEMU's machine `pc` has
# the PIIX4's power management, and SeaBIOS puts it at 0x600: PM1_STS +0, PM1_EN +2, PM1_CNT +4. Bit 8 of the first two is the power
# button's; in PM1_CNT bit 13 (SLP_EN) enters the state of bits 10..12, and the PIIX4's state 0 is off.
BOOT_SECTOR = bytes.fromhex(
    "E4 A1"  # in al, 0xA1          the second interrupt controller's mask
    "0C 02"  # or al, 2             IRQ 9 is ACPI's, and would come again and again
    "E6 A1"  # out 0xA1, al
    "BA 02 06"  # mov dx, 0x602     PM1_EN
    "B8 00 01"  # mov ax, 0x0100    PWRBTN_EN
    "EF"  # out dx, ax
    "BA 00 06"  # mov dx, 0x600     PM1_STS
    "FB"  # sti                     the timer ends hlt, 18 times a second
    "F4"  # hlt
    "ED"  # in ax, dx
    "F6 C4 01"  # test ah, 1        PWRBTN_STS
    "74 F9"  # jz -7                back to hlt
    "BA 04 06"  # mov dx, 0x604     PM1_CNT
    "B8 00 20"  # mov ax, 0x2000    SLP_EN, state 0
    "EF"  # out dx, ax
    "F4"  # hlt
    "EB FD"  # jmp -3               back to hlt
)

EMULATOR = "/usr/bin/qemu-system-x86_64"
# Of package ovmf, which --efi needs.
FIRMWARE = Path("/usr/share/OVMF")
# MiB: SeaBIOS runs in 16, OVMF in 64. SeaBIOS waits for nothing and costs nothing; OVMF looks for something to start, and half a CPU.
MEMORY, EFI_MEMORY = 16, 64
BOOT = ["hd", "network", "cdrom", "fd"]


def acpi_disk(path: Path) -> None:
    """A disk that answers ACPI's power button."""
    sector = BOOT_SECTOR.ljust(510, b"\0") + b"\x55\xAA"
    path.write_bytes(sector.ljust(64 * 1024, b"\0"))


def xml(options: argparse.Namespace) -> str:
    """The definition, for `virsh define`."""
    order = {device: f"<boot order='{number}'/>" for number, device in enumerate(options.boot, 1)}
    order = order if options.per_device else {}
    devices = [f"<emulator>{EMULATOR}</emulator>"]
    if options.acpi_disk:
        path = quoteattr(str(options.acpi_disk.absolute()))
        devices.append(
            f"<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file={path}/>"
            f"<target dev='hda' bus='ide'/>{order.get('hd', '')}</disk>"
        )
    if "cdrom" in options.boot:
        # A drive without a disc.
        devices.append(
            "<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><target dev='hdc' bus='ide'/><readonly/>"
            f"{order.get('cdrom', '')}</disk>"
        )
    for number, mac in enumerate(options.mac):
        first = order.get("network", "") if number == 0 else ""
        # QEMU's own network stack, which nothing in the machine uses: without a ROM there is no PXE either.
        devices.append(
            f"<interface type='user'><mac address={quoteattr(mac)}/><model type='e1000'/>{first}<rom enabled='no'/></interface>"
        )
    if options.vnc_password:
        password = quoteattr(options.vnc_password)
        devices.append(f"<graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1' passwd={password}/>")
    else:
        devices.append("<video><model type='none'/></video>")
    devices.append("<controller type='usb' model='none'/><memballoon model='none'/>")
    listed = [] if options.per_device else [f"<boot dev='{device}'/>" for device in options.boot]
    firmware = " firmware='efi'" if options.efi else ""
    lines = [
        "<domain type='qemu'>",
        f"  <name>{options.name}</name>",
        f"  <uuid>{options.uuid}</uuid>",
        f"  <memory unit='MiB'>{EFI_MEMORY if options.efi else MEMORY}</memory>",
        "  <vcpu>1</vcpu>",
        f"  <os{firmware}>",
        "    <type arch='x86_64' machine='pc'>hvm</type>",
        *(f"    {line}" for line in listed),
        "  </os>",
        "  <features><acpi/></features>",
        "  <devices>",
        *(f"    {line}" for line in devices),
        "  </devices>",
        "</domain>",
    ]
    return "\n".join(lines)


def parser() -> argparse.ArgumentParser:
    """What `hypervisor.py domain` understands."""
    made = argparse.ArgumentParser(prog="hypervisor.py domain", description="prints a domain for virsh define")
    made.add_argument("--name", required=True)
    made.add_argument("--mac", action="append", default=[], help="an interface; again for more")
    made.add_argument("--uuid", type=uuid.UUID, default=None, help="else it is made up")
    made.add_argument("--boot", type=lambda text: text.split(","), default=["hd", "network"], help=f"some of {','.join(BOOT)}, in order")
    made.add_argument("--per-device", action="store_true", help="<boot order> at the devices, not <boot dev> in <os>")
    made.add_argument("--efi", action="store_true", help="OVMF instead of SeaBIOS")
    made.add_argument("--acpi-disk", type=Path, metavar="PATH", help="a disk that answers ACPI's power button; written if it is not there")
    made.add_argument("--vnc-password", metavar="P")
    return made


def main(arguments: list[str]) -> int:
    """Prints a definition."""
    understood = parser()
    options = understood.parse_args(arguments)
    options.uuid = options.uuid or uuid.uuid4()
    unknown = [device for device in options.boot if device not in BOOT]
    if unknown:
        understood.error(f"--boot {','.join(unknown)}: allowed are {', '.join(BOOT)}")
    has = {"hd": options.acpi_disk, "network": options.mac, "cdrom": True, "fd": False}
    without = [device for device in options.boot if not has[device]] if options.per_device else []
    if without:
        understood.error(f"--per-device: there is no device for {', '.join(without)} (--acpi-disk makes hd, --mac network)")
    if options.efi and not FIRMWARE.is_dir():
        print(f"missing: {FIRMWARE} (package ovmf)", file=sys.stderr)
        return 77
    if options.acpi_disk and not options.acpi_disk.exists():
        acpi_disk(options.acpi_disk)
    print(xml(options))
    return 0
