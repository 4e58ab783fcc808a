"""The hosts that the emulator answers for, and the addresses where it does."""

from dataclasses import dataclass
from typing import Final

# The APIs of the editions, as docs/settings.md lists them, and the service portal.
OPERATORS: Final = (
    "api.1nce.com",
    "api-business-portal-smart-connect.telekom.de",
    "api-easyconnect.iot.t-mobile.nl",
    "sg-api.telekom.de",
)
OWN: Final = ("localhost", "host.docker.internal")
OWN_ADDRESSES: Final = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Addresses:
    """URLs of a running emulator; *https* and *proxy* are None if it has no such port."""

    http: str
    https: str | None = None
    proxy: str | None = None
