"""URLs in answers: our own, or the internal ones that the operator's proxy leaks (D§1, 9.2)."""

import re
from typing import Final

from starlette.requests import Request

from operator_emulator.management.context import dialect_of, version_of

BASE: Final = "/management-api"
HOST: Final = re.compile(r"[A-Za-z0-9.\-\[\]:_]{1,255}")
LEAKED: Final = "/internal-global-api"
LEAKED_HOST: Final = "https://bss-global.api.1nce.com"


def address_of(request: Request, path: str) -> str:
    """The full URL of *path* in the version of the API that was called."""
    path = f"/{version_of(request)}{path}"
    if dialect_of(request).policy.location == "internal":
        return LEAKED_HOST + LEAKED + path
    host = request.headers.get("host")  # cheaper than Request.url
    netloc = host if host is not None and HOST.fullmatch(host) else request.url.netloc
    return f"{request.scope['scheme']}://{netloc}{BASE}{path}"
