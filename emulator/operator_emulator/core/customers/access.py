"""Who may come in: users and their access tokens (D§2).

A token is kept by its digest. Its text is made by a pure function of its number, its user and its dates,
handed in by the surface, so that a live token can be handed out again without ever having been stored.
"""

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

from msgspec.structs import replace

from operator_emulator.core.customers.model import Caller, Role, Token, User
from operator_emulator.core.world.errors import ExpiredToken, InvalidToken, UnknownUser, WrongPassword
from operator_emulator.core.world.world import World

Mint = Callable[[int, User, datetime, datetime], str]
"""(number, user, issued, expires) -> text: the same four make the same text."""


def issue_token(world: World, username: str, password: str, mint: Mint) -> tuple[str, int]:
    """An access token for a user, and the whole seconds that it has left.

    The newest live token is handed out again, unless the policy wants a fresh one each time (D§2.4, C2).
    Raises UnknownUser and WrongPassword. A user whose role has no API access gets a token, too: it opens
    nothing (D§3.2).
    """
    user = world.users.get(username)
    if user is None:
        raise UnknownUser(username)
    if not hmac.compare_digest(user.password.encode(), password.encode()):
        raise WrongPassword(username)
    now = world.now
    token = None if world.policy.fresh_token_each_time else newest_token(world, username)
    if token is not None and seconds_left(token.expires, now) > 0:
        return mint(token.number, user, token.issued, token.expires), seconds_left(token.expires, now)
    number = world.next_id("token")
    expires = now + timedelta(seconds=world.policy.token_ttl)
    text = mint(number, user, now, expires)
    world.tokens.put(Token(digest=digest(text), number=number, username=username, issued=now, expires=expires))
    return text, seconds_left(expires, now)


def newest_token(world: World, username: str) -> Token | None:
    newest = world.tokens.find(username=username, order="-number", limit=1)
    return newest[0] if newest else None


def seconds_left(expires: datetime, now: datetime) -> int:
    return int((expires - now).total_seconds())


def caller_of(world: World, text: str) -> Caller:
    """Whose token *text* is. Raises InvalidToken, and ExpiredToken by the virtual clock.

    A token opens nothing from the instant of its expiry on, and when its user is gone.
    """
    token = world.tokens.get(digest(text))
    if token is None:
        raise InvalidToken(text)
    if token.expires <= world.now:
        raise ExpiredToken(text)
    user = world.users.get(token.username)
    if user is None:
        raise InvalidToken(text)
    anybody = world.policy.login_roles == "any"
    return Caller(user.username, user.organisation, Role.API if anybody else user.role)


def logins(world: World) -> list[tuple[str, str, str]]:
    """Who may use the API: (name of the organisation, user name, password), by organisation."""
    return [
        (organisation.name or str(organisation.id), user.username, user.password)
        for organisation in world.organisations.find()
        for user in world.users.find(organisation=organisation.id)
        if user.role is Role.API or world.policy.login_roles == "any"
    ]


def end_token(world: World, text: str, *, expired: bool = False) -> None:
    """Revoke a token, or let it expire now: its text opens nothing any more. An unknown one is fine."""
    token = world.tokens.get(digest(text))
    if token is None:
        return
    if expired:
        world.tokens.put(replace(token, expires=world.now))
    else:
        world.tokens.delete(token.digest)


def digest(text: str) -> str:
    """What is kept of a token. Lone surrogates are no reason to fail: such a text is just unknown."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
