"""Who may come in: everyone, or those whom a trusted reverse proxy names in a header of each request.

A header is a claim of whoever sent it. It counts only on a connection from an address that the settings list.
"""

import logging
import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.errors import UsageError
from assistant.problems import problem
from assistant.settings import Settings, listed
from assistant.words import words_for

log = logging.getLogger(__name__)

#: What anyone may have, since it tells nothing of the articles; who may have ``/metrics``, its address decides.
#: Every other path is closed, those to come as well.
_PUBLIC = re.compile(r"/healthz|/metrics|/widget\.js|/static/.*", re.DOTALL)

#: A field name of HTTP (RFC 9110, 5.6.2).
_HEADER = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks, as the proxy says; without a name where nobody has to sign in."""

    name: str = ""
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SignOn:
    """How the server knows a person: the headers, in small letters, and who is trusted to send them."""

    header: bytes
    groups_header: bytes
    proxies: tuple[Network, ...]

    def person(self, scope: Scope) -> Person | None:
        """Who sent a request, or None for nobody who signed in."""
        if not self.header:
            return Person()
        names = _values(scope, self.header)
        if names and not self.trusts(scope):
            log.warning("a sign-in header came from %s, which is not a trusted proxy", scope.get("client"))
            return None
        # Two names: the proxy adds its header to that of the caller instead of replacing it.
        if len(names) != 1 or not names[0].strip():
            return None
        return Person(names[0].strip(), frozenset(listed(",".join(_values(scope, self.groups_header)))))

    def trusts(self, scope: Scope) -> bool:
        """Whether the other end of the connection itself is a trusted proxy."""
        peer = _peer(scope)
        return peer is not None and is_within(peer, self.proxies)

    def address(self, scope: Scope) -> Address | None:
        """Where a request comes from; None where it came through a proxy that does not tell, or that nobody listed.

        Of the addresses that a trusted proxy forwards, the last one that is not a trusted proxy itself counts:
        those before it are the caller's claim.
        """
        peer = _peer(scope)
        if not any(name == b"forwarded" or name.startswith(b"x-forwarded-") for name, _ in scope["headers"]):
            return peer
        if not self.trusts(scope):
            return None if peer is None or peer.is_loopback else peer
        for entry in reversed(listed(",".join(_values(scope, b"x-forwarded-for")))):
            address = parsed_address(entry)
            if address is None or not is_within(address, self.proxies):
                return address
        return None


def groups_of(state: object) -> frozenset[str]:
    """The groups of who sent the request of this ``state``; none where nobody signed in."""
    person: Person | None = getattr(state, "person", None)
    return person.groups if person else frozenset()


def sign_on(settings: Settings) -> SignOn:
    """
    :raises UsageError: If a header or an address is none, or nobody is trusted to send the header.
    """
    for name in ("auth_header", "groups_header"):
        header = getattr(settings, name)
        if header and not _HEADER.fullmatch(header):
            raise UsageError(f"Setting '{name}' has value '{header}'. It takes a header's name, such as X-Remote-User.")
    if settings.groups_header and not settings.auth_header:
        raise UsageError("Setting 'groups_header' is of no use alone. Set ASSISTANT_AUTH_HEADER as well.")
    proxies = networks(settings, "trusted_proxies")
    if settings.auth_header and not proxies:
        raise UsageError(
            f"Setting 'auth_header' is '{settings.auth_header}', but nobody is trusted to send it. "
            "List the addresses of the reverse proxy in ASSISTANT_TRUSTED_PROXIES."
        )
    return SignOn(settings.auth_header.lower().encode(), settings.groups_header.lower().encode(), proxies)


def networks(settings: Settings, name: str) -> tuple[Network, ...]:
    """The addresses and networks that a setting lists.

    :raises UsageError: If an entry is neither.
    """
    try:
        return tuple(ip_network(entry) for entry in listed(getattr(settings, name)))
    except ValueError as error:
        raise UsageError(f"Setting '{name}': {error}. Entries look like 10.0.0.7 or 10.0.0.0/8.") from error


def is_within(address: Address, among: tuple[Network, ...]) -> bool:
    return any(address in network for network in among)


class Access:
    """ASGI middleware: closes all that is not public to those who did not sign in, and keeps who asks in
    ``request.state.person``.
    """

    def __init__(self, app: ASGIApp, sign_on: SignOn) -> None:
        self._app = app
        self._sign_on = sign_on

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            person = self._sign_on.person(scope)
            if person is None and not _PUBLIC.fullmatch(route_path(scope)):
                words = words_for(None, ",".join(_values(scope, b"accept-language")))
                await problem("not_signed_in", words).response()(scope, receive, send)
                return
            scope.setdefault("state", {})["person"] = person
        await self._app(scope, receive, send)


def route_path(scope: Scope) -> str:
    """The path below the prefix of a reverse proxy, as the routes see it."""
    path: str = scope["path"]
    prefix: str = scope.get("root_path", "")
    return path[len(prefix) :] if path.startswith(f"{prefix}/") else path


def parsed_address(text: str) -> Address | None:
    """An IPv4 address is one, however a socket for both versions writes it."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _peer(scope: Scope) -> Address | None:
    return parsed_address((scope.get("client") or ("",))[0])


def _values(scope: Scope, header: bytes) -> list[str]:
    """HTTP leaves the encoding open; proxies send names in UTF-8."""
    return [value.decode("utf-8", "replace") for name, value in scope["headers"] if name == header]
