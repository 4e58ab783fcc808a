"""The pytest plugin: pytest inside pytest, as somebody runs it who has only installed the package."""

import re
import subprocess
import sys
from pathlib import Path

import aiohttp
import httpcore
import httpcore2
import httpx
import httpx2
import pytest

import operator_emulator.testing.session
from operator_emulator.app import create_app
from operator_emulator.settings import Settings
from operator_emulator.testing.server import Server
from tests.conftest import FIXTURE, ONLINE

TOP = Path(__file__).parents[1]
GUIDE = (TOP / "docs" / "pytest.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^### ([^\n]+)\n.*?^```python\n(.*?)^```$", GUIDE, re.M | re.S)

pytest_plugins = ["pytester"]

# pytest inside this process forgets the modules that it imports: what has exceptions to be caught is imported before.
IMPORTED = (operator_emulator.testing.session, aiohttp, httpx, httpx2, httpcore, httpcore2)


def passed(result: pytest.RunResult, **outcomes: int) -> None:
    result.assert_outcomes(**outcomes)
    result.stdout.no_fnmatch_line("*Warning*")


# --------------------------------------------------------------------------------------------- the guide is true


def test_the_guide_has_five_tests() -> None:
    """Each under a heading of its own."""
    assert len(EXAMPLES) == 5


@pytest.mark.parametrize("text", [text for _, text in EXAMPLES], ids=[title for title, _ in EXAMPLES])
def test_each_test_of_the_guide_runs_as_it_stands(pytester: pytest.Pytester, text: str) -> None:
    """Copied from the page into a file."""
    pytester.makepyfile(text)
    passed(pytester.runpytest_inprocess("-W", "error"), passed=1)


def test_the_guide_runs_in_parallel(pytester: pytest.Pytester) -> None:
    """Every worker has an emulator of its own."""
    for number, (_, text) in enumerate(EXAMPLES):
        pytester.makepyfile(**{f"test_{number}": text})
    passed(pytester.runpytest_subprocess("-W", "error", "-n", "2"), passed=5)


def test_the_guide_names_all_options(pytester: pytest.Pytester) -> None:
    """Those of --help, and the other way round."""
    helped = pytester.runpytest_inprocess("--help").stdout.str()
    assert set(re.findall(r"--emulator-[a-z-]+", helped)) == set(re.findall(r"--emulator-[a-z-]+", GUIDE))


# --------------------------------------------------------------------------------------------- a world for each test


def test_every_test_begins_at_the_beginning(pytester: pytest.Pytester) -> None:
    """Time, ids, tokens, faults and journal: whatever the test before has done with them."""
    pytester.makepyfile("""
        import pytest

        seen = []

        @pytest.mark.parametrize("time", range(2))
        def test_a_story(emulator, customer, sim, time):
            assert emulator.journal() == emulator.snapshots.list() == emulator.faults.list() == []
            first = emulator.token(), emulator.credentials, sim.iccid, emulator.clock.now
            assert not seen or seen == [first]
            seen.append(first)
            sim.attach()
            assert sim.send_mo("hello") == 1
            emulator.clock.advance(days=400)
            emulator.clock.set("real", speed=1000)
            emulator.faults.add("maintenance")
            emulator.snapshots.save("later")
            customer.expect_one("POST", json={"payload": "hello"})
        """)
    passed(pytester.runpytest_inprocess("-W", "error"), passed=2)


def test_as_many_sims_as_a_test_wants(pytester: pytest.Pytester) -> None:
    """Three, unless its marker says otherwise; the marker is a known one."""
    pytester.makepyfile("""
        import pytest

        def test_three(emulator, sim):
            assert len(emulator.sims) == 3
            assert emulator.sims[0] == sim and len({sim, *emulator.sims}) == 3
            assert repr(emulator) == "Emulator(Organisation(100001, 'Organisation 100001'))"

        @pytest.mark.operator_emulator(sims=0)
        def test_none(emulator, make_sim):
            assert emulator.sims == ()
            pump = make_sim("Pump 7", device="ONLINE", operator="26202", state="Activated", data_left=0.5)
            assert emulator.sims == (pump,)
            assert emulator.sim(pump.iccid).device.operator["name"] == "Vodafone"
            assert pump.show().data_quota["left"] == 0.5
        """)
    passed(pytester.runpytest_inprocess("-W", "error", "--strict-markers"), passed=2)


def test_sims_are_those_of_a_restored_snapshot(pytester: pytest.Pytester) -> None:
    """A SIM that was made after a snapshot is gone when the snapshot is back."""
    pytester.makepyfile("""
        def test_back(emulator, make_sim):
            before = emulator.sims
            emulator.snapshots.save("before")
            assert make_sim() in emulator.sims
            emulator.snapshots.restore("before")
            assert emulator.sims == before
        """)
    passed(pytester.runpytest_inprocess("-W", "error"), passed=1)


