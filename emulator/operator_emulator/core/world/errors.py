"""The refusals: every way in which the world says no.

    Refusal
    ├── Malformed ── WrongSim          the input cannot be read
    ├── NotKnown                       401: who is asking?
    │   ├── MissingCredentials  UnknownUser  WrongPassword       at the token endpoint
    │   └── MissingToken  InvalidToken  ExpiredToken             everywhere else
    ├── NotAllowed                     403
    │   ├── NoApiAccess  ForeignSim
    │   └── ReadOnly  ForeignPartner  NotBooked  WrongSide  ForeignStream  TooManySims      the portal's
    ├── NotFound                       404
    │   ├── UnknownApplication  UnknownAction  UnknownTransfer  UnknownSim ── UnknownIdentifier
    │   ├── UnknownSms  UnknownOrder  UnknownProduct  UnknownOrganisation  NoQuota
    │   └── UnknownFault  UnknownCallback  UnknownSnapshot  UnknownDataStream        the tester's
    ├── NotPossible                    the state of things forbids it
    │   ├── SimExpired  SimDisabled  QuotaExhausted  LimitReached  PaymentMethodInvalid  TransferForbidden
    │   ├── LostAtNetwork
    │   ├── ActionRefused  TransferAction  NotPending  TransferDecided                      the portal's
    │   └── NothingOwed  CallbackUnderWay  AlreadyRegistered  PartnersSim  StreamNotInState  TooManyStreams
    └── Busy ── AdvanceEnded           two hands on the clock                               the tester's

A refusal carries values, never a sentence or a status: the two APIs, and their editions, say the same no
differently. Each surface has one table for it, its ``errors.py``.
"""

from dataclasses import dataclass

from operator_emulator.core.network.model import AttachFailure, DeliveryFailure
from operator_emulator.core.partners.action_model import Failure


class Refusal(Exception):
    """The world says no."""


@dataclass(eq=False)
class Malformed(Refusal):
    """*field* cannot be taken; *problem* says why, as a phrase that follows the field's name."""

    field: str
    problem: str

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}" if self.field else self.problem


@dataclass(eq=False)
class WrongSim(Malformed):
    """A SIM transfer names a SIM that cannot be identified."""

    failure: Failure


class NotKnown(Refusal):
    pass


@dataclass(eq=False)
class MissingCredentials(NotKnown):
    """The Basic header lacks 'username', 'password' or both (D§2.5)."""

    missing: tuple[str, ...]


@dataclass(eq=False)
class UnknownUser(NotKnown):
    username: str


@dataclass(eq=False)
class WrongPassword(NotKnown):
    username: str


class MissingToken(NotKnown):
    pass


@dataclass(eq=False)
class InvalidToken(NotKnown):
    token: str


@dataclass(eq=False)
class ExpiredToken(NotKnown):
    token: str


class NotAllowed(Refusal):
    pass


@dataclass(eq=False)
class ReadOnly(NotAllowed):
    """The application may look but not change (P§2.5)."""

    client_id: str


@dataclass(eq=False)
class ForeignPartner(NotAllowed):
    """Unknown, or none of the caller's: the portal does not say which (P§2.5)."""

    partner: str


@dataclass(eq=False)
class NotBooked(NotAllowed):
    """An optional service that the partner has not booked (P§1)."""

    service: str


@dataclass(eq=False)
class WrongSide(NotAllowed):
    """Only the receiver accepts or rejects a transfer, only the sender cancels it (P§4.5)."""

    decision: str


@dataclass(eq=False)
class ForeignStream(NotAllowed):
    """A subscription that is unknown or of another application (P§6.1)."""

    subscription: str


@dataclass(eq=False)
class TooManySims(NotAllowed):
    """More SIMs than a customer of the portal may ask about in six minutes or an hour (P§7); *kind* names the class."""

    kind: str


@dataclass(eq=False)
class NoApiAccess(NotAllowed):
    """The user's role has no API access (D§2.1)."""

    username: str


@dataclass(eq=False)
class ForeignSim(NotAllowed):
    """An order names a SIM of another organisation (D§12.2). Everywhere else such a SIM is an unknown one."""

    iccid: str


class NotFound(Refusal):
    pass


