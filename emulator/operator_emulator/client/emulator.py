"""EmulatorClient: the whole control plane."""

import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, Literal

import httpx2

from operator_emulator.client.clock import Clock
from operator_emulator.client.connection import DEFAULT_URL, Connection, path_to, without_none
from operator_emulator.client.credentials import Credentials, Token, choose, get_token, list_credentials
from operator_emulator.client.data_streams import DataStreams
from operator_emulator.client.errors import EmulatorError, NotVerified, TimedOut, explain_near_misses
from operator_emulator.client.faults import Faults, Limits
from operator_emulator.client.organisations import Organisations
from operator_emulator.client.sims import Sim
from operator_emulator.client.snapshots import Snapshots
from operator_emulator.client.values import Callback, Card, Change, Exchange, Job, Json, Message, Migration, World

Kind = Literal["callbacks", "messages", "exchanges"]


def pause() -> None:
    """Wait between two looks at the journal."""
    time.sleep(0.25)


class EmulatorClient(Connection):
    """The control plane of the emulator at *url*.

    *token* is the secret of ``--control-token``, needed from other machines. Raises Unreachable if no emulator answers
    there, and EmulatorError if it refuses.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        token: str | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        super().__init__(url, token, transport)
        self.clock = Clock(self)
        self.faults = Faults(self)
        self.limits = Limits(self)
        self.snapshots = Snapshots(self)
        self.organisations = Organisations(self)
        self.data_streams = DataStreams(self)

    # ------------------------------------------------------------------------------------------ the world

    def health(self) -> Json:
        """Version, edition and clock of an emulator that is ready."""
        return dict(self.call("GET", "/health"))

    def reset(self) -> World:
        """Begin again with the fixture: everything, clock and ids included."""
        return World.read(self.call("POST", "/reset"))

    def load(self, fixture: str | Mapping[str, Any], *, add: bool = False) -> World:
        """Replace the world by that of a fixture, YAML or data, or *add* it to this one; all of it or nothing."""
        text = fixture if isinstance(fixture, str) else json.dumps(fixture)
        loaded = self.call("POST", "/fixture", content=text.encode(), params={"mode": "add" if add else None})
        return World.read(loaded)

    def dump(self, *, secrets: bool = False) -> Json:
        """The present world as a fixture, with passwords if *secrets*."""
        return dict(self.call("GET", "/fixture", params={"secrets": "true" if secrets else None}))

    def credentials(self) -> list[Credentials]:
        """The users who may call the management API, and the applications of the service portal."""
        return list_credentials(self)

    def token(self, name: str | None = None) -> Token:
        """A token for the user or application with this *name*, or for the first of all."""
        return get_token(self, choose(self.credentials(), name))

    def jobs(self, kind: str | None = None, limit: int | None = None) -> list[Job]:
        """The scheduled jobs, in the order in which they are due."""
        return self.clock.jobs(kind, limit)

    def sim(self, iccid: str) -> Sim:
        """A SIM and the device that holds it. Nothing is requested until one of its methods is called."""
        return Sim(self, iccid)

    def partners(self) -> list[Json]:
        """The partners of the service portal."""
        return list(self.call("GET", "/portal/partners")["partners"])

    def make_portal_event(self, type: str, partner: str, data: Json | None = None) -> Json:
        """Record an event of the portal's streams, such as "simaction.v1"; *data* is merged into its own."""
        event = {"type": type, "partnerID": partner, "data": data}
        return dict(self.call("POST", "/portal/events", json=without_none(event)))

    def sims(self, **match: Any) -> list[Card]:
        """All SIMs, or those of an *organisation*, in a *state*, with a device *status*, like a *label* …"""
        return self.read_list(Card, "/sims", "sims", match)

    def counts(self) -> Json:
        """How many SIMs are in which state, and what is left of their SMS volumes."""
        return dict(self.call("GET", "/counts"))

    def usage(self, months: int | None = None) -> list[Json]:
        """The usage of all SIMs in each of the last months."""
        return list(self.call("GET", "/usage", params={"months": months})["months"])

    # ------------------------------------------------------------------------------------------ what happened

    def changes(self, after: str | None = None) -> Generator[Change]:
        """Changes as they happen, from now on or after the change with the id *after*, without end."""
        with self.stream("/changes", {} if after is None else {"Last-Event-ID": after}) as lines:
            fields: dict[str, str] = {}
            for line in lines:
                name, _, value = line.partition(": ")
                if line:
                    fields[name] = value
                elif "event" in fields:
                    yield Change(fields["id"], fields["event"], json.loads(fields["data"]))
                    fields = {}

    def journal(self, **match: Any) -> list[Exchange]:
        """The HTTP exchanges, oldest first: by *direction*, *method*, *path*, *status*, *organisation*, *operation*,
        *fault*, *since* an id, and only the newest *limit*. Texts may hold ``*``.
        """
        return self.read_list(Exchange, "/journal", "exchanges", match)

    def exchange(self, id: int) -> Exchange:
        """One exchange of the journal. Raises EmulatorError if it is not there, or no longer."""
        found = self.journal(since=id - 1) if id > 0 else []
        if not found or found[0].id != id:
            raise EmulatorError(404, f"the journal has no exchange {id}")
        return found[0]

    def follow(
        self, *, since: int | None = None, limit: int | None = None, pause: Callable[[], None] = pause, **match: Any
    ) -> Iterator[Exchange]:
        """The exchanges of the journal, or the newest *limit*, and from then on each as it comes, without end.

        A reset numbers exchanges from 1 again, which is no reason to stop.
        """
        found = self.call("GET", "/journal", params={**match, "since": since, "limit": limit})
        while True:
            yield from map(Exchange.read, found["exchanges"])
            last = found["last"]
            pause()
            found = self.call("GET", "/journal", params={**match, "since": last})
            if found["last"] < last:
                found = self.call("GET", "/journal", params={**match, "since": 0})

    def clear_journal(self) -> None:
        self.call("DELETE", "/journal")

    def verify(
        self, *, count: int | None = None, min: int | None = None, max: int | None = None, **match: Any
    ) -> list[Exchange]:
        """The exchanges that match, by all that ``journal`` knows and by *headers*, *body* and *answer*.

        Raises NotVerified unless there are *count*, or from *min* to *max*, or at least one.
        """
        expected = without_none({"count": count, "min": min, "max": max})
        try:
            found = self.call("POST", "/journal/verify", json={"match": match, **expected})
        except EmulatorError as error:
            if error.status != 409:
                raise
            raise NotVerified(409, explain_near_misses(error.body), body=error.body) from None
        return [Exchange.read(one) for one in found["exchanges"]]

    def migration(self, organisation: int | None = None) -> Migration:
        """The calls to version 1 of the management API, of all organisations or one, and what replaces them."""
        return Migration.read(self.call("GET", "/migration", params={"organisation": organisation}))

    def callbacks(self, **match: Any) -> list[Callback]:
        """Notifications for customers' endpoints: by *organisation*, *iccid*, *fate*, *event*, *url*, *sms*.

        With *limit* only the newest; with *before* only those with a smaller id.
        """
        return self.read_list(Callback, "/callbacks", "callbacks", match)

    def retry(self, callback: int) -> Callback:
        """Try to push once more, now; also in manual time."""
        return Callback.read(self.call("POST", path_to("callbacks", callback, "retry")))

    def messages(self, **match: Any) -> list[Message]:
        """Short messages: by *iccid*, *organisation*, *direction*, *status*, *payload*.

        With *limit* only the newest; with *before* only those with a smaller id.
        """
        return self.read_list(Message, "/messages", "messages", match)

    def message(self, id: int) -> Json:
        """One short message with its ``history``: submission, attempts, final state and callbacks to the customer."""
        return dict(self.call("GET", path_to("messages", id)))

    def wait(
        self, what: Kind, *, count: int = 1, timeout: float = 10.0, since: int | datetime | None = None, **match: Any
    ) -> list[Any]:
        """Wait until *count* callbacks, messages or exchanges match, and return them; only those with an id greater
        than *since*, or from an instant on.

        Raises TimedOut after *timeout* real seconds, or at once in manual time, where nothing happens by itself.
        """
        if isinstance(since, datetime):
            newer: Json = {"since": since.isoformat()}
        else:
            newer = without_none({"since": since})
        request = {"for": what, "match": match, "count": count, "timeout": timeout, **newer}
        try:
            found = self.call("POST", "/wait", json=request)
        except EmulatorError as error:
            if error.status != 408:
                raise
            raise TimedOut(408, f"{error.error}: {match}", body=error.body) from None
        return [KINDS[what].read(one) for one in found["matched"]]

    @contextmanager
    def expecting(
        self, what: Kind, *, count: int = 1, timeout: float = 10.0, **match: Any
    ) -> Generator[list[Any], None, None]:
        """Like ``wait``, but only matches since the block began count: ``with expecting("messages") as new:``.

        The wait begins at the end of the block, and fills the list.
        """
        if what == "exchanges":
            last = self.call("GET", "/journal", params={"limit": 1})["last"]
        else:
            last = max((one["id"] for one in self.call("GET", f"/{what}", params={"limit": 1})[what]), default=0)
        new: list[Any] = []
        yield new
        new += self.wait(what, count=count, timeout=timeout, since=last, **match)


KINDS: Final[Mapping[str, type[Callback] | type[Message] | type[Exchange]]] = {
    "callbacks": Callback,
    "messages": Message,
    "exchanges": Exchange,
}
