"""The pytest plugin: an emulator, a customer's endpoint and SIMs for every test that asks for them.

It is loaded into every pytest run where the package is installed, so nothing heavy is imported here: not before a test
asks for a fixture. A conftest that has fixtures of the same names wins, and disturbs nothing: the fixtures here rest on
names of their own, ``operator_emulator`` and ``operator_customer``, by which they can be had, too.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from operator_emulator.client import Sim
    from operator_emulator.testing import Customer, Emulator
    from operator_emulator.testing.session import Site

OPTIONS = {
    "emulator_url": "use the emulator that runs at this URL, instead of one in this process",
    "emulator_edition": "which operator's version to be, such as bsc-2019",
    "emulator_fixture": "file with the world that every test begins with",
    "emulator_in_process": "open no socket: the emulator is reached by its transport, the customer by a function",
}
MARKER = (
    "operator_emulator(sims=3, organisation=None): how many SIMs the test's organisation has from the start; "
    "or which organisation of --emulator-fixture it is"
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
                raise pytest.UsageError(f"emulator_url and {other} exclude each other: that emulator runs already")


@pytest.fixture(scope="session")
def operator_site(pytestconfig: pytest.Config) -> "Iterator[Site]":
    """Where the emulator of this session is: in this process, or where it runs already."""
    from operator_emulator.testing import session

    url, edition = option(pytestconfig, "emulator_url"), option(pytestconfig, "emulator_edition")
    opening = (
        session.shared(url, edition=edition)
        if url
        else session.own(
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
def operator_customer(operator_site: "Site") -> "Iterator[Customer]":
    """The endpoint that the test's organisation has its messages and delivery reports pushed to."""
    customer = operator_site.reception.customer()
    yield customer
    operator_site.reception.remove(customer)


@pytest.fixture
def operator_emulator(
    request: pytest.FixtureRequest, operator_site: "Site", operator_customer: "Customer"
) -> "Iterator[Emulator]":
    """The emulator as one organisation sees it, which is there for this test alone."""
    from operator_emulator.testing.session import Unsuitable

    marker = request.node.get_closest_marker("operator_emulator")
    try:
        emulator = operator_site.begin_test(operator_customer, **(marker.kwargs if marker else {}))
    except Unsuitable as problem:
        pytest.fail(str(problem), pytrace=False)
    yield emulator
    operator_site.end_test(emulator)


@pytest.fixture
def emulator(operator_emulator: "Emulator") -> "Emulator":
    """The emulator as one organisation sees it, which is there for this test alone."""
    return operator_emulator


@pytest.fixture
def customer(operator_emulator: "Emulator") -> "Customer":
    """The endpoint that the test's organisation has its messages and delivery reports pushed to."""
    return operator_emulator.customer


@pytest.fixture
def sim(operator_emulator: "Emulator") -> "Sim":
    """The first SIM of the test's organisation: activated, its volumes full, its device switched off."""
    return operator_emulator.sims[0]


@pytest.fixture
def make_sim(operator_emulator: "Emulator") -> "Callable[..., Sim]":
    """Make one more SIM: ``make_sim("Pump 7", device="ATTACHED", sms_left=1)``."""
    return operator_emulator.make_sim


def option(config: pytest.Config, name: str) -> Any:
    """What the command line says, or else the ini-file; None when neither says anything."""
    given = config.getoption(name)
    return given if given is not None else config.getini(name) or None


def fixture_file(config: pytest.Config) -> Path | None:
    """A path in the ini-file begins where that is, one of the command line where it was typed."""
    given = config.getoption("emulator_fixture")
    if given is not None:
        return Path(config.invocation_params.dir, given)
    written = config.getini("emulator_fixture")
    if not written:
        return None
    return Path(config.inipath.parent if config.inipath else config.rootpath, written)