@dataclass(eq=False)
class UnknownSim(NotFound):
    iccid: str


@dataclass(eq=False)
class UnknownIdentifier(UnknownSim):
    """No SIM has it, where *kind* says what it is: iccid, euiccid, imsi, imei or msisdn. It stands in ``iccid``."""

    kind: str = "iccid"


@dataclass(eq=False)
class UnknownSms(NotFound):
    id: str


@dataclass(eq=False)
class UnknownOrder(NotFound):
    number: str


@dataclass(eq=False)
class UnknownProduct(NotFound):
    id: int


@dataclass(eq=False)
class UnknownOrganisation(NotFound):
    id: int


@dataclass(eq=False)
class NoQuota(NotFound):
    """The SIM has no such quota, having never been activated (D§8.4)."""

    iccid: str
    service: str


@dataclass(eq=False)
class UnknownApplication(NotFound):
    client_id: str


@dataclass(eq=False)
class UnknownAction(NotFound):
    signup: str


@dataclass(eq=False)
class UnknownTransfer(NotFound):
    transaction: str


@dataclass(eq=False)
class UnknownFault(NotFound):
    id: int


@dataclass(eq=False)
class UnknownCallback(NotFound):
    id: int


@dataclass(eq=False)
class UnknownDataStream(NotFound):
    id: int


@dataclass(eq=False)
class UnknownSnapshot(NotFound):
    name: str


class NotPossible(Refusal):
    pass


@dataclass(eq=False)
class SimExpired(NotPossible):
    """The SIMs have reached the end of their life; only an extension is allowed (D§3.2)."""

    iccids: tuple[str, ...]


@dataclass(eq=False)
class SimDisabled(NotPossible):
    """The customer has disabled the SIM, so nothing reaches its device (V§4.1)."""

    iccid: str


@dataclass(eq=False)
class QuotaExhausted(NotPossible):
    iccid: str
    service: str


@dataclass(eq=False)
class LimitReached(NotPossible):
    """The monthly limit that the organisation set itself (D§9.6)."""

    iccid: str
    service: str
    limit: int


@dataclass(eq=False)
class PaymentMethodInvalid(NotPossible):
    method: str


@dataclass(eq=False)
class TransferForbidden(NotPossible):
    source: int
    target: int


@dataclass(eq=False)
class LostAtNetwork(NotPossible):
    """A message from a device never reached the operator; *cause* says why.

    The only refusal that verbs return instead of raising it: the device did try, and the event that the operator
    writes about it must stay.
    """

    iccid: str
    cause: DeliveryFailure | AttachFailure


@dataclass(eq=False)
class ActionRefused(NotPossible):
    """An action on one SIM is refused at once; *iccid* if the answer names it."""

    failure: Failure
    iccid: str = ""


@dataclass(eq=False)
class TransferAction(NotPossible):
    """The action is a SIM transfer, which is cancelled in another way."""

    signup: str


@dataclass(eq=False)
class NotPending(NotPossible):
    """The action has begun or is over."""

    signup: str
    status: str


@dataclass(eq=False)
class TransferDecided(NotPossible):
    """The SIM transfer is no longer pending."""

    transaction: str
    status: str


@dataclass(eq=False)
class AlreadyRegistered(NotPossible):
    """There is an application with this client id."""

    client_id: str


@dataclass(eq=False)
class PartnersSim(NotPossible):
    """The SIM is a partner's alone: no organisation could do this to it."""

    iccid: str


@dataclass(eq=False)
class StreamNotInState(NotPossible):
    """Only a data stream in the state *needed* can do what was asked for."""

    id: int
    state: str
    needed: str


@dataclass(eq=False)
class TooManyStreams(NotPossible):
    """The organisation has all the data streams that it may have."""

    organisation: int
    most: int


@dataclass(eq=False)
class NothingOwed(NotPossible):
    """A callback that the customer has taken already is not sent again."""

    callback: int


@dataclass(eq=False)
class CallbackUnderWay(NotPossible):
    """A callback that is being sent right now is not sent a second time beside it."""

    callback: int


class Busy(Refusal):
    """Somebody else is moving the clock."""


@dataclass(eq=False)
class AdvanceEnded(Busy):
    """An advance ended early, because the world was replaced; *by* says by what."""

    by: str
