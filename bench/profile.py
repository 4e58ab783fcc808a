"""Where the time of a request goes: ``python -m bench.profile [one|list|post] [--data]``.

The whole app without server and sockets, called over and over in this process. First the time of a request, measured
without a profiler; then the functions that take most of it, in microseconds for each request, as cProfile sees them
(which makes short functions look dearer than they are).
"""

import argparse
import asyncio
import cProfile
import json
import pstats
import tempfile
import time
from base64 import b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.compare import GET_100, GET_ONE, POST, Case, fixture_text
from operator_emulator.app import App, create_app
from operator_emulator.runtime.engine import paced
from operator_emulator.settings import Settings

CASES = {"one": GET_ONE, "list": GET_100, "post": POST}
FORM = b"application/x-www-form-urlencoded"


class Caller:
    """Calls the app as a server would, with one request that is made ready once."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def call(self, method: str, path: str, headers: dict[bytes, bytes], body: bytes = b"") -> tuple[int, bytes]:
        path, _, query = path.partition("?")
        told: list[dict[str, Any]] = []
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(b"host", b"localhost"), *headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8080),
            "state": {},
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            told.append(message)

        await self.app(scope, receive, send)
        return told[0]["status"], b"".join(message.get("body", b"") for message in told[1:])

    async def token(self) -> str:
        headers = {b"authorization": b"Basic " + b64encode(b"demo:demo"), b"content-type": FORM}
        _, body = await self.call("POST", "/management-api/oauth/token", headers, b"grant_type=client_credentials")
        return str(json.loads(body)["access_token"])


async def repeat(app: App, caller: Caller, case: Case, token: str, times: int) -> None:
    """So many requests, and then the jobs that they scheduled for the next seconds, such as the attempt to deliver."""
    headers = {b"authorization": b"Bearer " + token.encode(), b"content-type": b"application/json"}
    for _ in range(times):
        status, body = await caller.call(case.method, f"/management-api{case.path}", headers, case.body)
        assert status == case.status, body
    await app.engine.advance(timedelta(seconds=2))


async def measure(case: Case, times: int, lines: int, settings: Settings) -> None:
    app = create_app(settings)
    await app.engine.start(paced(settings.rate))
    caller = Caller(app)
    token = await caller.token()
    await repeat(app, caller, case, token, times // 4)  # warm up
    began = time.process_time()
    await repeat(app, caller, case, token, times)
    taken = time.process_time() - began
    print(f"{case.name}: {taken / times * 1e6:.1f} µs of processor time a request, with the jobs that it leads to\n")
    profile = cProfile.Profile(time.process_time)  # real time would count what other programs do meanwhile
    profile.enable()
    await repeat(app, caller, case, token, times)
    profile.disable()
    show(profile, times, lines)
    await app.engine.stop()


def show(profile: cProfile.Profile, times: int, lines: int) -> None:
    """The functions that take most time themselves; "with callees" counts what they call, too."""
    stats: Any = pstats.Stats(profile)
    rows = sorted(stats.stats.items(), key=lambda item: -item[1][2])[:lines]
    print(f"{'own µs':>8}{'with callees':>14}{'calls':>8}  function")
    for (file, line, name), (_, calls, own, total, _) in rows:
        place = f"{'/'.join(Path(file).parts[-3:])}:{line} " if line else ""
        print(f"{own / times * 1e6:8.2f}{total / times * 1e6:14.2f}{calls / times:8.2f}  {place}{name}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    parser.add_argument("case", choices=CASES, nargs="?", default="post")
    parser.add_argument("--times", type=int, default=4000, help="requests [4000]")
    parser.add_argument("--lines", type=int, default=40, help="of the table [40]")
    parser.add_argument("--data", action="store_true", help="keep the world in a file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fixture = Path(folder) / "bench.yaml"
        fixture.write_text(fixture_text(), encoding="utf-8")
        data = Path(folder) / "world.sqlite" if given.data else None
        settings = Settings(fixture=fixture, data=data, clock="manual")
        asyncio.run(measure(CASES[given.case], given.times, given.lines, settings))


if __name__ == "__main__":
    main()
