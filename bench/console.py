"""What the console costs: ``python -m bench.console``. It needs Playwright and Chromium.

For each size of fleet, in real milliseconds unless said otherwise: the first paint with all that it asks for, a page, a
search, and the processor time that one open page takes from the emulator while a thousand things change every second.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from bench.compare import ICCID, Server, cpu_seconds
from bench.worlds import Api, line, world

TIMES = 5
CHANGES = 1000  # per second
SECONDS = 4
ROUNDS = 3


class Watched:
    """A page that counts what it is sent."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[Any] = []
        page.on("requestfinished", lambda request: self.requests.append(request))

    def octets(self) -> int:
        return sum(int(request.sizes()["responseBodySize"]) for request in self.requests)


def milliseconds(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return (time.perf_counter() - began) * 1000


def fleet(watched: Watched, server: Server) -> None:
    watched.page.goto("about:blank")
    watched.requests.clear()
    watched.page.goto(f"http://127.0.0.1:{server.port}/_emulator/ui/#/fleet")
    watched.page.locator("tbody tr").first.wait_for()


def next_page(page: Page) -> None:
    first = page.locator("tbody tr").first.get_attribute("data-key")
    page.get_by_role("button", name="Next page").click()
    page.locator(f"tr[data-key='{first}']").wait_for(state="detached")


def search(page: Page) -> None:
    page.get_by_label("Search SIMs").fill(ICCID)
    page.get_by_text("1 SIM", exact=True).wait_for()


def burst(api: Api, server: Server) -> tuple[float, float]:
    """While things change: processor seconds of the emulator in each second, and changes in each second."""
    before = cpu_seconds(server.process.pid)
    end = time.perf_counter() + SECONDS
    made, began = 0, time.perf_counter()
    while time.perf_counter() < end:
        api.change()
        made += 1
        time.sleep(max(0.0, began + made / CHANGES - time.perf_counter()))
    taken = time.perf_counter() - began
    return (cpu_seconds(server.process.pid) - before) / taken, made / taken


def measure_burst(watched: Watched, api: Api, server: Server) -> None:
    alone, beside = [], []
    for _ in range(ROUNDS):
        watched.page.goto("about:blank")
        alone.append(burst(api, server))
        fleet(watched, server)
        watched.requests.clear()
        beside.append(burst(api, server))
        watched.page.evaluate("1")  # what was requested meanwhile is told with the next call
    of_change = statistics.median(used / rate for used, rate in alone)
    used, rate = (statistics.median(values) for values in zip(*beside, strict=True))
    line("changes in a second, with an open page", rate, "")
    line("requests of that page in a second", len(watched.requests) / SECONDS, "", 5)
    line("emulator's processor for that page", (used - of_change * rate) * 100, "%", 5)


def measure(sims: int, folder: Path, page: Page) -> None:
    print(f"{sims:,} SIMs")
    with world(sims, folder) as (server, api):
        watched = Watched(page)
        fleet(watched, server)
        line(
            "first paint",
            statistics.median(milliseconds(lambda: fleet(watched, server)) for _ in range(TIMES)),
            "ms",
            300,
        )
        line("requests of it", len(watched.requests), "")
        line("octets of it", watched.octets() / 1000, "kB", 150)
        line("emulator's processor for its answers", api.median(TIMES, lambda: fleet(watched, server)), "ms")
        line("next page", statistics.median(milliseconds(lambda: next_page(page)) for _ in range(TIMES)), "ms")
        line("search (200 ms are waited for more letters)", milliseconds(lambda: search(page)), "ms", 500)
        measure_burst(watched, api, server)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.console", description=__doc__)
    parser.add_argument("--sims", type=int, nargs="+", default=[10_000, 100_000])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for sims in asked.sims:
            context = browser.new_context(viewport={"width": 1440, "height": 1000})
            measure(sims, Path(name), context.new_page())
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
