"""Tokens: issued, handed out again, expired (D§2.4)."""

from datetime import datetime

import pytest

from operator_emulator.core.customers import access
from operator_emulator.core.customers.model import Caller, Role, User
from operator_emulator.core.world.errors import ExpiredToken, InvalidToken, UnknownUser, WrongPassword
from operator_emulator.core.world.world import World
from tests.core.conftest import MASTER, CoreWorld, MakeLaboratory

PASSWORD = "geheim ü"


def mint(number: int, user: User, issued: datetime, expires: datetime) -> str:
    return f"{number} {user.username} {issued:%H:%M:%S} {expires:%H:%M:%S}"


def enrol(world: World) -> None:
    world.users.put(User(username="demo", password=PASSWORD, organisation=MASTER))
    world.users.put(User(username="viewer", password="x", organisation=MASTER, role=Role.PORTAL))


def token(laboratory: CoreWorld, username: str = "demo", password: str = PASSWORD) -> tuple[str, int]:
    laboratory.do(enrol)
    return laboratory.do(access.issue_token, username, password, mint)


def caller(laboratory: CoreWorld, text: str) -> Caller:
    return laboratory.look(access.caller_of, text)


def test_logins_are_those_that_open_the_api(make_laboratory: MakeLaboratory) -> None:
    """Portal users are among them where login_roles lets them in."""
    for login_roles, users in (("api", ["demo"]), ("any", ["demo", "viewer"])):
        laboratory = make_laboratory(login_roles=login_roles)
        laboratory.do(enrol)
        assert [user for _, user, _ in laboratory.look(access.logins)] == users


def test_a_live_token_is_handed_out_again_with_what_is_left(laboratory: CoreWorld) -> None:
    """The same text, made again; expires_in shrinks and 240 minutes are not the lifetime."""
    text, seconds = token(laboratory)
    assert seconds == 3600
    laboratory.advance(40.5)
    assert token(laboratory) == (text, 3559)


def test_a_token_that_has_not_a_second_left_is_not_handed_out_again(laboratory: CoreWorld) -> None:
    """Nobody gets a token with expires_in 0; the dying one stays good to its end."""
    old, _ = token(laboratory)
    laboratory.advance(3599.5)
    new, seconds = token(laboratory)
    assert (new != old, seconds) == (True, 3600)
    assert caller(laboratory, old) == caller(laboratory, new)


def test_fresh_token_each_time_leaves_older_ones_alive(make_laboratory: MakeLaboratory) -> None:
    """C2, the other setting: as since October 2021."""
    laboratory = make_laboratory(fresh_token_each_time=True)
    (first, _), (second, _) = token(laboratory), token(laboratory)
    assert first != second
    assert caller(laboratory, first) == caller(laboratory, second)


def test_token_ttl_is_a_setting(make_laboratory: MakeLaboratory) -> None:
    """C1: 240 minutes, for those who believe the guides."""
    assert token(make_laboratory(token_ttl=14400))[1] == 14400


def test_a_token_expires_by_the_virtual_clock(laboratory: CoreWorld) -> None:
    """Good up to its last second, refused by name from then on."""
    text, _ = token(laboratory)
    laboratory.advance(3599)
    assert caller(laboratory, text) == Caller("demo", MASTER, Role.API)
    laboratory.advance(1)
    with pytest.raises(ExpiredToken):
        caller(laboratory, text)


@pytest.mark.parametrize("text", ["", "garbage", "1 demo 12:00:00 13:00:01", "\ud800", "ü" * 5000])
def test_a_token_that_was_never_issued_is_invalid(laboratory: CoreWorld, text: str) -> None:
    """Any text at all is looked up and not found."""
    token(laboratory)
    with pytest.raises(InvalidToken):
        caller(laboratory, text)


def test_a_token_outlives_no_user(laboratory: CoreWorld) -> None:
    """When the user is gone, so is the token."""
    text, _ = token(laboratory)
    laboratory.do(lambda world: world.users.delete("demo"))
    with pytest.raises(InvalidToken):
        caller(laboratory, text)


def test_users_are_known_by_name_and_password(laboratory: CoreWorld) -> None:
    """Each failure has its own name; surfaces word them."""
    with pytest.raises(UnknownUser):
        token(laboratory, "nobody")
    with pytest.raises(WrongPassword):
        token(laboratory, "demo", "geheim")


def test_a_portal_user_gets_a_token_and_keeps_the_role(make_laboratory: MakeLaboratory) -> None:
    """D§3.2: the role is refused at the resource. With login_roles=any nobody is (C19)."""
    closed, open_to_all = make_laboratory(), make_laboratory(login_roles="any")
    assert caller(closed, token(closed, "viewer", "x")[0]).role is Role.PORTAL
    assert caller(open_to_all, token(open_to_all, "viewer", "x")[0]).role is Role.API


def test_a_token_can_be_ended(laboratory: CoreWorld) -> None:
    """Expired now, or revoked for good; an unknown one is fine."""
    text, _ = token(laboratory)
    laboratory.do(access.end_token, text, expired=True)
    with pytest.raises(ExpiredToken):
        caller(laboratory, text)
    laboratory.do(access.end_token, text)
    with pytest.raises(InvalidToken):
        caller(laboratory, text)
    laboratory.do(access.end_token, text)
