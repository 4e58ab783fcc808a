"""A fleet of 10,000 SIMs: the page asks for no more than it shows. What it takes is measured by bench.console."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from operator_emulator.app import create_app
from operator_emulator.settings import Settings
from operator_emulator.testing.server import Server
from tests.console.conftest import opened

SIMS = 10_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    fixture: Path = tmp_path_factory.mktemp("fleet") / "fixture.json"
    organisation = {"id": 4321, "name": "Many", "generate": {"sims": SIMS, "seed": 7}}
    fixture.write_text(json.dumps({"version": 1, "organisations": [organisation]}), encoding="utf-8")
    with Server(lambda: create_app(Settings(fixture=fixture))) as server:
        yield server


@pytest.fixture
def console(browser: Any, large: Server) -> Iterator[Any]:
    with opened(browser, large) as console:
        yield console


def test_ten_thousand_sims_cost_one_page_of_them(console: Any) -> None:
    """Fifty rows, counts, usage, the clock and the change stream: five calls, and nothing is asked for twice."""
    asked: list[str] = []
    octets: list[int] = []
    console.page.on("request", lambda request: asked.append(request.url.split("/_emulator/")[1].split("?")[0]))
    console.page.on("response", lambda response: octets.append(int(response.headers.get("content-length", 0))))
    console.open("fleet")
    console.page.get_by_text("10,000 SIMs", exact=True).wait_for()
    assert console.page.locator("tbody tr").count() == 50
    calls = [path for path in asked if not path.startswith("ui/")]
    assert sorted(calls) == ["changes", "clock", "counts", "sims", "usage"]
    assert sum(octets) < 200_000


def test_the_list_is_walked_through_page_by_page(console: Any) -> None:
    """Each page has fifty others, and a search leaves what matches."""
    console.open("fleet")
    first = console.page.locator("tbody tr").first
    first.wait_for()
    shown = first.get_attribute("data-key")
    console.press("Next page")
    console.page.locator(f"tr[data-key='{shown}']").wait_for(state="detached")
    assert console.page.locator("tbody tr").count() == 50
    console.page.get_by_label("Search SIMs").fill(shown)
    console.page.get_by_text("1 SIM", exact=True).wait_for()
    assert console.page.locator("tbody tr").count() == 1
