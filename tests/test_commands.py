"""The commands that talk to a running emulator, as they are typed: what they print, and how they end."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import httpx2
import pytest
from click.testing import CliRunner, Result

from operator_emulator.app import create_app
from operator_emulator.cli import main
from operator_emulator.cli.command import connect
from operator_emulator.cli.journal import show_exchange
from operator_emulator.cli.messages import STATUSES, show_try
from operator_emulator.cli.sims import DEVICE, STATES
from operator_emulator.client import Exchange
from operator_emulator.core.customers.model import SimState
from operator_emulator.core.network.model import DeviceStatus, SmsStatus
from operator_emulator.settings import Settings
from operator_emulator.testing.server import Server
from tests.conftest import ATTACHED, DISABLED, FIXTURE, FOREIGN, ISSUED, OFFLINE, ONLINE, Customer

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def endpoint() -> Customer:
    return Customer()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, endpoint: Customer) -> Iterator[Server]:
    path = tmp_path_factory.mktemp("world") / "fixture.yaml"
    path.write_text(FIXTURE, encoding="utf-8")
    with Server(lambda: create_app(Settings(fixture=path, clock="manual"), transport=endpoint)) as server:
        yield server


def typed(*words: str, url: str) -> Result:
    return CliRunner().invoke(main, words, env={"OPERATOR_EMULATOR_URL": url})


@pytest.fixture
def run(served: Server, endpoint: Customer) -> Run:
    """Type a command; it must end well unless another exit code is expected."""
    endpoint.answers.clear()
    endpoint.received.clear()

    def type_in(*words: str, code: int = 0) -> Result:
        result = typed(*words, url=served.url)
        assert result.exit_code == code, result.output
        return result

    type_in("reset")
    return type_in


def read(result: Result) -> Any:
    return json.loads(result.stdout)


# --------------------------------------------------------------------------------------------- the world and its time


def test_reset_says_what_there_is_now(run: Run) -> None:
    """Time and SIMs are as at the start."""
    run("clock", "advance", "1d")
    said = run("reset").stdout
    assert said == "6 SIMs, 2 organisations. It is 2026-01-01 00:00:00 UTC (manual clock); 1 job scheduled.\n"


def test_the_clock_is_shown_unless_something_else_is_asked_of_it(run: Run) -> None:
    """``clock``, ``clock --json`` and ``clock show`` are one; help is help."""
    assert "2026-01-01 00:00:00 UTC (manual clock)" in run("clock").stdout
    assert read(run("clock", "--json")) == read(run("clock", "show", "--json"))
    assert "advance" in run("clock", "--help").stdout


@pytest.mark.parametrize(
    ("duration", "now"),
    [
        ("90", "2026-01-01 00:01:30"),
        ("0.5", "2026-01-01 00:00:00"),
        ("90s", "2026-01-01 00:01:30"),
        ("2h30m", "2026-01-01 02:30:00"),
        ("1d12h", "2026-01-02 12:00:00"),
        ("1d 1s", "2026-01-02 00:00:01"),
        ("0", "2026-01-01 00:00:00"),
    ],
)
def test_time_passes_as_people_write_it(run: Run, duration: str, now: str) -> None:
    """Seconds without a unit; units from seconds to years, together too."""
    assert run("clock", "advance", duration).stdout.startswith(f"It is {now} UTC; ")


def test_time_passes_to_an_instant_and_until_something(run: Run) -> None:
    """--to and --until, instead of a duration."""
    assert "2026-01-01 12:00:00" in run("clock", "advance", "--to", "2026-01-01T12:00:00Z").stdout
    assert read(run("clock", "advance", "--until", "next-job", "--json"))["jobs_run"] >= 1


@pytest.mark.parametrize(
    "words",
    [
        ("advance",),
        ("advance", "1h", "--until", "idle"),
        ("advance", "soon"),
        ("advance", "-5"),
        ("advance", "1.2.3"),
        ("set",),
        ("set", "--mode", "sideways"),
        ("sideways",),
    ],
)
def test_wrong_usage_is_exit_code_2(run: Run, words: tuple[str, ...]) -> None:
    """And says how it is used."""
    assert "Usage: main clock" in run("clock", *words, code=2).stderr


def test_the_pace_of_time_is_set(run: Run) -> None:
    """Real, so many times as fast; and manual again."""
    assert "(real clock, speed 60)" in run("clock", "set", "--mode", "real", "--speed", "60").stdout
    assert "(manual clock)" in run("clock", "set", "--mode", "manual").stdout
    assert "2026-01-05 00:00:00" in run("clock", "set", "--now", "2026-01-05T00:00:00Z").stdout


def test_jobs_are_listed(run: Run) -> None:
    """What is due when."""
    assert "housekeeping" in run("clock", "jobs").stdout
    assert {"id", "due", "kind", "about"} == set(read(run("clock", "jobs", "--json"))[0])


def test_worlds_are_kept_and_put_back(run: Run) -> None:
    """Save, list, restore, delete; one that is not there is refused."""
    assert run("snapshot", "list").stdout == "No snapshots.\n"
    assert run("snapshot", "save", "noon").stdout == "Saved as noon: 6 SIMs at 2026-01-01 00:00:00 UTC.\n"
    run("clock", "advance", "1h")
    assert "noon  2026-01-01 00:00:00" in run("snapshot", "list").stdout
    assert "2026-01-01 00:00:00 UTC" in run("snapshot", "restore", "noon").stdout
    assert run("snapshot", "delete", "noon", "--json").stdout == ""
    assert run("snapshot", "restore", "noon", code=1).stderr.startswith("Error: ")


# --------------------------------------------------------------------------------------------- SIMs and devices


def test_sims_are_listed_whoever_owns_them(run: Run) -> None:
    """A table in a terminal, the control plane's JSON for scripts, and filters for both."""
    lines = run("sim", "list").stdout.splitlines()
    assert lines[0].split() == [
        "ICCID",
        "LABEL",
        "ORGANISATION",
        "CORE",
        "STATE",
        "DEVICE",
        "RAT",
        "NETWORK",
        "MB-LEFT",
        "SMS-LEFT",
    ]
    assert [line.split()[0] for line in lines[1:]] == [ONLINE, ATTACHED, OFFLINE, DISABLED, ISSUED, FOREIGN]
    assert [sim["iccid"] for sim in read(run("sim", "list", "--organisation", "5136", "--json"))] == [FOREIGN]
    assert [sim["iccid"] for sim in read(run("sim", "list", "--state", "issued", "--json"))] == [ISSUED]
    assert [sim["iccid"] for sim in read(run("sim", "list", "--device", "online", "--json"))] == [ONLINE]
    assert run("sim", "list", "--label", "none such").stdout == "No matching SIMs.\n"


