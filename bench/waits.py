"""How long others wait while the emulator is busy with one long request: ``python -m bench.waits``.

One emulator with many SIMs and messages. While each request runs, ``/health`` is asked over and over on a connection of
its own; printed is its longest answer, in real milliseconds. On a machine that has other work to do, that shows here.
"""

import argparse
import contextlib
import gc
import http.client
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.compare import ICCID, emulator, verdict
from bench.worlds import Api

LONGEST = 50.0  # milliseconds
ADDED = 1000  # SIMs whose last digits are those of others


class Watcher:
    """Asks for /health without a pause, in a thread of its own."""

    def __init__(self, port: int) -> None:
        self.longest = 0.0
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self._over = False
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> "Watcher":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._thread.join()
        self._connection.close()

    def _ask(self) -> None:
        while not self._over:
            began = time.perf_counter()
            self._connection.request("GET", "/_emulator/health")
            self._connection.getresponse().read()
            self.longest = max(self.longest, (time.perf_counter() - began) * 1000)
            time.sleep(0.001)


def fixture(sims: int, messages: int) -> str:
    """A world of so many generated SIMs, one of which has all the messages."""
    sent = [
        {"direction": "MT", "payload": f"message {number}", "submitted": "1h ago", "status": "DELIVERED"}
        for number in range(messages)
    ]
    organisation = {
        "id": 4321,
        "name": "Bench",
        "users": [{"username": "demo", "password": "demo", "role": "api"}],
        "sims": [{"iccid": ICCID, "label": "bench", "status": "Enabled", "sms": sent}],
        "generate": {"sims": sims, "seed": 7},
    }
    return json.dumps({"version": 1, "organisations": [organisation]})


def same_ends(count: int, prefix: str) -> dict[str, Any]:
    """So many SIMs whose ICCIDs begin with *prefix* and end as those of every other such call."""
    sims = [{"iccid": f"{prefix}{number:08}"} for number in range(count)]
    return {"version": 1, "organisations": [{"id": int(prefix[-4:]), "name": prefix, "sims": sims}]}


def measure(sims: int, messages: int, *options: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "fixture.json"
        text = fixture(sims, messages)
        file.write_text(text, encoding="utf-8")
        with emulator("waits", (), None, "--fixture", str(file), *options) as server:
            api = Api(server)
            for what, call in requests(api, text):
                with Watcher(server.port) as watcher:
                    began = time.perf_counter()
                    call()
                    taken = time.perf_counter() - began
                met = watcher.longest <= LONGEST
                print(f"{what:44}{taken:9.2f} s{watcher.longest:11.1f} ms{verdict(met)}", flush=True)


def requests(api: Api, text: str) -> Iterator[tuple[str, Callable[[], object]]]:
    def control(method: str, path: str, body: Any = None) -> Callable[[], object]:
        return lambda: api.control(method, path, body)

    def wait() -> None:
        with contextlib.suppress(SystemExit):  # 408
            api.control("POST", "/wait", {"for": "messages", "match": {"status": "FAILED"}, "timeout": 0.5})

    yield "nothing", lambda: time.sleep(1)
    yield "GET /fixture", control("GET", "/fixture")
    yield "GET /messages?limit=1", control("GET", "/messages?limit=1")
    yield "POST /wait, nothing matches", wait
    yield "POST /wait for all", control("POST", "/wait", {"for": "messages", "count": 1000})
    yield "GET /sims", control("GET", "/sims")
    yield "GET /journal", control("GET", "/journal")
    yield "POST /fixture?mode=add, 1,000 SIMs", control("POST", "/fixture?mode=add", same_ends(ADDED, "89882801111"))
    yield (
        "POST /fixture?mode=add, 1,000 with the same ends",
        control("POST", "/fixture?mode=add", same_ends(ADDED, "89882802222")),
    )
    yield "PUT /snapshots/x", control("PUT", "/snapshots/x")
    yield "POST /snapshots/x/restore", control("POST", "/snapshots/x/restore")
    yield "POST /clock/advance, 40 days", control("POST", "/clock/advance", {"seconds": 40 * 86400})
    yield "POST /reset, the first", control("POST", "/reset")
    yield "POST /reset, another", control("POST", "/reset")
    document = json.loads(text)
    yield "POST /fixture", control("POST", "/fixture", document)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.waits", description=__doc__)
    parser.add_argument("--sims", type=int, default=100_000)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("options", nargs="*", help="for serve, after --")
    asked = parser.parse_args()
    gc.disable()
    print(f"{'request':44}{'took':>11}{'/health waited':>16}")
    measure(asked.sims, asked.messages, *asked.options)


if __name__ == "__main__":
    main()
