"""How fast the emulator is, as ratios to a bare server that returns the same bytes: ``python -m bench.compare``.

Everything that we ship is on: tokens, contract, journal, state, clock. Each round measures bare and emulator one
right after the other, and the median of the rounds' ratios is judged. The ratio is that of processor time (user and
system) for a request: it hardly changes when others use the machine, too, and it leaves out the disk. Servers get one
core and the load generator another where the system lets us choose. The load generator is our own (bench/load.py).
"""

import argparse
import contextlib
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from bench.load import load

# Ratios that must be reached, and that we would like to reach; then seconds and megabytes to stay below.
AIMS = {"GET one SIM": (0.60, 0.75), "GET 100 SIMs": (0.45, 0.60), "POST SMS": (0.30, 0.45)}
AIM_DURABLE = (0.20, 0.30)
AIM_START = 0.35
AIM_IDLE = 55
BARE_GET = 27  # µs of processor time on the quiet two-core machine that aims in seconds were set on

ICCID = "8988228066600000001"  # has no device, so its messages wait, and no SMS quota that could run out
SIMS = 250  # beside that one


def fixture_text(sims: int = SIMS) -> str:
    """A world with one named SIM and so many generated ones."""
    return f"""
version: 1
organisations:
  - id: 4321
    name: Bench
    users: [{{username: demo, password: demo, role: api}}]
    sims:
      - {{iccid: "{ICCID}", label: bench, status: Enabled, quota: {{sms: null}}}}
    generate: {{sims: {sims}, seed: 7}}
"""


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    method: str
    path: str
    status: int
    body: bytes = b""

    def request(self, token: str) -> bytes:
        head = (
            f"{self.method} /management-api{self.path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        )
        if self.body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n"
        return head.encode() + b"\r\n" + self.body


GET_ONE = Case("GET one SIM", "GET", f"/v1/sims/{ICCID}", 200)
GET_100 = Case("GET 100 SIMs", "GET", "/v1/sims?pageSize=100", 200)
POST = Case("POST SMS", "POST", f"/v1/sims/{ICCID}/sms", 201, b'{"payload":"wake up","source_address":"12345"}')
CASES = (GET_ONE, GET_100, POST)


class Rate(NamedTuple):
    """Requests in a second of time, and in one of the server's processor (of time, where the system tells no more)."""

    a_second: float
    a_cpu_second: float


@dataclass
class Server:
    """A server under test. *cases* are asked of it; *rates* are what came of each round."""

    name: str
    process: "subprocess.Popen[str]"
    port: int
    started: float  # processor seconds until the first answer
    cases: Sequence[Case]
    emulates: bool = True
    token: str = ""
    rates: dict[str, list[Rate]] = field(default_factory=dict)

    def prepare(self) -> None:
        """Begin each measurement with the same world and a fresh token."""
        if self.emulates:
            ask(self.port, "POST", "/_emulator/reset")
            basic = b64encode(b"demo:demo").decode()
            answer = ask(
                self.port,
                "POST",
                "/management-api/oauth/token",
                {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"},
                b"grant_type=client_credentials",
            )
            self.token = json.loads(answer.body)["access_token"]

    def measure(self, case: Case, connections: int, seconds: float) -> float:
        """Note the rates of one round; answer how busy the load generator was."""
        self.prepare()
        before = cpu_seconds(self.process.pid)
        measured = load(self.port, case.request(self.token), case.status, connections=connections, seconds=seconds)
        used = cpu_seconds(self.process.pid) - before
        a_second = measured.answered / measured.seconds
        rate = Rate(a_second, measured.answered / used if used else a_second)
        self.rates.setdefault(case.name, []).append(rate)
        return measured.busy

    def memory(self) -> float:
        """Resident megabytes."""
        shown = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self.process.pid)], capture_output=True, text=True, check=True
        )
        return int(shown.stdout) / 1024


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


def ask(port: int, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> Answer:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, headers or {}, method=method)
    with urllib.request.urlopen(request, timeout=10) as response:
        return Answer(response.status, [(k.lower(), v) for k, v in response.headers.items()], response.read())


# --------------------------------------------------------------------------------------------- servers


@contextlib.contextmanager
def emulator(name: str, cases: Sequence[Case], core: int | None, *options: str) -> Iterator[Server]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OPERATOR_EMULATOR_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "operator_emulator", "serve", "--port", "0", "--log-level", "warning", *options],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    with stopping(process):
        pin(process.pid, core)
        assert process.stdout is not None
        for line in process.stdout:
            address = re.search(r"http://[^/]*:(\d+)/_emulator", line)
            if address is not None:
                break
        else:
            raise SystemExit(f"the emulator did not start: {process.wait()}")
        port = int(address[1])
        ask(port, "GET", "/_emulator/health")
        yield Server(name, process, port, cpu_seconds(process.pid), cases)


@contextlib.contextmanager
def bare(answers: Path, core: int | None) -> Iterator[Server]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "bench.bare", str(answers), str(port)], text=True)
    with stopping(process):
        pin(process.pid, core)
        while process.poll() is None:
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.002)
        yield Server("bare", process, port, cpu_seconds(process.pid), CASES, emulates=False)


@contextlib.contextmanager
def stopping(process: "subprocess.Popen[str]") -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def pin(pid: int, core: int | None) -> None:
    """Give a process one core; not every system lets us."""
    if core is not None:
        os.sched_setaffinity(pid, {core})


