"""How the emulator bears large worlds, many messages and many callbacks: ``python -m bench.worlds``.

One emulator for each size of world, over HTTP on loopback, with a manual clock. Times are of the server's processor,
medians of several calls, in milliseconds. Where no limit is given, the figure is printed for comparison. Limits are for
a quiet machine; on a slower or busier one they are multiplied by what the bare server takes longer there.
"""

import argparse
import contextlib
import http.client
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.compare import (
    GET_ONE,
    ICCID,
    Server,
    bare,
    cores,
    cpu_seconds,
    emulator,
    fixture_text,
    same_answers,
    slowness,
    verdict,
)
from operator_emulator.testing.callback_server import CallbackServer

MESSAGES = 10_000
WAITING = 1_000
CALLBACKS = 10_000
TESTS = (50, 350)  # of the plugin: the difference leaves out what a session costs
SIZES = (25, 1000, 100_000)
LIMITS = {  # milliseconds, for worlds of SIZES
    "reset": (1.0, 5.0, 130.0),
    "sort=ip_address after a change": (2.0, 2.0, 2.0),
    "q=ip_address after a change": (2.0, 2.0, 2.0),
}
DUMPED_MAX = 100_000  # SIMs; a larger dump takes minutes


class Api:
    """One connection to an emulator."""

    def __init__(self, server: Server) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
        self._pid = server.process.pid
        self._token = ""

    def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self._token}",
        }
        self._connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text) if text else None

    def log_in(self) -> None:
        headers = {
            "Authorization": "Basic " + b64encode(b"demo:demo").decode(),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self._connection.request("POST", "/management-api/oauth/token", "grant_type=client_credentials", headers)
        self._token = json.loads(self._connection.getresponse().read())["access_token"]

    def control(self, method: str, path: str, body: Any = None) -> Any:
        return self.call(method, f"/_emulator{path}", body)

    def manage(self, method: str, path: str, body: Any = None) -> Any:
        return self.call(method, f"/management-api/v1{path}", body)

    def cost(self, what: Callable[[], object]) -> float:
        """Milliseconds of the server's processor that *what* takes."""
        before = cpu_seconds(self._pid)
        what()
        return (cpu_seconds(self._pid) - before) * 1000

    def median(self, times: int, what: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
        taken = []
        for _ in range(times):
            before()
            taken.append(self.cost(what))
        return statistics.median(taken)

    def send(self) -> None:
        self.manage("POST", f"/sims/{ICCID}/sms", {"payload": "wake up", "source_address": "12345"})

    def change(self) -> None:
        self.manage("PUT", f"/sims/{ICCID}", {"iccid": ICCID, "label": f"at {time.perf_counter()}"})


@contextlib.contextmanager
def world(sims: int, folder: Path, *options: str) -> Iterator[tuple[Server, Api]]:
    fixture = folder / f"{sims}.yaml"
    fixture.write_text(fixture_text(sims), encoding="utf-8")
    with emulator(f"{sims} SIMs", (), None, "--fixture", str(fixture), "--clock", "manual", *options) as server:
        api = Api(server)
        api.log_in()
        yield server, api


def reset(api: Api) -> Callable[[], None]:
    return lambda: api.control("POST", "/reset")


# --------------------------------------------------------------------------------------------- tables


def measure_size(sims: int, folder: Path) -> dict[str, float]:
    times = 20 if sims <= 1000 else 5
    found: dict[str, float] = {}
    with world(sims, folder) as (server, api):
        found["start with this fixture"] = server.started * 1000
        found["memory after the start, MB"] = server.memory()
        found["GET one SIM"] = api.median(times, lambda: api.manage("GET", f"/sims/{ICCID}"))
        found["GET 100 SIMs after a change"] = api.median(
            times, lambda: api.manage("GET", "/sims?pageSize=100"), api.change
        )
        found["sort=ip_address after a change"] = api.median(
            times, lambda: api.manage("GET", "/sims?sort=-ip_address"), api.change
        )
        found["q=ip_address after a change"] = api.median(
            times, lambda: api.manage("GET", "/sims?q=ip_address:10.0.0.1"), api.change
        )
        found["search in the console"] = api.median(times, lambda: api.control("GET", "/sims?search=bench&limit=50"))
        found["POST SMS"] = api.median(times, api.send)
        found["snapshot"] = api.median(times, lambda: api.control("PUT", "/snapshots/bench", {}))
        found["restore"] = api.median(times, lambda: api.control("POST", "/snapshots/bench/restore"))
        found["dump"] = api.cost(lambda: api.control("GET", "/fixture")) if sims <= DUMPED_MAX else float("nan")
        found["first reset"] = api.cost(reset(api))
        found["reset"] = api.median(times, reset(api))
        found["memory after all that, MB"] = server.memory()
    data = ("--data", str(folder / f"{sims}.sqlite"))
    with world(sims, folder, *data):
        pass
    with world(sims, folder, *data) as (server, _):
        found["open a file of it"] = server.started * 1000
        found["memory with a file, MB"] = server.memory()
    return found


def measure_slowness(folder: Path) -> float:
    answers = folder / "answers.json"
    with world(25, folder) as (server, _):
        answers.write_text(json.dumps(same_answers(server)), encoding="utf-8")
    with bare(answers, cores()[0]) as yardstick:
        for _ in range(3):
            yardstick.measure(GET_ONE, 32, 1.0)
        slow = slowness(yardstick)
    print(f"this machine takes {slow:.1f} times as long as the one that the aims were set on; they allow for it")
    return slow


def measure_sizes(sizes: Sequence[int], folder: Path, slow: float) -> None:
    columns = {}
    for sims in sizes:
        columns[sims] = measure_size(sims, folder)
        print(f"{sims:,} SIMs measured", file=sys.stderr)
    print(f"{'ms of processor time':34}" + "".join(f"{f'{sims:,} SIMs':>18}" for sims in sizes))
    for name in columns[sizes[0]]:
        line = f"{name:34}"
        for sims in sizes:
            missed = columns[sims][name] > limit(name, sims) * slow
            line += f"{columns[sims][name]:>11,.1f}{'MISSED' if missed else '':>7}"
        print(line)


def limit(name: str, sims: int) -> float:
    return LIMITS[name][SIZES.index(sims)] if name in LIMITS and sims in SIZES else math.inf


def line(name: str, value: float, unit: str, most: float | None = None) -> None:
    aim = "" if most is None else f"  aim {most:,.4g} {unit}{verdict(value <= most)}"
    print(f"{name:58}{value:10,.1f} {unit}{aim}", flush=True)


def measure_messages(folder: Path, slow: float) -> None:
    """Many messages that wait, and what looking at them costs."""
    with world(25, folder) as (server, api):
        empty = api.median(50, api.send)
        before = server.memory()
        for _ in range(MESSAGES):
            api.send()
        line("POST SMS with no messages", empty, "ms")
        line(f"POST SMS with {MESSAGES:,} messages, times as much", api.median(50, api.send) / empty, "×", 1.2)
        line(f"advance over {MESSAGES:,} due attempts", api.cost(lambda: advance(api, seconds=2)), "ms", 300 * slow)
        line("memory of a message with its jobs", (server.memory() - before) / MESSAGES * 1024, "kB")
        line("messages?limit=1", api.median(5, lambda: api.control("GET", "/messages?limit=1")), "ms", 5 * slow)
        waiting = {"for": "messages", "match": {"status": "BUFFERED"}, "timeout": 0.1}
        line("wait for a message", api.median(5, lambda: api.control("POST", "/wait", waiting)), "ms", 5 * slow)
        line("dump", api.cost(lambda: api.control("GET", "/fixture")), "ms")
    with world(25, folder) as (_, api):
        for _ in range(WAITING):
            api.send()
        line(
            f"advance until idle, {WAITING:,} waiting", api.cost(lambda: advance(api, until="idle")), "ms", 3000 * slow
        )


def advance(api: Api, **how: Any) -> None:
    api.control("POST", "/clock/advance", how)


def measure_callbacks(folder: Path) -> None:
    """Messages of devices, each of which is pushed to the customer's endpoint."""
    with closing(CallbackServer()) as callbacks, world(25, folder) as (_, api):
        customer = callbacks.add_customer()
        api.control("PATCH", "/organisations/4321", {"forwarder": customer.url})
        api.control("POST", f"/sims/{ICCID}/device", {"status": "ATTACHED"})
        for number in range(CALLBACKS):
            api.control("POST", f"/sims/{ICCID}/mo", {"payload": f"{number}"})
        taken = api.cost(lambda: advance(api, seconds=60))
        sent = {request.json["payload"] for request in customer.matching("POST")}
        line(f"callbacks lost of {CALLBACKS:,}", CALLBACKS - len(sent), "", 0)
        line("processor time of a callback", taken / CALLBACKS * 1000, "µs")


def measure_plugin(folder: Path, slow: float) -> None:
    """Few tests and many, each with an emulator, SIMs and a customer's endpoint of its own."""
    taken = []
    for count in TESTS:
        tests = f"""
            import pytest

            @pytest.mark.parametrize("number", range({count}))
            def test_nothing(emulator, number):
                pass
        """
        (folder / "test_plugin.py").write_text(textwrap.dedent(tests), encoding="utf-8")
        without = [option for name in ("cacheprovider", "xdist", "randomly") for option in ("-p", f"no:{name}")]
        options = ("-q", *without, "-c", os.devnull, "--rootdir", str(folder), str(folder / "test_plugin.py"))
        process = subprocess.Popen([sys.executable, "-m", "pytest", *options], stdout=subprocess.DEVNULL)
        taken.append(cpu_until_exit(process))
    few, many = TESTS
    line("plugin, a test", (taken[1] - taken[0]) / (many - few) * 1000, "ms", 2 * slow)


def cpu_until_exit(process: "subprocess.Popen[bytes]") -> float:
    """What a process has used when it ends; sampled, since afterwards nobody can ask."""
    used = 0.0
    while process.poll() is None:
        with contextlib.suppress(OSError):
            used = cpu_seconds(process.pid)
        time.sleep(0.01)
    if process.returncode:
        raise SystemExit("the tests of the plugin failed")
    return used


def measure_worlds() -> None:
    """Measure, and print both tables."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        slow = measure_slowness(folder)
        measure_messages(folder, slow)
        measure_callbacks(folder)
        measure_plugin(folder, slow)
        print()
        measure_sizes(SIZES, folder, slow)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.worlds", description=__doc__)
    parser.add_argument("--sims", type=int, nargs="*", help="measure only worlds of these sizes")
    sizes = parser.parse_args().sims
    if sizes is None:
        measure_worlds()
        return
    with tempfile.TemporaryDirectory() as name:
        measure_sizes(sizes, Path(name), measure_slowness(Path(name)))


if __name__ == "__main__":
    main()
