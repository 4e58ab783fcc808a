"""Where the emulator was started with a token, the console asks for it."""

from collections.abc import Iterator
from typing import Any

import pytest

from operator_emulator.app import create_app
from operator_emulator.settings import Settings
from operator_emulator.testing.server import Server
from tests.console.conftest import opened

TOKEN = "geheim-ü"


@pytest.fixture(scope="module")
def guarded() -> Iterator[Server]:
    with Server(lambda: create_app(Settings(control_token=TOKEN))) as server:
        yield server


@pytest.fixture
def console(browser: Any, guarded: Server) -> Iterator[Any]:
    with opened(browser, guarded) as console:
        yield console
        # The browser logs each refusal; nothing else may have gone wrong.
        console.problems[:] = [one for one in console.problems if "401" not in one]


def enter(console: Any, token: str) -> None:
    console.page.get_by_label("Control token").fill(token)
    console.press("Continue")


def test_a_wrong_token_is_told_and_the_right_one_opens_the_console(console: Any) -> None:
    """The page says that it was wrong, asks again, and then shows what was asked for."""
    console.open("faults")
    console.see("Token required")
    assert console.page.get_by_role("alert").count() == 0
    enter(console, "guessed")
    console.see("That token is not the one of this emulator.")
    enter(console, TOKEN)
    console.see("No active faults.")
    console.press("maintenance")
    console.page.get_by_role("button", name="Remove maintenance").wait_for()
    line = console.page.locator(".curl code").inner_text()
    assert "X-Emulator-Token: $TOKEN" in line
    assert TOKEN not in line


def test_the_token_is_kept_for_the_tab_and_nowhere_else(console: Any) -> None:
    """A reload does not ask again; no cookie and no lasting storage has it."""
    console.open("clock")
    enter(console, TOKEN)
    console.see("Queue")
    console.page.reload()
    console.see("Queue")
    assert console.page.evaluate("localStorage.length") == 0
    assert console.page.context.cookies() == []
    assert console.page.evaluate("Object.values(sessionStorage)") == [TOKEN]
