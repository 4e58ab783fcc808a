"""A real browser before a real server. Without a browser these tests are skipped, and say so."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from operator_emulator.app import create_app
from operator_emulator.settings import Settings
from operator_emulator.testing.server import Server

playwright_api = pytest.importorskip("playwright.sync_api", reason="no Playwright: pip install -e '.[dev]'")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE = 20_000  # milliseconds until something that should appear at once is missed


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM is None:
        for item in items:
            if "tests/console" in str(item.path):
                item.add_marker(pytest.mark.skip(reason="no browser: apt-get install chromium"))


@pytest.fixture(scope="module")  # while it is open, this thread has a running event loop, which others must not meet
def browser() -> Iterator[Any]:
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with Server(lambda: create_app(Settings())) as server:
        yield server


class Console:
    """The page, and all that went wrong with it."""

    def __init__(self, page: Any, server: Any) -> None:
        self.page = page
        self.base = server.url
        self.problems: list[str] = []
        self.hosts: set[str] = set()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: self.problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))

    def open(self, path: str = "fleet") -> None:
        self.page.goto(f"{self.base}/_emulator/ui/#/{path}")

    def see(self, text: str) -> Any:
        """Wait until the text is on the page."""
        found = self.page.get_by_text(text).first
        found.wait_for()
        return found

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()


@contextmanager
def opened(browser: Any, server: Server, **options: Any) -> Iterator[Console]:
    """The console of a server; at the end no error was logged and no other host was asked."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, timezone_id="Asia/Tokyo", **options)
    console = Console(context.new_page(), server)
    yield console
    context.close()
    assert console.problems == []
    assert console.hosts <= {server.url.split("/")[2]}


@pytest.fixture
def console(browser: Any, server: Server, control: Any) -> Iterator[Console]:
    """The console of a world that has just begun."""
    control("POST", "/reset")
    with opened(browser, server) as console:
        yield console


@pytest.fixture
def control(server: Server) -> Any:
    """A call of the control plane: ``control("POST", "/sims/…/device", {"status": "ATTACHED"})``."""
    import httpx

    def call(method: str, path: str, body: Any = None) -> Any:
        answer = httpx.request(method, f"{server.url}/_emulator{path}", json=body, timeout=30)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    return call