def test_one_sim_is_shown_in_full(run: Run) -> None:
    """One fact a line; one that is not there is refused in one line."""
    said = run("sim", "show", ONLINE).stdout
    assert f"ICCID            {ONLINE}\n" in said
    assert "Session          since 2025-12-31 06:21:03\n" in said
    assert "Data             500 of 500 MB left\n" in said
    assert "Session          –\n" in run("sim", "show", ISSUED).stdout
    assert (
        run("sim", "show", "8988228066600009999", code=1).stderr == "Error: no SIM has the ICCID 8988228066600009999\n"
    )


@pytest.mark.parametrize("name", ["../faults", "..", ".", "a/b", "a?b", "a#b", "%2e%2e/faults", "ä"])
def test_a_name_leads_nowhere_else(run: Run, name: str) -> None:
    """Whatever characters are in an argument, it stays one segment of a path."""
    run("faults", "add", "maintenance")
    run("snapshot", "delete", name, code=1)
    assert len(read(run("faults", "list", "--json"))["faults"]) == 1


@pytest.mark.parametrize("words", [("sim", "show"), ("sim", "online"), ("snapshot", "delete"), ("sim", "inbox")])
def test_an_empty_argument_is_refused(run: Run, words: tuple[str, ...]) -> None:
    """In one line; it would be the path of something else."""
    assert "must not be empty" in run(*words, "", code=1).stderr


def test_a_refusal_names_its_field_once(run: Run) -> None:
    """The sentence of the control plane has it already."""
    assert run("faults", "add", "unheard-of", code=1).stderr.startswith("Error: point: is required unless name is")


