"""The pytest plugin: an emulator, a customer's endpoint and SIMs for every test that asks for them.

pytest loads it wherever the package is installed, so nothing heavy is imported before a test asks for a fixture. A
fixture of the same name in a conftest takes precedence; ours depend only on ``operator_*`` names.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from operator_emulator.client import Sim
    from operator_emulator.testing import Customer, Emulator
    from operator_emulator.testing.session import Session

OPTIONS = {
    "emulator_url": "use the emulator that already runs at this URL, instead of starting one in this process",
    "emulator_edition": "edition of the management API to emulate, such as bsc-2019",
    "emulator_fixture": "YAML file that describes the initial world of every test",
    "emulator_in_process": "open no sockets: requests use the emulator's transport, and callbacks call a function",
}
MARKER = (
    "operator_emulator(sims=3, organisation=None): the number of SIMs of the test's organisation; "
    "or the id of an organisation of --emulator-fixture"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("operator-emulator")
    for name, what in OPTIONS.items():
        flag = "--" + name.replace("_", "-")
        if name == "emulator_in_process":
            group.addoption(flag, action="store_true", default=None, help=what)
            parser.addini(name, what, type="bool")
        else:
            group.addoption(flag, metavar=name.rpartition("_")[2].upper(), help=what)
            parser.addini(name, what)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)
    if option(config, "emulator_url"):
        for other in ("emulator_fixture", "emulator_in_process"):
            if option(config, other):
                raise pytest.UsageError(
                    f"emulator_url and {other} cannot be combined: the emulator at that URL is already running"
                )


@pytest.fixture(scope="session")
def operator_session(pytestconfig: pytest.Config) -> "Iterator[Session]":
    """The emulator of this test session: in this process, or one that is already running."""
    yield from opened(pytestconfig)


def opened(pytestconfig: pytest.Config) -> "Iterator[Session]":
    from operator_emulator.testing import session

    url, edition = option(pytestconfig, "emulator_url"), option(pytestconfig, "emulator_edition")
    opening = (
        session.external(url, edition=edition)
        if url
        else session.in_process(
            edition=edition,
            fixture=fixture_file(pytestconfig),
            sockets=not option(pytestconfig, "emulator_in_process"),
        )
    )
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(opening)
        except session.Unsuitable as problem:
            pytest.fail(str(problem), pytrace=False)
        yield opened


@pytest.fixture
def operator_customer(operator_session: "Session") -> "Iterator[Customer]":
    """The endpoint that receives the messages and delivery reports of the test's organisation."""
    customer = operator_session.callback_server.add_customer()
    yield customer
    operator_session.callback_server.remove(customer)


@pytest.fixture
def operator_emulator(
    request: pytest.FixtureRequest, operator_session: "Session", operator_customer: "Customer"
) -> "Iterator[Emulator]":
    """The emulator, with an organisation that exists only for this test."""
    from operator_emulator.testing.session import Unsuitable

    marker = request.node.get_closest_marker("operator_emulator")
    try:
        emulator = operator_session.begin_test(operator_customer, **(marker.kwargs if marker else {}))
    except Unsuitable as problem:
        pytest.fail(str(problem), pytrace=False)
    yield emulator
    operator_session.end_test(emulator)


@pytest.fixture
def emulator(operator_emulator: "Emulator") -> "Emulator":
    """The emulator, with an organisation that exists only for this test."""
    return operator_emulator


@pytest.fixture
def customer(operator_emulator: "Emulator") -> "Customer":
    """The endpoint that receives the messages and delivery reports of the test's organisation."""
    return operator_emulator.customer


@pytest.fixture
def sim(operator_emulator: "Emulator") -> "Sim":
    """The first SIM of the test's organisation: activated, its volumes full, its device switched off."""
    return operator_emulator.sims[0]


@pytest.fixture
def make_sim(operator_emulator: "Emulator") -> "Callable[..., Sim]":
    """Make one more SIM: ``make_sim("Pump 7", device="ATTACHED", sms_left=1)``."""
    return operator_emulator.make_sim


@pytest.fixture(scope="module")
def module_emulator(pytestconfig: pytest.Config) -> "Iterator[Emulator]":
    """An emulator for all tests of a module. What one test does, the next one finds."""
    yield from lasting(pytestconfig)


@pytest.fixture(scope="session")
def session_emulator(pytestconfig: pytest.Config) -> "Iterator[Emulator]":
    """An emulator for all tests of the session. What one test does, the next one finds."""
    yield from lasting(pytestconfig)


def lasting(config: pytest.Config) -> "Iterator[Emulator]":
    """An emulator apart from that of single tests, which is reset for each."""
    for session in opened(config):
        emulator = session.begin_test(session.callback_server.add_customer())
        yield emulator
        session.end_test(emulator)


def option(config: pytest.Config, name: str) -> Any:
    """The value on the command line, or else in the ini-file, or else None."""
    given = config.getoption(name)
    return given if given is not None else config.getini(name) or None


def fixture_file(config: pytest.Config) -> Path | None:
    """A path in the ini-file is relative to that file, one on the command line to the working directory."""
    given = config.getoption("emulator_fixture")
    if given is not None:
        return Path(config.invocation_params.dir, given)
    written = config.getini("emulator_fixture")
    if not written:
        return None
    return Path(config.inipath.parent if config.inipath else config.rootpath, written)
