"""Lets no Python process of the tests reach beyond this machine, and notes each attempt: code may swallow the error.

Used by pytest's own process, and by every one that it starts, through ``sitecustomize`` beside this file.
"""

import os
import sys

#: Variable with the path of the file in which attempts are noted.
ATTEMPTS = "SOURCIER_TEST_ATTEMPTS"

#: Audit events of Python's sockets, and which of their arguments is the address.
_EVENTS = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
}

_HERE = ("127.", "::1", "localhost", "::ffff:127.")


def forbid() -> None:
    """From now on, until the process ends."""
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple) -> None:
    if event not in _EVENTS:
        return
    address = arguments[_EVENTS[event]]
    host = address[0] if isinstance(address, tuple) and event != "socket.getaddrinfo" else address
    if isinstance(host, bytes):
        host = host.decode("latin-1")
    # No host is every address of this machine; a socket of the file system has a path for an address.
    if not host or not isinstance(host, str) or host.startswith(_HERE) or _is_path(event, address):
        return
    with open(os.environ[ATTEMPTS], "a", encoding="utf-8") as file:
        file.write(f"{event} {host} by {sys.argv[0]} in {os.environ.get('PYTEST_CURRENT_TEST')}\n")
    raise PermissionError(f"the tests reach nothing beyond this machine, but {host} was wanted")


def _is_path(event: str, address: object) -> bool:
    return event in ("socket.connect", "socket.sendto", "socket.sendmsg") and not isinstance(address, tuple)
