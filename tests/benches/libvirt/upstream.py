"""Asks for the power state of domains as the staging driver did, or by one bare call over a kept connection.

    upstream.py URI SECONDS upstream|bare MAC...

Prints how many states it got, and in how many seconds.
"""

import sys
import time
import xml.etree.ElementTree as ElementTree

import libvirt


def upstream(uri: str, mac: str) -> int:
    """ironic-staging-drivers 0.17: a connection for each question, and the definition of each domain until one has the address."""
    connection = libvirt.open(uri)
    try:
        for domain in connection.listAllDomains():
            parsed = ElementTree.fromstring(domain.XMLDesc())
            if mac in {element.attrib["address"] for element in parsed.iter("mac")}:
                return domain.isActive()
        raise LookupError(mac)
    finally:
        connection.close()


def main() -> None:
    """Asks for one after the other until time is up."""
    uri, seconds, how, *macs = sys.argv[1:]
    ask = [lambda mac=mac: upstream(uri, mac) for mac in macs]
    if how == "bare":
        connection = libvirt.open(uri)
        domains = connection.listAllDomains()
        ask = [domain.isActive for domain in domains]
    count, begun = 0, time.monotonic()
    while (took := time.monotonic() - begun) < float(seconds):
        ask[count % len(ask)]()
        count += 1
    print(count, took)


main()
