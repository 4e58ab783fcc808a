"""Tokens: issued, handed out again, expired (D§2.4)."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulator.core import access
from emulator.core.errors import ExpiredToken, InvalidToken, UnknownUser, WrongPassword
from emulator.core.model import Caller, Clock, Origin, Role, User
from emulator.core.policy import Policy
from emulator.core.world import World
from emulator.store import open_store

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def mint(number: int, user: User, issued: datetime, expires: datetime) -> str:
    return f"{number} {user.username} {issued:%H:%M:%S} {expires:%H:%M:%S}"


class Gate:
    """A world with two users, where real time is virtual time and stands until it is moved."""

    def __init__(self, policy: Policy) -> None:
        self.now = BEGAN
        self.store = open_store(None, policy)
        asyncio.run(self.store.begin_again(BEGAN, self._plant))

    def _plant(self, world: World) -> None:
        world.clocks.put(Clock(BEGAN, BEGAN))
        world.origins.put(Origin(1, BEGAN))
        world.users.put(User(username="demo", password="geheim ü", organisation=4321))
        world.users.put(User(username="viewer", password="x", organisation=4321, role=Role.PORTAL))

    def do(self, verb: Callable[..., Any], *given: Any) -> Any:
        return asyncio.run(self.store.write(self.now, verb, *given))

    def token(self, username: str = "demo", password: str = "geheim ü") -> tuple[str, int]:
        issued: tuple[str, int] = self.do(access.issue_token, username, password, mint)
        return issued

    def caller(self, text: str) -> Caller:
        caller: Caller = self.do(access.caller_of, text)
        return caller


MakeGate = Callable[..., Gate]


@pytest.fixture
def make_gate() -> Iterator[MakeGate]:
    """Make a gate with some choices of policy: ``make_gate(token_ttl=60)``."""
    gates: list[Gate] = []

    def make(**choices: Any) -> Gate:
        gates.append(Gate(replace(Policy(), **choices)))
        return gates[-1]

    yield make
    for gate in gates:
        gate.store.close()


@pytest.fixture
def gate(make_gate: MakeGate) -> Gate:
    return make_gate()


def test_trap_8_a_live_token_is_handed_out_again_with_what_is_left(gate: Gate) -> None:
    """The same text, made again; expires_in shrinks and 240 minutes are not the lifetime."""
    text, seconds = gate.token()
    assert seconds == 3600
    gate.now += timedelta(seconds=40.5)
    assert gate.token() == (text, 3559)


def test_a_token_that_has_not_a_second_left_is_not_handed_out_again(gate: Gate) -> None:
    """Nobody gets a token with expires_in 0; the dying one stays good to its end."""
    old, _ = gate.token()
    gate.now += timedelta(seconds=3599.5)
    new, seconds = gate.token()
    assert new != old
    assert seconds == 3600
    assert gate.caller(old) == gate.caller(new)


def test_fresh_token_each_time_leaves_older_ones_alive(make_gate: MakeGate) -> None:
    """C2, the other setting: as since October 2021."""
    gate = make_gate(fresh_token_each_time=True)
    (first, _), (second, _) = gate.token(), gate.token()
    assert first != second
    assert gate.caller(first) == gate.caller(second)


def test_token_ttl_is_a_setting(make_gate: MakeGate) -> None:
    """C1: 240 minutes, for those who believe the guides."""
    gate = make_gate(token_ttl=14400)
    assert gate.token()[1] == 14400


def test_a_token_expires_by_the_virtual_clock(gate: Gate) -> None:
    """Good up to its last second, refused by name from then on."""
    text, _ = gate.token()
    gate.now += HOUR - timedelta(seconds=1)
    assert gate.caller(text) == Caller("demo", 4321, Role.API)
    gate.now += timedelta(seconds=1)
    with pytest.raises(ExpiredToken):
        gate.caller(text)


@pytest.mark.parametrize("text", ["", "garbage", "1 demo 00:00:00 01:00:01", "\ud800", "ü" * 5000])
def test_what_was_never_issued_is_invalid(gate: Gate, text: str) -> None:
    """Any text at all is looked up and not found."""
    gate.token()
    with pytest.raises(InvalidToken):
        gate.caller(text)


def test_a_token_outlives_no_user(gate: Gate) -> None:
    """When the user is gone, so is the token."""
    text, _ = gate.token()
    gate.do(lambda world: world.users.delete("demo"))
    with pytest.raises(InvalidToken):
        gate.caller(text)


def test_users_are_known_by_name_and_password(gate: Gate) -> None:
    """Each failure has its own name; surfaces word them."""
    with pytest.raises(UnknownUser):
        gate.token("nobody", "geheim ü")
    with pytest.raises(WrongPassword):
        gate.token("demo", "geheim")


def test_a_portal_user_gets_a_token_and_keeps_the_role(gate: Gate, make_gate: MakeGate) -> None:
    """D§3.2: the role is refused at the resource. With login_roles=any nobody is (C19)."""
    text, _ = gate.token("viewer", "x")
    assert gate.caller(text).role is Role.PORTAL
    open_gate = make_gate(login_roles="any")
    text, _ = open_gate.token("viewer", "x")
    assert open_gate.caller(text).role is Role.API