def test_a_device_is_played(run: Run) -> None:
    """Online, attached, offline, in a network of one's choice."""
    assert (
        run("sim", "online", OFFLINE, "--network", "26202", "--rat", "LTE").stdout
        == "ONLINE in Vodafone (26202), LTE\n"
    )
    assert run("sim", "attach", OFFLINE).stdout == "ATTACHED in Vodafone (26202), LTE\n"
    assert run("sim", "offline", OFFLINE).stdout == "OFFLINE\n"


def test_what_the_network_refuses_is_exit_code_1(run: Run) -> None:
    """The device is shown as it remained, and why is said on standard error."""
    refused = run("sim", "online", DISABLED, code=1)
    assert refused.stdout == "OFFLINE\n"
    assert refused.stderr == "Error: the network refused: SIM_SUSPENDED\n"
    assert read(run("sim", "online", DISABLED, "--json", code=1))["cause"] == "SIM_SUSPENDED"


def test_a_device_sends_and_its_message_is_pushed(run: Run, endpoint: Customer) -> None:
    """The message leaves with time, is listed, and so is what was owed for it."""
    endpoint.answers.append(500)
    said = run("sim", "send-mo", ONLINE, "temperature=21.5", "--to", "12345").stdout
    assert said == "Message 1 is queued; the device sends it when the clock advances.\n"
    assert read(run("sim", "send-mo", ONLINE, "00ff", "--dcs", "4", "--json"))["id"] == 2
    said = run("sim", "send-mo", ONLINE, "x" * 161).stdout
    assert said == "Messages 3, 4 are queued; the device sends them when the clock advances.\n"
    run("clock", "advance", "0")
    assert "temperature=21.5" in run("sms", "list", ONLINE, "--direction", "mo").stdout
    assert run("sms", "list", OFFLINE).stdout == "No matching messages.\n"
    owed = run("callbacks", "list", "--fate", "owed").stdout.splitlines()
    assert owed[1].split()[:6] == ["1", "mo-received", ONLINE, "1", "owed", "500"]
    assert "taken  500 200" in run("callbacks", "retry", "1").stdout
    assert run("callbacks", "list", "--fate", "owed").stdout == "No matching callbacks.\n"
    assert run("callbacks", "retry", "1", code=1).stderr.startswith("Error: ")


def test_an_sms_is_sent_to_a_device_which_shows_what_it_received(run: Run) -> None:
    """As text, or in hex when it is none."""
    assert run("sim", "inbox", ONLINE).stdout == "No messages received.\n"
    said = run("sms", "send", ONLINE, "wake up", "--from", "12345").stdout
    assert said == f"Message 1 to {ONLINE} submitted; delivery starts when the clock advances.\n"
    assert read(run("sms", "send", ONLINE, "00ff", "--dcs", "4", "--json"))["status"] == "PENDING"
    run("clock", "advance", "1m")
    _, text, binary = run("sim", "inbox", ONLINE).stdout.splitlines()
    assert text.split()[2:] == ["12345", "–", "wake", "up"]
    assert binary.endswith("00ff")
    assert len(read(run("sim", "inbox", ONLINE, "--json"))) == 2
    assert "no SIM has the ICCID" in run("sms", "send", "8988228066600009999", "hello", code=1).stderr


def test_a_token_opens_the_management_api(served: Server, run: Run) -> None:
    """That of the first user, or of the one that is named."""
    for words in ((), ("other",)):
        token = run("token", *words).stdout.strip()
        answer = httpx2.get(
            f"{served.url}/management-api/v1/sims", headers={"Authorization": f"Bearer {token}"}, trust_env=False
        )
        assert answer.status_code == 200
        assert (FOREIGN in answer.text) == (words == ("other",))
    assert read(run("token", "--json"))["token_type"] == "bearer"
    assert (
        run("token", "viewer", code=1).stderr
        == "Error: no user or application is called viewer; choose one of demo, other\n"
    )


def test_a_token_opens_the_service_portal() -> None:
    """By the name of an application; a world may have nobody to log in."""
    with Server(create_app) as server:
        token = typed("token", "portal-demo", url=server.url).stdout.strip()
        address = f"{server.url}/iot/connectivity/management/v1/partners/100013/sims"
        answer = httpx2.get(address, headers={"Authorization": f"Bearer {token}"}, trust_env=False)
        assert answer.status_code == 200
        with connect(server.url, None) as emulator:
            emulator.load({"version": 1, "organisations": [{"id": 1}]})
        nobody = typed("token", url=server.url)
        assert (nobody.exit_code, nobody.stderr) == (1, "Error: no credentials: this world has no users\n")