def test_what_happened_is_asked_of_ones_own(pytester: pytest.Pytester) -> None:
    """Journal, messages and callbacks; and a failed verification is a failed test, with near misses."""
    pytester.makepyfile("""
        def test_looking(emulator, customer, sim):
            sim.attach().send_mo("hello")
            emulator.clock.advance()
            (message,) = emulator.messages(direction="MO")
            (owed,) = emulator.callbacks(sms=message.id)
            (exchange,) = emulator.journal(direction="outbound")
            assert owed.url == customer.url == exchange.path
            assert emulator.wait("callbacks", fate="taken") == [owed]
            assert emulator.wait("exchanges", method="POST", direction="outbound") == [exchange]

        def test_failing(emulator, sim):
            sim.attach().send_mo("hello")
            emulator.clock.advance()
            emulator.verify(body={"payload": "bye"})
        """)
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*verify(body=*", "*0 exchanges match, not 1 or more*"])
    result.stdout.no_fnmatch_line("*testing?emulator.py*")


def test_in_real_time_one_waits(pytester: pytest.Pytester) -> None:
    """Whoever lets time pass by itself waits for what it brings, in the emulator or at the endpoint."""
    pytester.makepyfile("""
        def test_waiting(emulator, customer, sim):
            emulator.clock.set("real", speed=1000)
            sim.attach().send_mo("hello")
            emulator.wait("callbacks", fate="taken", timeout=30)
            sim.send_mo("again")
            assert customer.wait_for("POST", json={"payload": "again"}, timeout=30)
        """)
    passed(pytester.runpytest_inprocess("-W", "error"), passed=1)


# --------------------------------------------------------------------------------------------- options


@pytest.fixture
def world(pytester: pytest.Pytester) -> Path:
    nobody = "  - {id: 5137, name: Nobody, users: [{username: looker, password: looker, role: portal}]}\n"
    return Path(pytester.makefile(".yaml", world=FIXTURE + nobody))


WITH_FIXTURE = f"""
    import pytest

    def test_the_first_organisation(emulator, customer):
        assert emulator.organisation.id == 4321
        assert emulator.credentials == ("demo", "demo")
        assert [sim.iccid for sim in emulator.sims][0] == "{ONLINE}"
        emulator.sims[0].send_mo("hello")
        emulator.clock.advance()
        customer.expect_one("POST")

    @pytest.mark.operator_emulator(organisation=5136)
    def test_another_one(emulator):
        assert emulator.credentials.username == "other"

    @pytest.mark.operator_emulator(organisation=5137)
    def test_one_without_a_user_for_the_api(emulator):
        with pytest.raises(LookupError, match="no user who may use the API"):
            emulator.credentials
"""


@pytest.mark.parametrize("how", ["command line", "ini-file"])
def test_a_world_of_ones_own(pytester: pytest.Pytester, world: Path, how: str) -> None:
    """By option or by ini-file, where a path begins at that file; the organisation is one of that world."""
    pytester.makepyfile(WITH_FIXTURE)
    if how == "ini-file":
        pytester.makeini("[pytest]\nemulator_fixture = world.yaml")
    below = pytester.mkdir("below")
    options = [] if how == "ini-file" else ["--emulator-fixture", "../world.yaml"]
    pytester.chdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(below)
        passed(pytester.runpytest_inprocess("-W", "error", pytester.path, *options), passed=3)


@pytest.mark.parametrize(
    ("marker", "fixture", "says"),
    [
        ("organisation=7", FIXTURE, "the fixture has no organisation 7"),
        ("sims=7", FIXTURE, "the fixture defines the SIMs; add more with make_sim*"),
        ("", "version: 1\norganisations: []", "the fixture has no organisation"),
        (
            "organisation=7",
            None,
            "organisation 7 does not exist; define it in a fixture and pass that as --emulator-fixture",
        ),
        ("", "version: 7", "*version*"),
        ("", "", "*world.yaml*"),
    ],
)
def test_what_cannot_be_had_is_one_line(pytester: pytest.Pytester, marker: str, fixture: str | None, says: str) -> None:
    """An error of the test, without a traceback."""
    pytester.makepyfile(f"""
        import pytest

        @pytest.mark.operator_emulator({marker})
        def test_something(emulator):
            raise NotImplementedError
        """)
    options = []
    if fixture is not None:
        options = ["--emulator-fixture", "world.yaml"]
    if fixture:
        pytester.makefile(".yaml", world=fixture)
    result = pytester.runpytest_inprocess(*options)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([says])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_another_edition(pytester: pytest.Pytester) -> None:
    """What the operator's version is, an option says; a wrong one is told which there are."""
    pytester.makepyfile("""
        def test_edition(emulator):
            assert emulator.client.health()["edition"] == "bsc-2019"
        """)
    passed(pytester.runpytest_inprocess("-W", "error", "--emulator-edition", "bsc-2019"), passed=1)
    result = pytester.runpytest_inprocess("--emulator-edition", "acme")
    result.stdout.fnmatch_lines(["*edition must be one of 1nce, *"])


def test_without_any_socket(pytester: pytest.Pytester) -> None:
    """The transport leads in, a function leads out; whoever opens one fails."""
    pytester.makeconftest("""
        import socket

        import pytest

        @pytest.fixture(autouse=True)
        def no_sockets(operator_emulator, monkeypatch):
            monkeypatch.setattr(socket, "socket", None)
        """)
    pytester.makepyfile("""
        import httpx

        def test_both_ways(emulator, customer, sim):
            client = httpx.Client(transport=emulator.asgi_transport, base_url=emulator.management_url)
            headers = {"Authorization": f"Bearer {emulator.token()}"}
            sent = client.post(f"/v1/sims/{sim.iccid}/sms", headers=headers, json={"payload": "hello"})
            assert sent.status_code == 201
            sim.attach()
            customer.answer_with(500, times=1)
            emulator.clock.advance(minutes=5)
            assert customer.url.startswith("http://customer.test/")
            customer.expect(2, "PATCH")
        """)
    passed(pytester.runpytest_inprocess("-W", "error", "--emulator-in-process"), passed=1)


# --------------------------------------------------------------------------------------------- one that runs already


@pytest.fixture
def running() -> Server:
    """An emulator that others use, too."""
    return Server(lambda: create_app(Settings(clock="manual")))


SHARED = """
    import pytest

    seen = []

    @pytest.mark.parametrize("time", range(2))
    def test_a_story(emulator, customer, sim, time):
        assert sim.iccid not in seen
        seen.append(sim.iccid)
        token = emulator.token()
        others = emulator.client.organisations.create(sims=1)
        emulator.faults.add("flaky", point="callback", effect={"status": 500}, times=1)
        emulator.faults.add("customer-down", match={"organisation": others.id})
        assert [fault.name for fault in emulator.faults.list()] == ["flaky"]
        others.sims[0].attach().send_mo("not mine")
        sim.attach().send_mo("mine")
        emulator.clock.advance(minutes=5)
        assert [one["status"] for one in emulator.callbacks()[0].tries] == [500, 200]
        assert {one.organisation for one in emulator.journal()} == {emulator.organisation.id}
        emulator.verify(direction="outbound", count=2)
        customer.expect_one("POST", json={"payload": "mine"})
        with pytest.raises(Exception, match="leave out --emulator-url"):
            emulator.asgi_transport
        others.remove()
        emulator.client.faults.clear()
        emulator.faults.add("maintenance")

    def test_nothing_is_left(emulator):
        assert emulator.client.faults.list() == []
        assert len(emulator.client.organisations.list()) == 4  # the demo world's, and this test's
"""


def test_an_emulator_that_runs_already_is_shared(pytester: pytest.Pytester, running: Server) -> None:
    """Every test has an organisation there, and its faults and its journal are its own; nothing is left behind."""
    pytester.makepyfile(SHARED)
    with running:
        passed(pytester.runpytest_inprocess("-W", "error", "--emulator-url", running.url), passed=3)
        pytester.makeini(f"[pytest]\nemulator_url = {running.url}")
        passed(pytester.runpytest_inprocess("-W", "error", "--emulator-edition", "1nce"), passed=3)
        result = pytester.runpytest_inprocess("--emulator-edition", "bsc-2019")
        result.stdout.fnmatch_lines(["*has edition 1nce, not bsc-2019*"])


def test_workers_share_one_that_runs(pytester: pytest.Pytester, running: Server) -> None:
    """Where the clock is left alone, they do not meet."""
    pytester.makepyfile("""
        import pytest

        @pytest.mark.parametrize("time", range(6))
        def test_alone(emulator, sim, time):
            sim.attach()
            emulator.faults.add("maintenance")
            assert [one.iccid for one in emulator.sims] == [
                card.iccid for card in emulator.client.sims(organisation=emulator.organisation.id)
            ]
        """)
    with running:
        passed(pytester.runpytest_subprocess("-W", "error", "-n", "2", "--emulator-url", running.url), passed=6)


def test_nobody_there_is_one_line(pytester: pytest.Pytester) -> None:
    """With what to do."""
    pytester.makepyfile("def test_something(emulator): ...")
    result = pytester.runpytest_inprocess("--emulator-url", "http://127.0.0.1:9")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["no emulator answers at http://127.0.0.1:9*start one with 'operator-emulator serve'*"])


