"""Who may use the control plane: whoever sits at this machine, and whoever knows the token.

Three things are held apart.

The **peer**. Without a token, only loopback addresses may come in, unless the emulator was started open. A
caller without an address is inside this process (a test client, a Unix socket).

The **token**, in ``X-Emulator-Token``. It opens everything from anywhere; and where one is set, nothing else opens
anything: who sets a secret expects it to be asked for, from this machine and from a container started open, too.

The **browser**. A page on the internet can make a browser on this machine send us requests: as itself, then
``Origin`` names another host; or, its own name rebound to 127.0.0.1, as if it were us, then ``Host`` is a
name that somebody can own on the internet. Both are refused unless they bring the token, which no such page
knows. So tools on this machine and our own pages, at ``localhost`` or an address, just work.
"""

import hmac
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request

from operator_emulator.web.openapi import Operation

TOKEN_HEADER: Final = "x-emulator-token"
READS: Final = frozenset({"GET", "HEAD"})  # browsers send no Origin with these to the page's own host
PUBLIC: Final = frozenset({"getHealth"})  # a container's health check; it tells nothing that matters

# Names that nobody can register on the internet: RFC 6761, 6762 and 8375, ICANN's "internal", and what home
# routers and clusters use. A name without a dot is of this kind, too.
PRIVATE_SUFFIXES: Final = (
    ".localhost",
    ".local",
    ".internal",
    ".test",
    ".example",
    ".invalid",
    ".home.arpa",
    ".lan",
    ".localdomain",
)


class Admission:
    """An ``admit`` for a Door. Raises HTTPException 401 and 403."""

    def __init__(self, token: str | None, open_to_all: bool) -> None:
        self._token = token.encode() if token else None
        self._open = open_to_all

    async def __call__(self, request: Request, operation: Operation | None) -> None:
        if operation is not None and operation.id in PUBLIC:
            return
        peer = request.client.host if request.client is not None else ""
        if in_process(peer, request):
            return
        if self._token is not None:
            given = request.headers.get(TOKEN_HEADER, "")
            if not hmac.compare_digest(given.encode("latin-1"), self._token):  # the octets as they came
                raise HTTPException(401, "send the --control-token of this emulator as X-Emulator-Token")
            return
        if not self._open and not is_loopback(peer):
            raise HTTPException(
                403,
                "the control plane answers only this machine; start the emulator with --control-token and "
                "send that token as X-Emulator-Token, or start it with --control-open",
            )
        self._refuse_foreign_pages(request)

    def _refuse_foreign_pages(self, request: Request) -> None:
        host = host_name(f"//{request.headers.get('host', '')}")
        origin = request.headers.get("origin")
        if origin is not None:
            source = host_name(origin)
            if source != host and not (is_local(source) and is_local(host)):
                raise HTTPException(
                    403, f"web pages from {origin} may not use the control plane unless they send its --control-token"
                )
        elif self._open and request.method not in READS:
            return  # browsers send Origin with every change: it is a tool, which may call us by any name
        if host and not is_private(host):
            raise HTTPException(
                403,
                f"the host name {host} could be used for DNS rebinding; call the emulator by its address or as "
                "localhost, or start it with --control-token",
            )


def in_process(peer: str, request: Request) -> bool:
    """No address at all: a test client or a Unix socket; not a name that a proxy has put there."""
    if is_address(peer):
        return False
    return "x-forwarded-for" not in request.headers


def is_address(text: str) -> bool:
    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def is_loopback(text: str) -> bool:
    """127.0.0.0/8 and ::1, also as ::ffff:127.0.0.1, which is how a dual socket sees it."""
    if not is_address(text):
        return False
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback


def host_name(url: str) -> str:
    """The host of a URL, lower case; empty where there is none, as in the Origin "null"."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_local(host: str) -> bool:
    """This machine, by name or address."""
    return host == "localhost" or host.endswith(".localhost") or is_loopback(host)


def is_private(host: str) -> bool:
    """No page on the internet can be served under this name."""
    return "." not in host or is_address(host) or host.endswith(PRIVATE_SUFFIXES)
