"""Addresses in answers: ours, or the internal ones that the operator's proxy leaks (D§1, 9.2)."""

from typing import Final

from starlette.requests import Request

from emulator.management.editions import dialect_of

BASE: Final = "/management-api"
LEAKED: Final = "/internal-global-api"
LEAKED_HOST: Final = "https://bss-global.api.1nce.com"


def address_of(request: Request, path: str) -> str:
    """The full address of *path*, which begins with /v1."""
    if dialect_of(request).policy.location == "internal":
        return LEAKED_HOST + LEAKED + path
    url = request.url
    return f"{url.scheme}://{url.netloc}{BASE}{path}"
