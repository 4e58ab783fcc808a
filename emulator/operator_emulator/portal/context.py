"""What the endpoints of this surface share: descriptions, policy, signing key and addresses."""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from operator_emulator.core.partners.model import PartnerCaller
from operator_emulator.core.world.policy import Policy
from operator_emulator.portal.keys import Signer
from operator_emulator.web.context import context_of
from operator_emulator.web.openapi import Document

BASE: Final = "/iot/connectivity/management/v1"
REALM: Final = "/auth/realms/default"
STREAMS: Final = "/horizon/sse/v1"
LEAKED: Final = "http://172.19.14.203:8083/v1"  # the vendor's test host in the published events (P§1)


@dataclass(frozen=True, slots=True)
class Portal:
    document: Document
    events: Document
    policy: Policy
    signer: Signer


def portal_of(request: Request) -> Portal:
    portal: Portal = context_of(request).surface
    return portal


def caller_of(request: Request) -> PartnerCaller:
    """The application that is calling; only behind the gateway."""
    caller = context_of(request).caller
    assert isinstance(caller, PartnerCaller)
    return caller


def origin_of(request: Request) -> str:
    """The origin of this server, as the client knows it."""
    return f"{request.url.scheme}://{request.url.netloc}"


def issuer_of(request: Request) -> str:
    return origin_of(request) + REALM


def base_of(request: Request) -> str:
    """The base of links in answers and events: this server, or the unreachable host of the published events (P§5.3)."""
    return LEAKED if portal_of(request).policy.internal_links else origin_of(request) + BASE