@pytest.mark.parametrize("other", [["--emulator-fixture", "world.yaml"], ["--emulator-in-process"]])
def test_options_that_exclude_each_other(pytester: pytest.Pytester, other: list[str]) -> None:
    """Are wrong usage, said before any test runs."""
    result = pytester.runpytest_inprocess("--emulator-url", "http://127.0.0.1:9", *other)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*cannot be combined*"])


# --------------------------------------------------------------------------------------------- who does not want it


def test_fixtures_of_ones_own_win(pytester: pytest.Pytester) -> None:
    """The names are common ones: whoever has them already sees nothing of ours, and has ours by another name."""
    pytester.makeconftest("""
        import pytest

        @pytest.fixture
        def customer():
            return "ours"

        @pytest.fixture
        def emulator(customer):
            return f"{customer} too"
        """)
    pytester.makepyfile("""
        def test_names(customer, emulator, sim, operator_emulator, operator_customer):
            assert (customer, emulator) == ("ours", "ours too")
            sim.attach().send_mo("hello")
            operator_emulator.clock.advance()
            operator_customer.expect_one("POST")
        """)
    passed(pytester.runpytest_inprocess("-W", "error"), passed=1)


@pytest.mark.parametrize("mode", ["prepend", "importlib"])
def test_a_project_may_have_an_emulator_of_its_own(pytester: pytest.Pytester, mode: str) -> None:
    """A module and a folder of tests with this name are the project's; the plugin's package has another."""
    pytester.makepyfile(emulator="VERSION = 7")
    pytester.mkpydir("tests")
    folder = pytester.mkpydir("tests/emulator")
    (folder / "test_it.py").write_text(
        "import emulator as module\n\n\n"
        "def test_both(emulator, sim):\n"
        "    assert module.VERSION == 7\n"
        "    assert emulator.sims[0] == sim\n",
        encoding="utf-8",
    )
    passed(pytester.runpytest_subprocess("-W", "error", "--import-mode", mode, "-o", "pythonpath=."), passed=1)