def test_messages_are_listed_by_status(run: Run) -> None:
    """In upper or lower case; a status that does not exist is wrong usage."""
    run("sim", "send-mo", ONLINE, "hello")
    run("clock", "advance", "1m")
    assert "hello" in run("sms", "list", "--status", "delivered").stdout
    assert run("sms", "list", "--status", "FAILED").stdout == "No matching messages.\n"
    assert "'LOST' is not one of 'pending', " in run("sms", "list", "--status", "LOST", code=2).stderr


@pytest.mark.parametrize(
    ("one", "shown"),
    [
        ({"status": 503, "problem": None}, "503"),
        ({"status": None, "problem": "refused"}, "×"),
        ({"status": None, "problem": None}, "…"),
    ],
)
def test_a_try_is_one_sign(one: dict[str, Any], shown: str) -> None:
    """A status, or that no answer came, or that it is still in progress."""
    assert show_try(one) == shown


def test_data_is_used(run: Run) -> None:
    """Until the volume is used up, which ends the session."""
    assert run("sim", "use", ONLINE, "--tx", "0.5", "--rx", "2").stdout.endswith(
        "0.5 MB sent, 2 MB received in this session\n"
    )
    assert run("sim", "use", ONLINE, "--rx", "900").stdout.endswith(
        "the data volume is used up, so the session was closed\n"
    )
    assert "give --tx, --rx or both" in run("sim", "use", ONLINE, code=2).stderr


# --------------------------------------------------------------------------------------------- data streams


def test_data_streams_come_and_go(run: Run, endpoint: Customer) -> None:
    """Created with a user or with the Basic value itself, shown with what came of the latest attempt."""
    assert run("data-streams", "list").stdout == "No data streams.\n"
    run("data-streams", "create", "4321", "events", "http://customer.test/in", "--user", "me:secret")
    run(
        "data-streams",
        "create",
        "4321",
        "usage",
        "http://customer.test/in",
        "--authorization",
        "eA==",
        "--generation",
        "ds1",
    )
    endpoint.answers = [503]
    run("sim", "online", OFFLINE)
    run("clock", "advance", "5s")
    first, second = read(run("data-streams", "list", "--json"))
    assert (first["state"], first["attempts"][0]["status"], second["generation"]) == ("RUNNING", 503, "ds1")
    assert " 503 " in run("data-streams", "list").stdout
    assert dict(endpoint.received[0].headers)["Authorization"] == "Basic bWU6c2VjcmV0"
    assert "PAUSED" in run("data-streams", "pause", "1").stdout
    assert "RUNNING" in run("data-streams", "resume", "1").stdout
    assert "only a FAILED one can do that" in run("data-streams", "restart", "1", code=1).stderr
    assert run("data-streams", "remove", "2").stdout == "Removed.\n"
    assert "no data stream has the id 2" in run("data-streams", "remove", "2", code=1).stderr
    assert "is not one of 'events', 'usage', 'sms'" in run("data-streams", "create", "1", "x", "y", code=2).stderr


# --------------------------------------------------------------------------------------------- faults and the journal


def test_faults_come_and_go(run: Run) -> None:
    """Predefined ones by name, others by what they do."""
    assert "No active faults. Predefined: unauthorized-once, " in run("faults", "list").stdout
    run("faults", "add", "maintenance")
    own = run(
        "faults", "add", "busy", "--point", "http", "--match", '{"method": "POST"}', "--effect", '{"status": 503}',
        "--probability", "0.5", "--times", "2", "--json",
    )  # fmt: skip
    assert (read(own)["match"], read(own)["times"]) == ({"method": "POST"}, 2)
    listed = run("faults", "list").stdout
    assert '{"method":"POST"}  {"status":503}' in listed
    run("faults", "remove", "1")
    assert [one["name"] for one in read(run("faults", "list", "--json"))["faults"]] == ["busy"]
    run("faults", "clear")
    assert read(run("faults", "list", "--json"))["faults"] == []


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("add", "x", "--match", "nonsense"), 2, "is not JSON"),
        (("add", "x", "--effect", "[]"), 2, "is not a JSON object"),
        (("add", "x"), 1, "point: is required"),
        (("remove", "77"), 1, "no fault has the id 77"),
    ],
)
def test_nonsense_about_faults_is_refused(run: Run, words: tuple[str, ...], code: int, says: str) -> None:
    """By this program as wrong usage, by the emulator with the field."""
    assert says in run("faults", *words, code=code).stderr


