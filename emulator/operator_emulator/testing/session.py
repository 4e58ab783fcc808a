"""Session: the emulator of a whole test session, which gives each test a world or an organisation of its own.

``in_process`` runs one in a thread of this process. Each test finds its world as it was in the beginning, with the same
ids and at the same time. ``external`` uses one that runs already, perhaps for others, too: each test has an
organisation of its own there, and shares only the clock with the others.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2

from operator_emulator import resources
from operator_emulator.client import EmulatorClient, EmulatorError, Organisation, Unreachable
from operator_emulator.testing.callback_server import CallbackServer
from operator_emulator.testing.customer import Customer
from operator_emulator.testing.emulator import Emulator
from operator_emulator.testing.server import Server
from operator_emulator.testing.transport import InProcess

IN_PROCESS_URL: Final = "http://emulator.test"  # the emulator's address without a socket (RFC 6761: nobody's name)
TOKEN: Final = "OPERATOR_EMULATOR_CONTROL_TOKEN"
SIMS: Final = 3  # of an organisation that is created for a test


class Unsuitable(Exception):
    """The emulator cannot be as the test session wants it; the message says why."""


@dataclass(frozen=True, slots=True)
class Session:
    """The emulator of a test session. *api* is a client of the operator's API, *client* of the control plane."""

    client: EmulatorClient
    api: httpx2.Client
    callback_server: CallbackServer
    server: Server | None = None  # None: it runs elsewhere
    sockets: bool = True
    from_fixture: bool = False  # the organisations are those of a fixture

    @property
    def is_external(self) -> bool:
        return self.server is None

    @property
    def url(self) -> str:
        if self.server is None or not self.sockets:
            return self.client.url
        return self.server.url

    @property
    def transport(self) -> InProcess:
        """Raises Unsuitable."""
        if self.server is None:
            raise Unsuitable("an emulator in another process has no transport; leave out --emulator-url")
        return InProcess(self.server)

    def begin_test(self, customer: Customer, *, sims: int | None = None, organisation: int | None = None) -> Emulator:
        """Begin a test: in a world as it was in the beginning, with an organisation whose callbacks go to *customer*.

        If the world is from a fixture, it is the *organisation* with this id, or the first. Raises Unsuitable.
        """
        if not self.is_external:
            self.client.reset()
            for snapshot in self.client.snapshots.list():  # a reset leaves them
                self.client.snapshots.discard(snapshot.name)
        return Emulator(self, self._organisation(customer, sims, organisation), customer)

    def _organisation(self, customer: Customer, sims: int | None, id: int | None) -> Organisation:
        if not self.from_fixture:
            if id is not None:
                raise Unsuitable(
                    f"organisation {id} does not exist; define it in a fixture and pass that as --emulator-fixture"
                )
            return self.client.organisations.create(sims=SIMS if sims is None else sims, forwarder=customer.url)
        if sims is not None:
            raise Unsuitable("the fixture defines the SIMs; add more with make_sim")
        ids = [one["id"] for one in self.client.organisations.list()]
        if not ids or (id is not None and id not in ids):
            raise Unsuitable(f"the fixture has no organisation{'' if id is None else f' {id}'}")
        chosen = self.client.organisations.get(ids[0] if id is None else id)
        chosen.forward_to(customer.url)
        return chosen

    def end_test(self, emulator: Emulator) -> None:
        """End a test. An external emulator must be left as it was found; the world of ours is reset for each test."""
        if self.is_external:
            emulator.faults.clear()
            emulator.organisation.remove()


@contextmanager
def in_process(*, edition: str | None = None, fixture: Path | None = None, sockets: bool = True) -> Iterator[Session]:
    """An emulator in a thread of this process, in manual time. Raises Unsuitable."""
    from operator_emulator.app import create_app
    from operator_emulator.fixtures import FixtureError
    from operator_emulator.settings import EDITIONS, Settings

    try:
        settings = Settings(
            clock="manual", edition=edition or EDITIONS[0], fixture=fixture or resources.fixture("empty.yaml")
        )
    except ValueError as error:
        raise Unsuitable(str(error)) from None
    with ExitStack() as stack:
        callback_server = CallbackServer(socket=sockets)
        stack.callback(callback_server.close)
        server = Server(lambda: create_app(settings, transport=None if sockets else callback_server.deliver))
        try:
            stack.enter_context(server)
        except (FixtureError, OSError) as error:
            raise Unsuitable(str(error)) from None
        transport: Any = InProcess(server)
        client = stack.enter_context(EmulatorClient(IN_PROCESS_URL, transport=transport))
        api = stack.enter_context(httpx2.Client(base_url=IN_PROCESS_URL, transport=transport))
        yield Session(client, api, callback_server, server, sockets=sockets, from_fixture=fixture is not None)


@contextmanager
def external(url: str, *, edition: str | None = None) -> Iterator[Session]:
    """The emulator that runs at *url*. Raises Unsuitable."""
    with ExitStack() as stack:
        callback_server = CallbackServer()
        stack.callback(callback_server.close)
        client = stack.enter_context(EmulatorClient(url, token=os.environ.get(TOKEN) or None))
        api = stack.enter_context(httpx2.Client(base_url=client.url, trust_env=False))
        try:
            running = client.health()["edition"]
        except (Unreachable, EmulatorError) as error:
            raise Unsuitable(
                f"{error}; start one with 'operator-emulator serve', or leave out --emulator-url"
            ) from None
        if edition is not None and edition != running:
            raise Unsuitable(f"the emulator at {url} has edition {running}, not {edition}")
        yield Session(client, api, callback_server)
