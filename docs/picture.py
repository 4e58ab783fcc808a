"""Take the README's picture of the console: ``python docs/picture.py``. It needs Playwright and Chromium."""

import json
import shutil
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from operator_emulator.app import create_app
from operator_emulator.settings import Settings
from operator_emulator.testing.server import Server

PICTURE = Path(__file__).with_name("console.png")
SIM = "8988228066600000003"


def post(url: str, body: Any) -> None:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30):
        pass


def main() -> None:
    with Server(lambda: create_app(Settings(clock="manual"))) as server, sync_playwright() as playwright:
        sim = f"{server.url}/_emulator/sims/{SIM}"
        post(f"{sim}/device", {"status": "ATTACHED"})
        post(f"{sim}/mo", {"payload": "temperature=21.5"})
        post(f"{sim}/device", {"status": "OFFLINE"})
        post(f"{sim}/mt", {"payload": "wake up"})
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 860})
        page.goto(f"{server.url}/_emulator/ui/#/sim/{SIM}")
        page.get_by_text("A message waits.").wait_for()
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