def test_the_journal_is_shown_with_what_is_odd(run: Run, endpoint: Customer) -> None:
    """A line an exchange, and below it faults, problems and breaches of the description."""
    assert run("journal").stdout == "No matching exchanges.\n"
    endpoint.answers.append("connection refused")
    run("sim", "send-mo", ONLINE, "hello")
    run("faults", "add", "later", "--point", "callback", "--effect", '{"status": 503}', "--match", '{"event": "none"}')
    run("clock", "advance", "0")
    heading, line, odd = run("journal").stdout.splitlines()
    assert heading.split() == ["ID", "TIME", "WAY", "METHOD", "STATUS", "MS", "PATH"]
    assert line.split()[:6] == ["1", "2026-01-01", "00:00:00", "out", "POST", "–"]
    assert odd.strip() == "no answer: connection refused"
    assert read(run("journal", "--direction", "inbound", "--json")) == []
    assert len(read(run("journal", "show", "--method", "post", "--limit", "5", "--json"))) == 1
    run("journal", "clear")
    assert read(run("journal", "--json")) == []


def test_faults_and_breaches_are_odd_too() -> None:
    """Both are told below the exchange."""
    exchange = {
        "id": 7,
        "at": "2026-01-01T00:00:00Z",
        "direction": "inbound",
        "method": "GET",
        "status": 429,
        "milliseconds": 0.25,
        "path": "/management-api/v1/sims",
        "fault": "rate-limited",
        "problem": None,
        "findings": ["query pageSize: too large"],
    }
    line, fault, finding = show_exchange(Exchange.read(exchange)).splitlines()
    assert line.split() == ["7", "2026-01-01", "00:00:00", "in", "GET", "429", "0.2", "/management-api/v1/sims"]
    assert (fault.strip(), finding.strip()) == ("fault: rate-limited", "contract: query pageSize: too large")


def test_one_exchange_is_shown_in_full(run: Run) -> None:
    """By its id, with headers and bodies."""
    run("sim", "send-mo", ONLINE, "hello")
    run("clock", "advance", "0")
    shown = run("journal", "show", "1").stdout
    assert "out POST" in shown
    assert "Request\n  content-type: application/json" in shown
    assert '"payload":"hello"' in shown
    assert run("journal", "1").stdout == shown
    assert read(run("journal", "1", "--json"))["id"] == 1
    assert run("journal", "show", "77", code=1).stderr == "Error: the journal has no exchange 77\n"


def test_the_journal_is_followed(served: Server, run: Run) -> None:
    """What comes later is shown as it comes, through a reset, which begins its numbers again."""
    run("sim", "send-mo", ONLINE, "one")
    run("clock", "advance", "0")
    meanwhile: Iterator[list[tuple[str, ...]]] = iter(
        [
            [],
            [("sim", "send-mo", ONLINE, "two"), ("clock", "advance", "0")],
            [("reset",), ("sim", "send-mo", ONLINE, "three"), ("clock", "advance", "0")],
        ]
    )

    def pause() -> None:
        for words in next(meanwhile):
            run(*words)

    with connect(served.url, None) as emulator:
        exchanges = emulator.follow(direction="outbound", pause=pause)
        seen = [next(exchanges) for _ in range(3)]
    assert [one.id for one in seen] == [1, 2, 1]
    assert [one.body["payload"] for one in seen] == ["one", "two", "three"]


@pytest.mark.parametrize(("how", "first"), [((), "   ID TIME "), (("--json",), '{"id": 1, ')])
def test_following_ends_with_an_interrupt(served: Server, run: Run, how: tuple[str, ...], first: str) -> None:
    """As a process in a terminal: a line as soon as there is one, and no complaint about Ctrl-C."""
    run("sim", "send-mo", ONLINE, "hello")
    run("clock", "advance", "0")
    command = [sys.executable, "-m", "operator_emulator", "journal", "--follow", "--url", served.url, *how]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith(first)
            process.send_signal(signal.SIGINT)
            _, complaints = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, complaints) == (0, "")


