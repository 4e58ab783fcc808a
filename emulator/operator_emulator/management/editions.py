"""Editions: the differences between the operators' versions of this API (D§16), in one table.

Everything else is common to them. ``policy`` changes defaults of ``core.world.policy.Policy``; a fixture's settings
and ``--set`` override it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, Literal

from operator_emulator.core.world.policy import Policy

# The headers of every answer (D§3.3), without cookies and those of the server itself.
SECURITY_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-xss-protection", b"1; mode=block"),
    (b"cache-control", b"no-cache, no-store, max-age=0, must-revalidate"),
    (b"pragma", b"no-cache"),
    (b"expires", b"0"),
    (b"strict-transport-security", b"max-age=31536000"),
    (b"x-frame-options", b"DENY"),
)

LIMITS: Final = frozenset({"/v1/sims/limits", "/v1/sims/{service}/limits"})
# Routes that the guides of 2019 do not list (D§7).
AFTER_2019: Final = LIMITS | {
    "/v1/sims/{iccid}/status",
    "/v1/sims/autoTopup",
    "/v1/sims/simTransfer",
    "/v1/sims/extension",
    "/v1/support",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The API of one operator at one time."""

    name: str
    title: str
    smsc: str  # its number, the default destination of MO messages
    spring_oauth: bool = False  # tokens and errors of Spring Security OAuth (D§2.3, 2.5, 3.1)
    token_head_start: int = 0  # seconds by which a new token's ``expires_in`` is short: 3599 or 3600
    without: frozenset[str] = frozenset()  # paths that are answered with 404
    second_version: bool = False  # has /v2 beside /v1 (V§1)
    sim_luhn: bool = True  # iccid_with_luhn
    sim_imsis: bool = True  # imsi_2 and current_imsi
    sim_sms_quota: bool = True  # current_quota_SMS and quota_status_SMS
    tariff_change: bool = True  # the order type of that name
    single_charges: bool = False  # charges of a product are an object, not a list (D§13)
    cancel_unknown_sms: Literal[200, 404] = 404  # DELETE of an unknown id (D§9.5)
    callback_ids: type[int] | type[str] = int  # type of numbers in callbacks (D§10.2)
    rat_in_events: bool = True  # the RAT in the sentence of a location update (D§11.2)
    headers: tuple[tuple[bytes, bytes], ...] = SECURITY_HEADERS
    policy: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


NOW: Final = Edition(name="1nce", title="1NCE", smsc="882285000016868", second_version=True)

IN_2019: Final = Edition(
    name="1nce-2019",
    title="1NCE (2019)",
    smsc="882285000016868",
    spring_oauth=True,
    token_head_start=1,
    without=AFTER_2019,
    sim_luhn=False,
    sim_imsis=False,
    sim_sms_quota=False,
    tariff_change=False,
    single_charges=True,
    cancel_unknown_sms=200,
    callback_ids=str,
    rat_in_events=False,
    policy=MappingProxyType({"unknown_sim": "empty", "retention": None, "platform_2_since": None}),
)

BUSINESS_SMART_CONNECT: Final = replace(
    IN_2019, name="bsc-2019", title="Business Smart Connect (2019)", smsc="882285000016860"
)

EASY_CONNECT: Final = replace(
    IN_2019,
    name="easyconnect",
    title="IoT Easy Connect",
    smsc="882285000016860",
    without=AFTER_2019 - LIMITS,
    sim_imsis=True,
    sim_sms_quota=True,
    single_charges=False,
    policy=MappingProxyType({"unknown_sim": "empty", "platform_2_since": None}),
)

EDITIONS: Final[Mapping[str, Edition]] = MappingProxyType(
    {edition.name: edition for edition in (NOW, IN_2019, BUSINESS_SMART_CONNECT, EASY_CONNECT)}
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """An edition and the policy in force."""

    edition: Edition
    policy: Policy
