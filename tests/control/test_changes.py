"""The stream of changes: what it tells, how it is resumed, and when it says that something was lost."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from operator_emulator.settings import Settings
from operator_emulator.store import feed
from tests.conftest import FIXTURE, OFFLINE, Customer
from tests.direct import Direct, Message, scope

SIM = f"/_emulator/sims/{OFFLINE}/device"


class Follower:
    """One connection to the stream; ``heard`` are its events."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[tuple[str, str, Any]] = asyncio.Queue()
        self._rest = b""

    async def take(self, message: Message) -> None:
        self._rest += message.get("body", b"")
        while b"\n\n" in self._rest:
            frame, self._rest = self._rest.split(b"\n\n", 1)
            fields = dict(line.split(": ", 1) for line in frame.decode().split("\n") if ": " in line)
            if "event" in fields:
                self.heard.put_nowait((fields["id"], fields["event"], json.loads(fields["data"])))

    async def next(self) -> tuple[str, str, Any]:
        async with asyncio.timeout(20):
            return await self.heard.get()


@asynccontextmanager
async def following(direct: Direct, after: str = "") -> AsyncIterator[Follower]:
    headers = [(b"last-event-id", after.encode())] if after else []
    follower, gone = Follower(), asyncio.Event()
    asked = False

    async def receive() -> Message:
        nonlocal asked
        if asked:
            await gone.wait()
            return {"type": "http.disconnect"}
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    request = scope("GET", "/_emulator/changes", headers, b"", None, None)
    running = asyncio.ensure_future(direct.app(request, receive, follower.take))
    try:
        yield follower
    finally:
        gone.set()
        await running


@pytest.fixture
def direct(tmp_path: Path) -> Any:
    path = tmp_path / "fixture.yaml"
    path.write_text(FIXTURE, encoding="utf-8")
    with Direct(Settings(fixture=path, clock="manual", raise_violations=True), Customer()) as direct:
        yield direct


async def attach(direct: Direct, status: str = "ATTACHED") -> None:
    [answer] = await direct.exchange_all(("POST", SIM, {"status": status}))
    assert answer.status == 200


def test_a_change_names_tables_and_keys(direct: Direct) -> None:
    """A device that attaches changes its SIM, and writes events."""

    async def story() -> None:
        async with following(direct) as follower:
            assert (await follower.next())[1:] == ("change", {})
            await attach(direct)
            _, event, data = await follower.next()
            assert (event, data["sims"]) == ("change", [OFFLINE])
            assert data["events"]

    direct.run(story)


def test_a_follower_resumes_after_the_last_event_that_it_had(direct: Direct) -> None:
    """What happened while it was away comes first."""

    async def story() -> None:
        async with following(direct) as follower:
            last, _, _ = await follower.next()
        await attach(direct)
        async with following(direct, last) as follower:
            _, event, data = await follower.next()
            assert (event, data["sims"]) == ("change", [OFFLINE])

    direct.run(story)


def test_a_reset_is_reported_as_lost(direct: Direct) -> None:
    """The world is another one: everything must be read again."""

    async def story() -> None:
        async with following(direct) as follower:
            last, _, _ = await follower.next()
            await direct.exchange_all(("POST", "/_emulator/reset", None))
            assert (await follower.next())[1] == "lost"
        async with following(direct, last) as follower:
            assert (await follower.next())[1] == "lost"

    direct.run(story)


@pytest.mark.parametrize("after", ["1-9999999", "x", "1-x", "-", "1-" + "9" * 40])
def test_an_unknown_last_event_id_is_reported_as_lost(direct: Direct, after: str) -> None:
    """Neither an error nor silence."""

    async def story() -> None:
        async with following(direct, after) as follower:
            assert (await follower.next())[1] == "lost"

    direct.run(story)


def test_exchanges_of_the_operators_apis_are_reported(direct: Direct) -> None:
    """By the id of the newest."""

    async def story() -> None:
        async with following(direct) as follower:
            await follower.next()
            await direct.exchange_all(("GET", "/management-api/v1/sims", None))
            assert (await follower.next())[1:] == ("exchange", {"last": 1})

    direct.run(story)


def test_nothing_is_noted_until_somebody_follows_and_too_much_is_not_kept() -> None:
    """A feed is idle at first; after as many changes as it keeps without a follower it is idle again."""
    changes = feed.Feed()
    changes.follow()
    changes.note("sims", "1")
    changes.commit()
    assert changes.since(0) == {"sims": {"1"}}
    changes.leave()
    for number in range(feed.KEPT + 1):
        assert changes.active
        changes.note("sims", str(number))
        changes.commit()
    assert not changes.active
    assert changes.since(0) is None


def test_many_changed_keys_are_reported_as_all() -> None:
    """Up to 500 are named, in order."""
    assert feed.shown({"sims": set(map(str, range(501))), "sms": {2, 1}}) == {"sims": True, "sms": [1, 2]}
