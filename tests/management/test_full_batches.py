"""A full batch of the Data Streamer is made step by step: others have their turn meanwhile."""

import asyncio
from pathlib import Path

import pytest

from operator_emulator.settings import Settings
from tests.conftest import Customer
from tests.direct import Direct
from tests.management.test_streamer import BASIC, FLEET, NEW


def turns_of_others(direct: Direct) -> int:
    """How often another task has its turn while an advance sends what waits."""

    async def others(turns: list[None]) -> None:
        while True:
            turns.append(None)
            await asyncio.sleep(0)

    async def story() -> int:
        turns: list[None] = []
        other = asyncio.ensure_future(others(turns))
        [answer] = await direct.exchange_all(("POST", "/_emulator/clock/advance", {"seconds": 5}))
        assert answer.status == 200, answer.text
        other.cancel()
        return len(turns)

    return direct.run(story)


@pytest.mark.parametrize("kind", ["events", "usage", "sms"])
def test_a_full_batch_holds_up_nobody(tmp_path: Path, kind: str) -> None:
    """Three thousand records go out in one request; one record is made in one step."""
    fixture = tmp_path / "fixture.yaml"
    stream = f'      - {{kind: {kind}, generation: ds2, url: "http://customer.test/", authorization: "{BASIC}"}}\n'
    fixture.write_text(FLEET + stream, encoding="utf-8")
    customer = Customer()
    with Direct(Settings(fixture=fixture, clock="manual", raise_violations=True), customer) as direct:

        def happen() -> None:
            for status in ("OFFLINE", "ATTACHED"):
                direct.ask("POST", f"/_emulator/sims/{NEW}/device", json={"status": status})
            direct.ask("POST", f"/_emulator/sims/{NEW}/mo", json={"payload": "x"})

        happen()
        alone = turns_of_others(direct)
        fault = {"name": "full", "point": "data-stream", "effect": {"records": 3000}}
        assert direct.ask("POST", "/_emulator/faults", json=fault).status == 201
        happen()
        assert turns_of_others(direct) > alone + 10
    small, full = customer.bodies
    assert (len(small) < 10, len(full)) == (True, 3000)
