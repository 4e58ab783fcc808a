"""The table of paths, each with its evidence; no other module of this surface knows a path (P§3).

Evidence speaks of method and path; the names of methods are all published. Where a path is an assumption, this is the
place to correct it once the operator's own description turns up, together with ``specs/portal.yaml``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from operator_emulator.core.partners.action_model import ActionKind
from operator_emulator.portal import actions, auth, sims, stream
from operator_emulator.web.openapi import Document, Endpoint, Operation, Route


class Evidence(StrEnum):
    PUBLISHED = "published"
    PATTERN = "published pattern, assumed segment"  # /sims/actions/* and /sims/{iccid}/*
    GATEWAY = "gateway source"
    EQUIVALENT = "equivalent product"
    ASSUMED = "assumption"


@dataclass(frozen=True, slots=True)
class Path:
    """A method of the API: its path, the operator's name for it, and the evidence for the path."""

    method: str
    path: str
    endpoint: Endpoint
    name: str
    evidence: Evidence


PARTNER: Final = "/partners/{partnerID}"
SIMS: Final = PARTNER + "/sims"
SIM: Final = SIMS + "/{iccid}"
ACTIONS: Final = SIMS + "/actions"
TRANSFERS: Final = ACTIONS + "/simtransfer"

P, T, A = Evidence.PUBLISHED, Evidence.PATTERN, Evidence.ASSUMED

# The last segment of an action's path is its kind.
ACTION_NAMES: Final[dict[ActionKind, str]] = {
    ActionKind.ACTIVATION: "SIM Activation",
    ActionKind.BLOCK: "SIM Block",
    ActionKind.UNBLOCK: "SIM Unblock",
    ActionKind.SUSPEND: "SIM Suspend",
    ActionKind.UNSUSPEND: "SIM Unsuspend",
    ActionKind.RESTRICT: "SIM Restrict",
    ActionKind.UNRESTRICT: "SIM Unrestrict",
    ActionKind.TERMINATION: "SIM Termination",
    ActionKind.ENTER_PRODUCTIVE_STATE: "Enter Productive State",
    ActionKind.MOVE: "SIM Move",
    ActionKind.CHANGE_TARIFF: "SIM Change Tariff",
    ActionKind.CHANGE_OPTION: "SIM Change Option",
    ActionKind.BOOK_OPTION: "SIM Book Option",
    ActionKind.TERMINATE_OPTION: "SIM Terminate Option",
    ActionKind.MODIFY_PROFILES: "SIM Modify Profiles",
    ActionKind.MODIFY_REMARKS: "SIM Modify Remarks",
    ActionKind.BIND_EUICCID: "Bind eUICCID",
    ActionKind.RESET_FRAUD_STATUS: "Reset Fraud Status",
    ActionKind.OVERRIDE_LIMIT_STATUS: "Override Limit Status",
    ActionKind.RESET_LIMIT_STATUS: "Reset Limit Status",
    ActionKind.RESTORE_LIMIT_STATUS: "Restore Limit Status",
}

# If two paths match a request, the upper one is meant: "details" in /sims/details is no ICCID, and "simtransfer" in
# /sims/actions/simtransfer no signup id (P§11, trap 20).
RESOURCES: Final = (
    Path("GET", PARTNER, sims.show_partner, "Get Partner", P),
    Path("GET", PARTNER + "/pools/usage", sims.show_pools, "Get Current Pool Usage", A),
    Path("GET", PARTNER + "/apiusage", sims.show_api_usage, "Get API Usage", A),
    Path("POST", PARTNER + "/orders", sims.order_sims, "Create SIM Order", A),
    Path("GET", SIMS, sims.list_sims, "Get SIM List", P),
    Path("POST", SIMS + "/details", sims.show_sim, "Get SIM Details", A),
    Path("POST", SIMS + "/session", sims.show_session, "Get SIM Session", A),
    Path("POST", SIMS + "/sessionhistory", sims.show_session_history, "Get SIM Session History", A),
    Path("POST", SIMS + "/smshistory", sims.show_sms_history, "Get SMS History", A),
    Path("POST", SIMS + "/sms", sims.send_message, "Send Message", A),
    Path("POST", SIMS + "/hlr/check", sims.check_hlr, "Check SIM in HLR", A),
    Path("POST", SIMS + "/hlr/reset", sims.reset_hlr, "Reset SIM in HLR", A),
    Path("GET", ACTIONS, actions.list_actions, "Get SIM Action List", A),
    Path("POST", TRANSFERS, actions.create_transfer, "Create SIM Transfer", A),
    Path("GET", TRANSFERS + "/{transactionId}", actions.show_transfer, "Get SIM Transfer Details", P),
    Path("PATCH", TRANSFERS + "/{transactionId}", actions.update_transfer, "Update SIM Transfer", P),
    *(Path("POST", f"{ACTIONS}/{kind}", actions.starts(kind), name, T) for kind, name in ACTION_NAMES.items()),
    Path("GET", ACTIONS + "/{signupId}", actions.show_action, "Get SIM Action Status", P),
    Path("DELETE", ACTIONS + "/{signupId}", actions.cancel_action, "SIM Action Cancellation", A),
    Path("GET", SIM, sims.show_sim, "Get SIM Details", P),
    Path("GET", SIM + "/session", sims.show_session, "Get SIM Session", T),
    Path("GET", SIM + "/sessionhistory", sims.show_session_history, "Get SIM Session History", T),
    Path("GET", SIM + "/smshistory", sims.show_sms_history, "Get SMS History", T),
    Path("GET", SIM + "/sms", sims.show_sms_history, "Get SMS History", T),
    Path("POST", SIM + "/sms", sims.send_message, "Send Message", P),
    Path("POST", SIM + "/hlr/check", sims.check_hlr, "Check SIM in HLR", A),
    Path("POST", SIM + "/hlr/reset", sims.reset_hlr, "Reset SIM in HLR", A),
)

REALM: Final = "/auth/realms/default"
OPENID: Final = REALM + "/protocol/openid-connect"

ISSUER: Final = (
    Path("GET", REALM, auth.show_realm, "Realm", Evidence.EQUIVALENT),
    Path("GET", REALM + "/.well-known/openid-configuration", auth.show_configuration, "Discovery", Evidence.EQUIVALENT),
    Path("GET", OPENID + "/certs", auth.show_keys, "Keys", Evidence.GATEWAY),
    Path("POST", OPENID + "/token", auth.issue_token, "Token", Evidence.GATEWAY),
)

STREAM: Final = "/horizon/sse/v1/{eventType}/{subscriptionId}"

STREAMS: Final = (
    Path("GET", STREAM, stream.open_stream, "Event stream", Evidence.GATEWAY),
    Path("HEAD", STREAM, stream.claim_stream, "Event stream", Evidence.GATEWAY),
    Path("POST", STREAM + "/terminate", stream.terminate_stream, "Terminate", Evidence.GATEWAY),
)

NAMES: Final = {(one.method, one.path): one.name for one in RESOURCES}


def name_of(operation: Operation) -> str:
    """The operator's name for a method of the API."""
    return NAMES[operation.method, operation.path]


def bound(document: Document, paths: Iterable[Path]) -> list[Route]:
    return [document.route(one.method, one.path, one.endpoint) for one in paths]
