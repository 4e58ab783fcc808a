"""Applications: the API users of partners, their credentials and their streams (P§2.5, 6.1)."""

import hashlib
import hmac
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from operator_emulator.core.partners.model import ApiUsage, Application, PartnerCaller
from operator_emulator.core.partners.partners import visible_partners
from operator_emulator.core.world.errors import Malformed, UnknownUser, WrongPassword
from operator_emulator.core.world.model import EventType, Subscription, Way
from operator_emulator.core.world.world import World

# The four types of stream, each with the events that it carries (P§5.1).
STREAMS: Final[Mapping[str, tuple[EventType, ...]]] = MappingProxyType(
    {
        "simaction.v1": (EventType.SIM_ACTION_DONE, EventType.SIM_TRANSFER_NOTICE),
        "profilenotification.v1": (EventType.PROFILE_NOTICE,),
        "poollimitnotification.v1": (EventType.POOL_LIMIT_NOTICE,),
        "costlimitnotification.v1": (EventType.COST_LIMIT_NOTICE,),
    }
)
MOST_ADDRESSES: Final = 10  # of a whitelist (P§2.5)
ENVIRONMENT: Final = "prod"  # assumed, for the hash of a subscription id (P§6.1)


def logins(world: World) -> list[tuple[str, str, str]]:
    """The applications that may get tokens: (name of the partner, client id, secret), by partner."""
    return [
        (partner.name, application.client_id, application.client_secret)
        for partner in world.partners.find()
        for application in world.applications.find(partner=partner.id)
    ]


def authenticate(world: World, client_id: str, secret: str) -> Application:
    """The application with these credentials. Raises UnknownUser or WrongPassword."""
    application = world.applications.get(client_id)
    if application is None:
        raise UnknownUser(client_id)
    if not hmac.compare_digest(application.client_secret.encode(), secret.encode()):
        raise WrongPassword(client_id)
    return application


def enter(world: World, client_id: str, partner: str | None = None, method: str = "") -> PartnerCaller:
    """The caller that a verified token names. A call of *method* for *partner* is counted (P§3.2, Get API Usage).

    The tokens of a removed application stay valid until they expire (P§2.5) but give access to nothing: UnknownUser.
    """
    application = world.applications.get(client_id)
    if application is None:
        raise UnknownUser(client_id)
    if partner is not None and partner in visible_partners(world, application.partner, application.subunits):
        key = f"{partner} {world.now:%Y-%m} {method}"
        usage = world.api_usage.get(key) or ApiUsage(id=key, partner=partner, method=method)
        world.api_usage.put(replace(usage, calls=usage.calls + 1))
    return PartnerCaller(
        application.client_id,
        application.partner,
        application.read_only,
        application.subunits,
        ip_whitelist=application.ip_whitelist,
    )


def add_application(world: World, application: Application) -> Application:
    """Register an application with its four streams, which carry what happens from now on (P§6.5).

    Raises Malformed for an unknown partner or subunit.
    """
    if len(application.ip_whitelist) > MOST_ADDRESSES:
        raise Malformed("ip_whitelist", f"must have at most {MOST_ADDRESSES} addresses")
    if world.partners.get(application.partner) is None:
        raise Malformed("partner", f"{application.partner} is unknown")
    for subunit in application.subunits:
        row = world.partners.get(subunit)
        if row is None or row.parent != application.partner:
            raise Malformed("subunits", f"{subunit} is not a subunit of {application.partner}")
    world.applications.put(application)
    for about, wants in STREAMS.items():
        world.subscriptions.put(
            Subscription(
                id=stream_id(about, application.client_id),
                organisation=None,
                way=Way.STREAM,
                wants=wants,
                partner=application.partner,
                client_id=application.client_id,
                covers=visible_partners(world, application.partner, application.subunits),
                about=about,
            )
        )
    return application


def remove_application(world: World, client_id: str) -> None:
    """Remove an application. Its credentials stop working at once, and its streams end. Raises UnknownUser."""
    if world.applications.get(client_id) is None:
        raise UnknownUser(client_id)
    world.applications.delete(client_id)
    for about in STREAMS:
        world.subscriptions.delete(stream_id(about, client_id))


def stream_id(about: str, client_id: str) -> str:
    """The id of a stream: 40 hex digits, the SHA-1 of environment, event type and client (P§6.1)."""
    text = f"{ENVIRONMENT}--{about}--{client_id}"
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
