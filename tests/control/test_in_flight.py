"""What is under way while a world, or an organisation, begins again leaves no trace in the new one."""

import asyncio
from typing import Any

import pytest

from operator_emulator.runtime.sender import OutboundRequest, Reply
from operator_emulator.settings import Settings
from tests.conftest import ONLINE, Customer
from tests.direct import Answer, Direct

BEGINNINGS = [
    ("POST", "/reset", None),
    ("POST", "/fixture", {"version": 1}),
    ("POST", "/organisations/4321/reset", None),
    ("DELETE", "/organisations/4321", None),
]
RESTORED = ("POST", "/snapshots/before/restore", None)


def log_in(direct: Direct) -> str:
    headers = [(b"authorization", b"Basic ZGVtbzpkZW1v"), (b"content-type", b"application/x-www-form-urlencoded")]
    answer = direct.ask("POST", "/management-api/oauth/token", headers=headers, body=b"grant_type=client_credentials")
    token: str = answer.json()["access_token"]
    return token


@pytest.mark.parametrize(("method", "path", "body"), BEGINNINGS)
def test_a_callback_in_flight_is_not_in_the_new_journal(method: str, path: str, body: Any) -> None:
    """It has ended when the request that begins anew is answered; nothing comes afterwards."""
    asked, answered = asyncio.Event(), asyncio.Event()

    async def customer(message: OutboundRequest) -> Reply:
        asked.set()
        await answered.wait()
        return Reply(200)

    async def story(direct: Direct) -> int:
        advance = asyncio.ensure_future(direct.exchange_all(("POST", "/_emulator/clock/advance", {"seconds": 1})))
        await asked.wait()
        await direct.exchange_all((method, f"/_emulator{path}", body))
        last = direct.app.journal.last
        answered.set()
        await advance
        return direct.app.journal.last - last

    with Direct(Settings(clock="manual"), customer) as direct:
        direct.ask("POST", f"/_emulator/sims/{ONLINE}/mo", json={"payload": "hello"})
        assert direct.run(lambda: story(direct)) == 0
        callbacks = direct.ask("GET", f"/_emulator/callbacks?iccid={ONLINE}").json()["callbacks"]
        assert all(one["sms"] != 17 and one["fate"] != "owed" for one in callbacks)


@pytest.mark.parametrize(("method", "path", "body"), [*BEGINNINGS[:3], RESTORED])
@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_delayed_request_does_nothing_in_the_new_world(method: str, path: str, body: Any, phase: str) -> None:
    """Its connection is reset; neither the message nor the exchange is there."""
    with Direct(Settings(clock="manual"), Customer()) as direct:
        direct.ask("PUT", "/_emulator/snapshots/before")
        token = log_in(direct)
        fault = {"point": "http", "effect": {"delay": 0.2, "phase": phase}, "times": 1}
        assert direct.ask("POST", "/_emulator/faults", json=fault).status == 201

        async def story() -> Any:
            send = ("POST", f"/management-api/v1/sims/{ONLINE}/sms", {"payload": "late"})
            late = asyncio.ensure_future(direct.exchange_all(send, token=token))
            while not struck((await direct.exchange_all(("GET", "/_emulator/faults", None)))[0]):
                await asyncio.sleep(0)
            [begun] = await direct.exchange_all((method, f"/_emulator{path}", body))
            assert begun.status == 200, begun.text
            return (await asyncio.gather(late, return_exceptions=True))[0]

        assert isinstance(direct.run(story), ConnectionResetError)
        messages = direct.ask("GET", "/_emulator/messages").json()["messages"]
        assert "late" not in [one["payload"] for one in messages]
        exchanges = direct.ask("GET", "/_emulator/journal").json()["exchanges"]
        assert [one["operation"] for one in exchanges] in ([], ["postAccessTokenPOST"])


def struck(answer: Answer) -> bool:
    faults = answer.json()["faults"]
    return not faults or faults[0]["struck"] > 0