def cores() -> tuple[int | None, int | None]:
    """One for the servers, another one for the load; None where there is no choice."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    available = sorted(os.sched_getaffinity(0))
    return (available[0], available[1]) if len(available) > 1 else (None, None)


def cpu_seconds(pid: int) -> float:
    """What a process has used of the processor; 0 where the system does not say."""
    if sys.platform != "linux":
        return 0.0
    return time.clock_gettime(~pid << 3 | 2)  # clock_getcpuclockid(3), which Python has for threads only


def same_answers(server: Server) -> list[list[object]]:
    """What the emulator answers to each case, for the bare server to repeat."""
    server.prepare()
    repeated: list[list[object]] = []
    for case in CASES:
        answer = ask(
            server.port,
            case.method,
            f"/management-api{case.path}",
            {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"},
            case.body or None,
        )
        assert answer.status == case.status, answer
        headers = [pair for pair in answer.headers if pair[0] not in ("date", "connection")]
        path = f"/management-api{case.path}".partition("?")[0]
        repeated.append([case.method, path, answer.status, headers, answer.body.decode()])
    return repeated


# --------------------------------------------------------------------------------------------- measuring


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--seconds", type=float, default=2.0, help="of load for each figure of a round [2]")
    parser.add_argument("--rounds", type=int, default=5, help="[5]")
    parser.add_argument("--connections", type=int, default=32, help="[32]")
    given = parser.parse_args()
    compare(given.rounds, given.seconds, given.connections)


def compare(rounds: int = 5, seconds: float = 2.0, connections: int = 32) -> None:
    """Measure, and print the table."""
    for_servers, for_load = cores()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        here = Path(folder)
        (here / "bench.yaml").write_text(fixture_text(), encoding="utf-8")
        fixture = ("--fixture", str(here / "bench.yaml"))

        starts, idle = [], []
        for _ in range(5):
            with emulator("start", (), for_servers) as started:
                starts.append(started.started)
                idle.append(started.memory())

        memory = stack.enter_context(emulator("in memory", CASES, for_servers, *fixture))
        durable = stack.enter_context(
            emulator("durable", (POST,), for_servers, *fixture, "--data", str(here / "world.sqlite"))
        )
        (here / "answers.json").write_text(json.dumps(same_answers(memory)), encoding="utf-8")
        yardstick = stack.enter_context(bare(here / "answers.json", for_servers))
        servers = (yardstick, memory, durable)
        pin(0, for_load)

        print(
            f"{rounds} rounds of {seconds:g} s, {connections} connections, Python {sys.version.split()[0]}, "
            + ("one core for the servers, one for the load" if for_load is not None else "cores shared by all")
        )
        busiest = 0.0
        for number in range(rounds):
            for case in CASES:
                for server in servers:
                    if case in server.cases:
                        busiest = max(busiest, server.measure(case, connections, seconds))
            print(f"round {number + 1} done", file=sys.stderr)

        print()
        print(f"{'':24}{'bare µs':>8}{'ours µs':>9}{'ratio':>8}{'must':>7}{'reach':>7}")
        for case in CASES:
            report(case.name, yardstick.rates[case.name], memory.rates[case.name], AIMS[case.name])
        report("POST SMS, with --data", yardstick.rates[POST.name], durable.rates[POST.name], AIM_DURABLE)
        memory.prepare()
        start, resident, after = statistics.median(starts), statistics.median(idle), memory.memory()
        slow = slowness(yardstick)
        most = AIM_START * slow
        print()
        print(f"this machine takes      {slow:6.1f} times as long as the one that the aim for the start was set on")
        print(f"start, demo world       {start:6.2f} s   aim {most:.2f} s{verdict(start <= most)}")
        print(f"memory, idle            {resident:6.1f} MB  aim {AIM_IDLE} MB{verdict(resident <= AIM_IDLE)}")
        print(f"memory, after the load  {after:6.1f} MB  (reset; bare {yardstick.memory():.1f} MB)")
        print(f"the load generator used {busiest:.0%} of its core at most" + (", TOO MUCH" if busiest > 0.9 else ""))


def report(name: str, yardstick: list[Rate], ours: list[Rate], aims: tuple[float, float]) -> None:
    """A line of the table: medians of processor time, and the median of the rounds' ratios with their range."""
    ratios = [mine.a_cpu_second / bare.a_cpu_second for mine, bare in zip(ours, yardstick, strict=True)]
    ratio = statistics.median(ratios)
    bare, mine = (statistics.median(1e6 / rate.a_cpu_second for rate in rates) for rates in (yardstick, ours))
    must, reach = aims
    print(
        f"{name:24}{bare:8,.0f}{mine:9,.0f}{ratio:8.2f}{must:7.2f}{reach:7.2f}"
        f"  ({min(ratios):.2f} to {max(ratios):.2f}){verdict(ratio >= must)}"
    )


def slowness(yardstick: Server) -> float:
    """How many times as long this machine takes, with all else that it does, as the one that the aims were set on."""
    return statistics.median(1e6 / rate.a_cpu_second for rate in yardstick.rates[GET_ONE.name]) / BARE_GET


def verdict(met: bool) -> str:
    return "" if met else "  MISSED"


if __name__ == "__main__":
    main()