def test_who_asks_for_nothing_pays_nothing(pytester: pytest.Pytester) -> None:
    """No server, no thread, and nothing imported but the plugin's own page."""
    pytester.makepyfile("""
        import sys
        import threading

        def test_nothing():
            assert [thread.name for thread in threading.enumerate()] == ["MainThread"]
            ours = {name for name in sys.modules if name.partition(".")[0] == "operator_emulator"}
            assert ours == {"operator_emulator", "operator_emulator.pytest_plugin"}
            assert not {"starlette", "uvicorn", "httpx2", "aiohttp", "click", "yaml"} & set(sys.modules)
        """)
    passed(pytester.runpytest_subprocess("-W", "error", "-p", "no:schemathesis", "-p", "no:anyio"), passed=1)


def test_it_can_be_turned_off(pytester: pytest.Pytester) -> None:
    """As any plugin."""
    pytester.makepyfile("def test_something(emulator): ...")
    result = pytester.runpytest_subprocess("-p", "no:operator_emulator")
    result.stdout.fnmatch_lines(["*fixture 'emulator' not found*"])


# --------------------------------------------------------------------------------------------- somebody's project


def test_the_sample_project_passes(tmp_path: Path) -> None:
    """It uses the installed package and its plugin, and nothing of this repository."""
    project = tmp_path / "sample_project"
    subprocess.run(["cp", "-r", str(TOP / "tests" / "sample_project"), str(project)], check=True)
    done = subprocess.run(
        [sys.executable, "-I", "-m", "pytest", "-W", "error", "-p", "no:cacheprovider"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_emulator_lasts_for_a_module_or_for_the_session(pytester: pytest.Pytester) -> None:
    """Beside those of single tests, whose worlds begin anew."""
    text = """
        def test_first(module_emulator, session_emulator, emulator):
            for one in (module_emulator, session_emulator, emulator):
                one.make_sim("new")
            session_emulator.sims[0].attach()
            session_emulator.sims[0].send_mo("hello")
            session_emulator.clock.advance(seconds=5)

        def test_second(module_emulator, session_emulator, emulator):
            assert [len(one.sims) for one in (module_emulator, emulator)] == [4, 3]
            assert len(session_emulator.sims) == {sims}
            assert len(session_emulator.customer.received) == {sims} - 3
    """
    pytester.makepyfile(test_one=text.replace("{sims}", "4"), test_two=text.replace("{sims}", "5"))
    passed(pytester.runpytest_inprocess("-W", "error", "-p", "no:randomly"), passed=4)
