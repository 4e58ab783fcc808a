"""Site: the emulator of a whole test session, and what is done with it from test to test.

``own`` runs one in a thread of this process. Every test finds its world as it was in the beginning, with the same ids
and at the same time, whatever ran before. ``shared`` uses one that runs already, for others, too: every test has an
organisation of its own there, and shares nothing with them but the clock.
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
from operator_emulator.testing.customer import CallbackServer, Customer
from operator_emulator.testing.emulator import Emulator
from operator_emulator.testing.server import Server
from operator_emulator.testing.transport import InProcess

INSIDE: Final = "http://emulator.test"  # where an emulator is that has no socket (RFC 6761: nobody's name)
TOKEN: Final = "OPERATOR_EMULATOR_CONTROL_TOKEN"
SIMS: Final = 3  # of an organisation that is made for a test


class Unsuitable(Exception):
    """It cannot be had as it was asked for; the message says why, to whoever runs the tests."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a session's emulator is. *api* is a client of the operator's API, *client* of the control plane."""

    client: EmulatorClient
    api: httpx2.Client
    reception: CallbackServer
    server: Server | None = None  # None: it runs elsewhere
    sockets: bool = True
    from_fixture: bool = False  # a fixture says who is there

    @property
    def shared(self) -> bool:
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
            raise Unsuitable("an emulator of another process has no transport; leave out --emulator-url")
        return InProcess(self.server)

    def begin_test(self, customer: Customer, *, sims: int | None = None, organisation: int | None = None) -> Emulator:
        """Make room for a test: a world as in the beginning, and an organisation that pushes to *customer*.

        In a from_fixture world that is the one with the id *organisation*, or the first. Raises Unsuitable.
        """
        if not self.shared:
            self.client.reset()
            for snapshot in self.client.snapshots.list():  # all that a reset leaves
                self.client.snapshots.discard(snapshot.name)
        return Emulator(self, self._organisation(customer, sims, organisation), customer)

    def _organisation(self, customer: Customer, sims: int | None, id: int | None) -> Organisation:
        if not self.from_fixture:
            if id is not None:
                raise Unsuitable(f"there is no organisation {id} without --emulator-fixture")
            return self.client.organisations.create(sims=SIMS if sims is None else sims, forwarder=customer.url)
        if sims is not None:
            raise Unsuitable("the fixture says which SIMs there are; make_sim makes more")
        ids = [one["id"] for one in self.client.organisations.list()]
        if not ids or (id is not None and id not in ids):
            raise Unsuitable(f"the fixture has no organisation{'' if id is None else f' {id}'}")
        chosen = self.client.organisations.get(ids[0] if id is None else id)
        chosen.forward_to(customer.url)
        return chosen

    def end_test(self, emulator: Emulator) -> None:
        """The test is over. A world of one's own is reset for the next one; elsewhere nothing must be left behind."""
        if self.shared:
            emulator.faults.clear()
            emulator.organisation.remove()


@contextmanager
def own(*, edition: str | None = None, fixture: Path | None = None, sockets: bool = True) -> Iterator[Site]:
    """An emulator in a thread of this process, in manual time. Raises Unsuitable."""
    from operator_emulator.app import create_app
    from operator_emulator.fixtures import FixtureError
    from operator_emulator.management.editions import EDITIONS
    from operator_emulator.settings import Settings

    if edition is not None and edition not in EDITIONS:
        raise Unsuitable(f"there is no edition {edition}, but {', '.join(EDITIONS)}")
    settings = Settings(
        clock="manual", edition=edition or Settings().edition, fixture=fixture or resources.fixture("empty.yaml")
    )
    with ExitStack() as stack:
        reception = CallbackServer(socket=sockets)
        stack.callback(reception.close)
        server = Server(lambda: create_app(settings, transport=None if sockets else reception.deliver))
        try:
            stack.enter_context(server)
        except (FixtureError, OSError) as error:
            raise Unsuitable(str(error)) from None
        within: Any = InProcess(server)
        client = stack.enter_context(EmulatorClient(INSIDE, transport=within))
        api = stack.enter_context(httpx2.Client(base_url=INSIDE, transport=within))
        yield Site(client, api, reception, server, sockets=sockets, from_fixture=fixture is not None)


@contextmanager
def shared(url: str, *, edition: str | None = None) -> Iterator[Site]:
    """The emulator that runs at *url*. Raises Unsuitable."""
    with ExitStack() as stack:
        reception = CallbackServer()
        stack.callback(reception.close)
        client = stack.enter_context(EmulatorClient(url, token=os.environ.get(TOKEN) or None))
        api = stack.enter_context(httpx2.Client(base_url=client.url, trust_env=False))
        try:
            there = client.health()["edition"]
        except (Unreachable, EmulatorError) as error:
            raise Unsuitable(
                f"{error}; start one with 'operator-emulator serve', or leave out --emulator-url"
            ) from None
        if edition is not None and edition != there:
            raise Unsuitable(f"the emulator at {url} is of edition {there}, not {edition}")
        yield Site(client, api, reception)
