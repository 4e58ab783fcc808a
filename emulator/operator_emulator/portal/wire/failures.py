"""Why a SIM of an action fails, in words. All of them are assumed (P§4.3)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from operator_emulator.core.partners.action_model import Failure, Reason
from operator_emulator.core.partners.partners import IDENTIFIERS

SENTENCES: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.UNKNOWN_SIM: "No SIM found for {kind} {value}.",
        Reason.SEVERAL_SIMS: "{kind} {value} matches several SIMs.",
        Reason.HELD: "{sim} is held by action {value}.",
        Reason.RELEASED: "{sim} is not held any more.",
        Reason.WRONG_STATE: "{sim} is {value}.",
        Reason.NOT_RESTRICTED: "{sim} is not restricted.",
        Reason.APN_NOT_RESTRICTED: "APN {value} is not restricted.",
        Reason.OPTION_BOOKED: "Option {value} is already booked.",
        Reason.OPTION_NOT_BOOKED: "Option {value} is not booked.",
        Reason.UNKNOWN_PROFILE: "There is no {kind} profile {value}.",
        Reason.NO_ESIM: "{sim} is no eSIM profile.",
        Reason.NOT_BOUND: "{sim} is bound to no eUICC.",
        Reason.FRAUD_STATUS_OK: "The fraud status is OK.",
        Reason.LIMIT_STATUS_OK: "The limit status is OK.",
        Reason.LIMIT_STATUS_NO_ALARM: "The limit status is no alarm.",
        Reason.LIMIT_STATUS_NOT_OVERRIDDEN: "The limit status is not overridden.",
        Reason.IN_WORDS: "{value}",
    }
)


def sentence(failure: Failure, iccid: str = "") -> str:
    """The sentence, which names the SIM if *iccid* is given."""
    kind = IDENTIFIERS.get(failure.kind, failure.kind)
    return SENTENCES[failure.reason].format(kind=kind, value=failure.value, sim=f"SIM {iccid}" if iccid else "SIM")
