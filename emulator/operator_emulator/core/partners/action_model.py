"""The nouns of SIM actions and SIM transfers (P§4): kinds, steps, parameters, and reasons for failure.

Each kind of action that has parameters has a class for them; the tag in a row names the class.
"""

from datetime import datetime
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct

from operator_emulator.core.partners.model import Restriction


@unique
class ActionKind(StrEnum):
    """The path segments of ``/sims/actions/*``; all but simtransfer are assumed spellings (P§3.3)."""

    ACTIVATION = "activation"
    BLOCK = "block"
    UNBLOCK = "unblock"
    SUSPEND = "suspend"
    UNSUSPEND = "unsuspend"
    RESTRICT = "restrict"
    UNRESTRICT = "unrestrict"
    TERMINATION = "termination"
    ENTER_PRODUCTIVE_STATE = "enterproductivestate"
    MOVE = "move"
    CHANGE_TARIFF = "changetariff"
    CHANGE_OPTION = "changeoption"
    BOOK_OPTION = "bookoption"
    TERMINATE_OPTION = "terminateoption"
    MODIFY_PROFILES = "modifyprofiles"
    MODIFY_REMARKS = "modifyremarks"
    BIND_EUICCID = "bindeuiccid"
    RESET_FRAUD_STATUS = "resetfraudstatus"
    OVERRIDE_LIMIT_STATUS = "overridelimitstatus"
    RESET_LIMIT_STATUS = "resetlimitstatus"
    RESTORE_LIMIT_STATUS = "restorelimitstatus"
    SIM_TRANSFER = "simtransfer"  # unlike the others: another partner decides (sim_transfers.py)


@unique
class ActionStatus(StrEnum):
    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def final(self) -> bool:
        return self in (ActionStatus.DONE, ActionStatus.FAILED, ActionStatus.CANCELLED)


ACTION_STEPS: Final = MappingProxyType(
    {
        # Only a transfer fails without having begun: its receiver may reject it.
        ActionStatus.PENDING: frozenset({ActionStatus.IN_PROGRESS, ActionStatus.FAILED, ActionStatus.CANCELLED}),
        ActionStatus.IN_PROGRESS: frozenset({ActionStatus.DONE, ActionStatus.FAILED}),
        ActionStatus.DONE: frozenset(),
        ActionStatus.FAILED: frozenset(),
        ActionStatus.CANCELLED: frozenset(),
    }
)

# --------------------------------------------------------------------------------------------- parameters


class Parameters(Struct, frozen=True, gc=False, kw_only=True, tag=True):
    """The parameters of a request, apart from its SIMs."""


class ModifyProfiles(Parameters, frozen=True, gc=False):
    """Profile ids by kind, where None removes the profile, and static addresses by APN. The rest is kept."""

    profiles: dict[str, str | None] = {}
    static_ips: dict[str, str] = {}


class Activate(Parameters, frozen=True, gc=False):
    tariff_id: int | None = None
    productive: bool = True
    modify: ModifyProfiles = ModifyProfiles()


class Restrict(Parameters, frozen=True, gc=False):
    restriction: Restriction


class Unrestrict(Parameters, frozen=True, gc=False):
    apn: str | None = None  # None: everywhere


class Move(Parameters, frozen=True, gc=False):
    partner: str


class ChangeTariff(Parameters, frozen=True, gc=False):
    tariff_id: int


class BookOption(Parameters, frozen=True, gc=False):
    option_id: str


class ChangeOption(Parameters, frozen=True, gc=False):
    option_id: str
    attributes: dict[str, Any]


class TerminateOption(Parameters, frozen=True, gc=False):
    option_id: str


class ModifyRemarks(Parameters, frozen=True, gc=False):
    """None and the empty text remove a remark."""

    remarks: dict[str, str | None]


class BindEuiccid(Parameters, frozen=True, gc=False):
    euiccid: str | None = None  # None: release it from its eUICC


AnyParameters = (
    Activate
    | Restrict
    | Unrestrict
    | Move
    | ChangeTariff
    | BookOption
    | ChangeOption
    | TerminateOption
    | ModifyProfiles
    | ModifyRemarks
    | BindEuiccid
)

# --------------------------------------------------------------------------------------------- actions


@unique
class Reason(StrEnum):
    """Why a SIM of an action fails. The comments say which values a ``Failure`` has."""

    UNKNOWN_SIM = "unknown-sim"  # kind and value of the identifier
    SEVERAL_SIMS = "several-sims"  # kind and value of the identifier
    HELD = "held"  # value: the signup id of the action that holds it
    RELEASED = "released"
    WRONG_STATE = "wrong-state"  # value: the state of its contract
    NOT_RESTRICTED = "not-restricted"
    APN_NOT_RESTRICTED = "apn-not-restricted"  # value: the APN
    OPTION_BOOKED = "option-booked"  # value: the option's id
    OPTION_NOT_BOOKED = "option-not-booked"  # value: the option's id
    UNKNOWN_PROFILE = "unknown-profile"  # kind and value: the profile's id
    NO_ESIM = "no-esim"
    NOT_BOUND = "not-bound"
    FRAUD_STATUS_OK = "fraud-status-ok"
    LIMIT_STATUS_OK = "limit-status-ok"
    LIMIT_STATUS_NO_ALARM = "limit-status-no-alarm"
    LIMIT_STATUS_NOT_OVERRIDDEN = "limit-status-not-overridden"
    IN_WORDS = "in-words"  # value: the sentence in a file that version 0.1 wrote


class Failure(Struct, frozen=True, gc=False):
    reason: Reason
    value: str = ""
    kind: str = ""


class ActionItem(Struct, frozen=True, gc=False, kw_only=True):
    """One SIM of an action: the identifier as sent, such as {"imsi": "…"}, which SIM it is, and the result."""

    named: dict[str, str]
    iccid: str | None = None
    status: ActionStatus = ActionStatus.PENDING
    failure: Failure | None = None
    parameters: AnyParameters | None = None  # of this SIM alone, in place of the action's


class Action(Struct, frozen=True, gc=False, kw_only=True):
    """An asynchronous change of SIMs; its key is the signup id (P§4.3)."""

    id: str
    partner: str
    kind: ActionKind
    status: ActionStatus
    created: datetime
    begins: datetime
    finishes: datetime
    finished: datetime | None = None
    items: tuple[ActionItem, ...] = ()
    parameters: AnyParameters | None = None
    transfer: str | None = None  # the transaction id, if the action is a SIM transfer


# --------------------------------------------------------------------------------------------- transfers


@unique
class TransferStatus(StrEnum):
    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    COMPLETED = "COMPLETED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


TRANSFER_STEPS: Final = MappingProxyType(
    {
        TransferStatus.PENDING: frozenset({TransferStatus.ACCEPTED, TransferStatus.REJECTED, TransferStatus.CANCELLED}),
        TransferStatus.ACCEPTED: frozenset({TransferStatus.COMPLETED}),
        TransferStatus.COMPLETED: frozenset(),
        TransferStatus.REJECTED: frozenset(),
        TransferStatus.CANCELLED: frozenset(),
    }
)


@unique
class Decision(StrEnum):
    ACCEPT = "accept"
    REJECT = "reject"
    CANCEL = "cancel"


class SimTransfer(Struct, frozen=True, gc=False, kw_only=True):
    """SIMs offered by one partner to another; its key is the transaction id (P§4.5)."""

    id: str
    signup: str
    sender: str
    receiver: str
    status: TransferStatus
    iccids: tuple[str, ...]
    created: datetime
    updated: datetime
    subunit: str | None = None
    comment: str | None = None