def heed_interrupts() -> None:
    """A shell starts what it runs in the background with SIGINT ignored, and Python leaves it so."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize(("how", "shown"), [((), "out POST"), (("--json",), '"id": 7')])
def test_following_ends_when_the_emulator_does(how: tuple[str, ...], shown: str) -> None:
    """What had come is shown, and why there is no more is one line."""
    exchange = {"id": 7, "direction": "outbound", "method": "POST", "path": "/", "at": "2026-01-01T00:00:00Z"}
    nothing_odd: dict[str, Any] = {"status": 200, "milliseconds": 1.0, "fault": None, "problem": None, "findings": []}
    journal = {"exchanges": [{**exchange, **nothing_odd}], "last": 7, "let_go": 6}
    answers = iter([(200, journal), (503, {"error": "the disk is full"})])

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for part in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{part}.complete"})
            return
        status, body = next(answers)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    with Server(lambda: app) as server:  # type: ignore[arg-type, return-value]
        result = typed("journal", "--follow", *how, url=server.url)
    assert shown in result.stdout
    assert (result.exit_code, result.stderr) == (1, "Error: the disk is full\n")


# --------------------------------------------------------------------------------------------- who and where


def test_nobody_there_is_one_line_with_what_to_do() -> None:
    """Exit code 1, for every command."""
    result = typed("sim", "list", url="http://127.0.0.1:9")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert (
        "start one with 'operator-emulator serve', or give its URL with --url or OPERATOR_EMULATOR_URL" in result.stderr
    )


def test_a_token_opens_what_needs_one(tmp_path: Path) -> None:
    """As an option, and from the environment; without it the emulator says what is missing."""
    with Server(lambda: create_app(Settings(clock="manual", control_token="s3cret"))) as server:
        right = ("clock", "--url", server.url, "--control-token", "s3cret")
        assert typed(*right, url="").exit_code == 0
        wrong = CliRunner().invoke(
            main, ["clock", "--url", server.url], env={"OPERATOR_EMULATOR_CONTROL_TOKEN": "guess"}
        )
        assert wrong.exit_code == 1
        assert "X-Emulator-Token" in wrong.stderr


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_output_that_is_not_unicode_escapes_what_it_lacks(served: Server, run: Run, encoding: str) -> None:
    """A table as far as the encoding goes; JSON that is the same JSON in every encoding."""
    with connect(served.url, None) as emulator:
        emulator.organisations.create(id=77).add_sim("水泵 “7” ł")
    command = [sys.executable, "-m", "operator_emulator", "sim", "list", "--url", served.url, "--organisation", "77"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    for how in ((), ("--json",)):
        done = subprocess.run([*command, *how], capture_output=True, env=environment, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout.decode(encoding))[0]["label"] == "水泵 “7” ł"


def test_a_table_fits_its_terminal(served: Server, run: Run) -> None:
    """What is too wide for it is cut; in a pipe nothing is."""
    assert max(map(len, run("sim", "list").stdout.splitlines())) > 40
    terminal, program = os.openpty()
    command = [sys.executable, "-m", "operator_emulator", "sim", "list", "--url", served.url]
    subprocess.run(command, stdout=program, env={**os.environ, "COLUMNS": "40"}, check=True, timeout=60)
    lines = os.read(terminal, 10_000).decode().splitlines()
    os.close(program)
    os.close(terminal)
    assert len(lines) == 7
    assert max(map(len, lines)) == 40


def every_command(group: click.Group) -> Iterator[click.Command]:
    for one in group.commands.values():
        yield one
        if isinstance(one, click.Group):
            yield from every_command(one)


@pytest.mark.parametrize("command", list(every_command(main)), ids=lambda command: command.name)
def test_every_command_says_what_it_does(command: click.Command) -> None:
    """In one line, and so does each of its options."""
    assert command.help
    for parameter in command.params:
        assert not isinstance(parameter, click.Option) or parameter.help, parameter.name


def test_choices_are_those_of_the_emulator() -> None:
    """The command line does not import the emulator to know them."""
    assert set(STATES) == set(SimState)
    assert set(DEVICE) == set(DeviceStatus)
    assert set(STATUSES) == {status.name for status in SmsStatus}
