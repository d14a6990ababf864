"""Runs the clients' programs without importing them again for each call, which is most of what a call costs.

One process imports everything once; each call is a fork of it, as fresh as a new process: its own arguments, environment, outputs and
status. Orders come as lines of JSON on standard input, and a line with the status answers each.
"""

import importlib
import importlib.metadata
import json
import os
import signal
import sys

# The console scripts, as their packages declare them.
PROGRAMS = {"baremetal": "ironicclient.shell:main", "openstack": "openstackclient.shell:main"}
# Nobody listens on port 1: what a program imports until it finds that out is what it needs.
NOWHERE = {"OS_AUTH_TYPE": "none", "OS_ENDPOINT": "http://127.0.0.1:1"}
LEARN = {"baremetal": ["--max-retries", "0", "node", "list"], "openstack": ["baremetal", "node", "list", "--help"]}


def main() -> None:
    entries = {}
    for program, place in PROGRAMS.items():
        module, name = place.split(":")
        entries[program] = getattr(importlib.import_module(module), name)
    for command in importlib.metadata.entry_points(group="openstack.baremetal.v1"):
        command.load()
    for program, arguments in LEARN.items():
        learn(entries[program], program, arguments)
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            run(entries[order["program"]], order)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def learn(entry, program: str, arguments: list[str]) -> None:
    """Imports what a call imports."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        order = {"program": program, "arguments": arguments, "env": os.environ | NOWHERE, "out": os.devnull, "err": os.devnull}
        run(entry, order | {"seconds": 60}, lambda: os.write(writer, json.dumps(list(sys.modules)).encode()))
    os.close(writer)
    with os.fdopen(reader, "rb") as names:
        for name in json.loads(names.read()):
            try:
                importlib.import_module(name)
            except ImportError:
                # Names that a package puts in for itself, as six does.
                pass
    os.waitpid(child, 0)


def run(entry, order: dict, at_end=lambda: None) -> None:
    """Becomes the program; does not return."""
    status = 70
    try:
        # Ends the process if nobody else does.
        signal.alarm(order["seconds"])
        for number, path in (0, os.devnull), (1, order["out"]), (2, order["err"]):
            file = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(file, number)
            os.close(file)
        os.environ.clear()
        os.environ.update(order["env"])
        sys.argv = [order["program"], *order["arguments"]]
        try:
            status = entry(order["arguments"]) or 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        at_end()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
