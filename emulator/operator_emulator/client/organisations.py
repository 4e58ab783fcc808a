"""Customers that come and go."""

from collections.abc import Sequence
from typing import Any, Literal

from operator_emulator.client.connection import Connection, Part, path_to, without_none
from operator_emulator.client.sims import Sim
from operator_emulator.client.values import Json


class Organisation:
    """A customer, with the credentials of its first user and its SIMs. *forwarder* is where its callbacks go."""

    def __init__(self, connection: Connection, shown: Json) -> None:
        self._connection = connection
        self.id: int = shown["id"]
        self.name: str = shown["name"]
        self._forwarder: str | None = shown["forwarder"]
        self.users: tuple[Json, ...] = tuple(shown["users"])
        self.username: str | None = self.users[0]["username"] if self.users else None
        self.password: str | None = self.users[0]["password"] if self.users else None
        self._hold(shown["sims"])

    def __repr__(self) -> str:
        return f"Organisation({self.id}, {self.name!r})"

    def _call(self, method: str, *below: str, json: Any = None) -> Any:
        return self._connection.call(method, path_to("organisations", self.id, *below), json=json)

    def _hold(self, cards: Sequence[Json]) -> None:
        self.cards: tuple[Json, ...] = tuple(cards)
        self.sims: tuple[Sim, ...] = tuple(Sim(self._connection, card["iccid"]) for card in cards)

    @property
    def forwarder(self) -> str | None:
        """The URL that its messages and delivery reports are pushed to. Assign to change it."""
        return self._forwarder

    @forwarder.setter
    def forwarder(self, url: str | None) -> None:
        self._forwarder = self._call("PATCH", json={"forwarder": url})["forwarder"]

    def forward_to(self, url: str | None) -> None:
        """Push its messages and reports to another URL, or with None nowhere."""
        self.forwarder = url

    def add_sim(
        self,
        label: str | None = None,
        *,
        core: Literal[1, 2] | None = None,
        state: Literal["Issued", "Activated", "Suspended"] | None = None,
        data_left: float | None = None,
        sms_left: int | None = None,
    ) -> Sim:
        """Add a SIM: activated, offline, on core 1, with full volumes or so many megabytes and messages left."""
        wanted = {"label": label, "core": core, "state": state, "data_left": data_left, "sms_left": sms_left}
        card = self._call("POST", "sims", json=without_none(wanted))
        self._hold([*self.cards, {name: card[name] for name in ("iccid", "imsi", "msisdn", "ip_address")}])
        return self.sims[-1]

    def reset(self) -> None:
        """Make it as it was in the beginning; its tokens no longer work."""
        self._hold(self._call("POST", "reset")["sims"])

    def remove(self) -> None:
        """Remove it with everything in it."""
        self._call("DELETE")


class Organisations(Part):
    """Customers that come and go."""

    def create(
        self,
        *,
        sims: int = 0,
        forwarder: str | None = None,
        name: str | None = None,
        id: int | None = None,
        username: str | None = None,
        password: str | None = None,
        seed: int | None = None,
    ) -> Organisation:
        """A new one with a user and so many activated SIMs; its messages are pushed to *forwarder*."""
        wanted = {
            "sims": sims,
            "forwarder": forwarder,
            "name": name,
            "id": id,
            "username": username,
            "password": password,
            "seed": seed,
        }
        return Organisation(self._connection, self._call("POST", "/organisations", json=without_none(wanted)))

    def get(self, id: int) -> Organisation:
        return Organisation(self._connection, self._call("GET", path_to("organisations", id)))

    def list(self) -> list[Json]:
        """Id, name, forwarder and number of SIMs of each."""
        return list(self._call("GET", "/organisations")["organisations"])
