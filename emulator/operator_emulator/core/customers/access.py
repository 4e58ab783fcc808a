"""Users and their access tokens (D§2).

Only the digest of a token is stored. The surface provides a pure function that derives the text from the token's
number, user and dates, so a live token can be issued again.
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
"""(number, user, issued, expires) -> text. Equal arguments give equal texts."""


def issue_token(world: World, username: str, password: str, mint: Mint) -> tuple[str, int]:
    """An access token for a user, and its remaining life in whole seconds.

    The newest live token is issued again unless the policy wants a fresh one each time (D§2.4, C2). A user without API
    access gets a token that is refused everywhere (D§3.2). Raises UnknownUser and WrongPassword.
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


def organisation_of(world: World, username: str) -> int | None:
    """The organisation of a user; None if there is no such user."""
    user = world.users.get(username)
    return None if user is None else user.organisation


def newest_token(world: World, username: str) -> Token | None:
    newest = world.tokens.find(username=username, order="-number", limit=1)
    return newest[0] if newest else None


def seconds_left(expires: datetime, now: datetime) -> int:
    return int((expires - now).total_seconds())


def caller_of(world: World, text: str) -> Caller:
    """The user of a token. Raises InvalidToken, also if the user was removed, and ExpiredToken by the virtual clock.

    A token is expired from the instant of its expiry on.
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
    """The logins of the API: (name of the organisation, user name, password), by organisation."""
    return [
        (organisation.name or str(organisation.id), user.username, user.password)
        for organisation in world.organisations.find()
        for user in world.users.find(organisation=organisation.id)
        if user.role is Role.API or world.policy.login_roles == "any"
    ]


def end_token(world: World, text: str, *, expired: bool = False) -> None:
    """Revoke a token, or expire it now. An unknown token is ignored."""
    token = world.tokens.get(digest(text))
    if token is None:
        return
    if expired:
        world.tokens.put(replace(token, expires=world.now))
    else:
        world.tokens.delete(token.digest)


def digest(text: str) -> str:
    """The digest under which a token is stored. A text with lone surrogates is merely an unknown token."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
