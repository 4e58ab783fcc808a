"""Requests that look through much: others have their turn meanwhile, and the answer is as in a small world."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from operator_emulator.settings import Settings
from tests.conftest import ONLINE, Customer
from tests.direct import Answer, Direct

MESSAGES = 2500


@pytest.fixture(scope="module")
def direct(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Direct]:
    """A world in which one SIM has many messages."""
    sent = [{"direction": "MO", "payload": f"{number}", "submitted": "1h ago"} for number in range(MESSAGES)]
    organisation = {"id": 4321, "name": "Many", "sims": [{"iccid": ONLINE, "sms": sent}]}
    fixture: Path = tmp_path_factory.mktemp("large") / "fixture.json"
    fixture.write_text(json.dumps({"version": 1, "organisations": [organisation]}), encoding="utf-8")
    with Direct(Settings(fixture=fixture, clock="manual", raise_violations=True), Customer()) as direct:
        yield direct


def asked_beside_others(direct: Direct, method: str, path: str, body: Any = None) -> tuple[Answer, int]:
    """The answer, and how many turns another task had until it came."""

    async def others(turns: list[None]) -> None:
        while True:
            turns.append(None)
            await asyncio.sleep(0)

    async def story() -> tuple[Answer, int]:
        turns: list[None] = []
        other = asyncio.ensure_future(others(turns))
        [answer] = await direct.exchange_all((method, path, body))
        other.cancel()
        return answer, len(turns)

    return direct.run(story)


def test_a_wait_looks_through_many_messages(direct: Direct) -> None:
    """It counts all, and shows the newest thousand."""
    wanted = {"for": "messages", "match": {"direction": "MO"}, "count": MESSAGES}
    answer, turns = asked_beside_others(direct, "POST", "/_emulator/wait", wanted)
    assert (answer.status, answer.json()["count"]) == (200, MESSAGES)
    assert [one["payload"] for one in answer.json()["matched"]] == [str(n) for n in range(MESSAGES - 1000, MESSAGES)]
    assert turns > MESSAGES / 250


def test_a_wait_looks_only_at_what_is_newer_than_since(direct: Direct) -> None:
    """After an id; the greatest number that is an id finds nothing."""
    for since, found in ((MESSAGES - 2, 2), (MESSAGES, 0), (2**63 - 1, 0)):
        answer = direct.ask("POST", "/_emulator/wait", json={"for": "messages", "since": since, "count": 0})
        assert (answer.status, answer.json()["count"]) == (200, found)


def test_sims_are_added_whose_numbers_end_alike(direct: Direct) -> None:
    """Each has an IMSI and a phone number of its own, next to those that are taken."""
    for times in (1, 2):
        sims = [{"iccid": f"8988280{times:04}{number:08}"} for number in range(300)]
        fixture = {"version": 1, "organisations": [{"id": 5000 + times, "name": "Alike", "sims": sims}]}
        assert direct.ask("POST", "/_emulator/fixture?mode=add", json=fixture).status == 200
    shown = direct.ask("GET", "/_emulator/sims?iccid=8988280*").json()["sims"]
    for name in ("imsi", "msisdn"):
        assert len({one[name] for one in shown}) == len(shown) == 600


def pages(direct: Direct, query: str) -> list[list[int]]:
    found: list[list[int]] = []
    before: str | None = ""
    while before is not None:
        page = direct.ask("GET", f"/_emulator/messages?limit=1000{query}{before}").json()
        found.append([int(one["payload"]) for one in page["messages"]])
        before = None if page["next"] is None else f"&before={page['next']}"
    return found


@pytest.mark.parametrize("query", ["", "&direction=MO", "&status=DELIVERED", f"&iccid={ONLINE}", "&payload=*"])
def test_messages_come_in_pages_from_the_newest(direct: Direct, query: str) -> None:
    """Each page in the order of submission; together they are all, each once."""
    assert pages(direct, query) == [[*range(1500, 2500)], [*range(500, 1500)], [*range(500)]]


def test_messages_that_match_are_found_among_many(direct: Direct) -> None:
    """However far back they are; others have their turn meanwhile, and where nothing matches the list is empty."""
    answer, turns = asked_beside_others(direct, "GET", "/_emulator/messages?payload=7&limit=5")
    assert [one["payload"] for one in answer.json()["messages"]] == ["7"]
    assert turns > MESSAGES / 250
    for query in ("status=EXPIRED", "direction=MT", "iccid=8988*2", "before=0", "before=1"):
        assert direct.ask("GET", f"/_emulator/messages?{query}").json() == {"next": None, "messages": []}, query


def test_a_dump_is_of_one_instant(direct: Direct) -> None:
    """What is sent while it is gathered is there wholly or not at all, and the ids go on after it."""

    async def story() -> Any:
        dumping = asyncio.ensure_future(direct.exchange_all(("GET", "/_emulator/fixture", None)))
        sent = 0
        while not dumping.done():
            message = ("POST", f"/_emulator/sims/{ONLINE}/mt", {"payload": f"meanwhile {sent}"})
            assert (await direct.exchange_all(message))[0].status == 201
            sent += 1
        return (await dumping)[0].json(), sent

    dumped, sent = direct.run(story)
    messages = dumped["rows"]["sms"]
    assert sent > MESSAGES / 250
    assert [one["id"] for one in messages] == list(range(1, dumped["ids"]["sms"] + 1))
    assert direct.ask("POST", "/_emulator/fixture", json=dumped).status == 200
    assert len(direct.everything()["sms"]) == len(messages)
    direct.ask("POST", "/_emulator/reset")


def sims_in(direct: Direct) -> int:
    total: int = direct.ask("GET", "/_emulator/counts").json()["sims"]["total"]
    return total


def test_a_large_world_is_planted_beside_the_present_one(direct: Direct) -> None:
    """Others go on in the present one until the new one takes its place; a reset brings the first one back."""
    sims = [{"iccid": f"8988280{number:012}", "label": "new"} for number in range(2100)]
    fixture = {"version": 1, "organisations": [{"id": 1, "name": "New", "sims": sims}]}
    before = sims_in(direct)

    async def story() -> tuple[Answer, list[int]]:
        loading = asyncio.ensure_future(direct.exchange_all(("POST", "/_emulator/fixture", fixture)))
        seen = []
        while not loading.done():
            [counted] = await direct.exchange_all(("GET", "/_emulator/counts", None))
            seen.append(counted.json()["sims"]["total"])
        return (await loading)[0], seen

    answer, seen = direct.run(story)
    assert (answer.status, answer.json()["sims"]) == (200, 2100)
    assert set(seen[:-1]) == {before}
    assert len(seen) > 3
    for _ in range(2):
        reset = direct.ask("POST", "/_emulator/reset").json()
        assert (reset["sims"], reset["clock"]["now"]) == (1, "2026-01-01T00:00:00Z")
        assert len(direct.everything()["sms"]) == MESSAGES


def test_a_large_world_that_cannot_be_leaves_the_present_one(direct: Direct) -> None:
    """What is wrong with it is told as of any other."""
    sims = [{"iccid": "8988280000000000001"} for _ in range(2100)]
    fixture = {"version": 1, "organisations": [{"id": 1, "name": "New", "sims": sims}]}
    before = sims_in(direct)
    answer = direct.ask("POST", "/_emulator/fixture", json=fixture)
    assert (answer.status, answer.json()["field"]) == (400, "organisations[0].sims[1].iccid")
    assert sims_in(direct) == before


def test_a_large_world_in_a_file_is_still_there_after_a_restart(tmp_path: Path) -> None:
    """What was planted beside is what the file holds."""
    data = tmp_path / "world.sqlite"
    fixture = tmp_path / "fixture.json"
    block = {"sims": 2100, "seed": 1}
    fixture.write_text(json.dumps({"version": 1, "organisations": [{"id": 1, "name": "New", "generate": block}]}))
    settings = Settings(fixture=fixture, data=data, clock="real", raise_violations=True)
    with Direct(settings, Customer()) as direct:
        before = direct.everything(but=["clocks", "origins", "jobs"])
        assert direct.ask("POST", "/_emulator/reset").json()["sims"] == 2100
        after = direct.everything(but=["clocks", "origins", "jobs"])
        assert [sim.iccid for sim in after["sims"]] == [sim.iccid for sim in before["sims"]]
        made = direct.ask("POST", "/_emulator/organisations/1/sims", json={}).json()["iccid"]
    with Direct(settings, Customer()) as direct:
        assert made in [sim.iccid for sim in direct.everything()["sims"]]


def test_all_sims_and_all_jobs_come_in_turns(direct: Direct) -> None:
    """Without a limit, too; each is there once, in order."""
    sims = [{"iccid": f"8988280{number:012}"} for number in range(1500)]
    fixture = {"version": 1, "organisations": [{"id": 1, "name": "New", "sims": sims}]}
    assert direct.ask("POST", "/_emulator/fixture", json=fixture).status == 200
    for sim in sims[:600]:
        direct.ask("POST", f"/_emulator/sims/{sim['iccid']}/mt", json={"payload": "x"})
    answer, turns = asked_beside_others(direct, "GET", "/_emulator/sims")
    assert [one["iccid"] for one in answer.json()["sims"]] == [sim["iccid"] for sim in sims]
    assert turns > 7
    answer, _ = asked_beside_others(direct, "GET", "/_emulator/jobs")
    assert [one["id"] for one in answer.json()["jobs"]] == [
        job.id for job in sorted(direct.everything()["jobs"], key=lambda job: (job.due, job.id))
    ]
    assert len(direct.ask("GET", "/_emulator/jobs?limit=501").json()["jobs"]) == 501
    direct.ask("POST", "/_emulator/reset")
