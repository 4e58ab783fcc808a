"""Emulator: one organisation with its credentials, SIMs and endpoint, and the world around it, as a test sees them."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from operator_emulator.client import Callback, EmulatorClient, Exchange, Fault, Faults, Kind, Message, Organisation, Sim
from operator_emulator.testing.customer import Customer

if TYPE_CHECKING:
    from operator_emulator.testing.session import Session

API = "/management-api"


class Credentials(NamedTuple):
    """As HTTP clients take them: ``auth=emulator.credentials``."""

    username: str
    password: str


class Emulator:
    """The emulator as one organisation sees it. *clock*, *faults* and *snapshots* are those of EmulatorClient."""

    def __init__(self, session: "Session", organisation: Organisation, customer: Customer) -> None:
        self._session = session
        self.client: EmulatorClient = session.client  # the whole control plane, for all organisations
        self.organisation = organisation
        self.customer = customer
        self.clock = self.client.clock
        self.snapshots = self.client.snapshots
        self.faults: Faults = (
            OrganisationFaults(self.client, organisation.id) if session.is_external else self.client.faults
        )

    def __repr__(self) -> str:
        return f"Emulator({self.organisation!r})"

    # ------------------------------------------------------------------------------------------ where, and who

    @property
    def url(self) -> str:
        """Its URL for HTTP clients. Without sockets, a name that only its transport knows."""
        return self._session.url

    @property
    def management_url(self) -> str:
        """The base URL of the management API: ``{management_url}/oauth/token``, ``{management_url}/v1/sims``."""
        return self.url + API

    @property
    def asgi_transport(self) -> Any:
        """A transport for ``httpx.Client`` and ``httpx.AsyncClient`` that needs no socket, with any base URL.

        Raises Unsuitable for an emulator in another process.
        """
        return self._session.transport

    @property
    def requests_adapter(self) -> Any:
        """For ``requests``: ``session.mount("https://api.1nce.com", emulator.requests_adapter)``. Needs no socket.

        Raises Unsuitable for an emulator in another process.
        """
        from operator_emulator.testing.requests_adapter import RequestsAdapter

        return RequestsAdapter(self._session.transport)

    @property
    def credentials(self) -> Credentials:
        """The credentials of the organisation's user."""
        user = next((user for user in self.organisation.users if user["role"] == "api"), None)
        if user is None:
            raise LookupError(f"{self.organisation!r} has no user who may use the API")
        return Credentials(user["username"], user["password"])

    def token(self) -> str:
        """A new bearer token, for tests that are not about tokens."""
        answer = self._session.api.post(
            f"{API}/oauth/token", auth=self.credentials, data={"grant_type": "client_credentials"}
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    # ------------------------------------------------------------------------------------------ SIMs

    @property
    def sims(self) -> tuple[Sim, ...]:
        """The organisation's SIMs at this moment; a restored snapshot may have others."""
        return self.client.organisations.get(self.organisation.id).sims

    def sim(self, iccid: str) -> Sim:
        """A SIM by its ICCID, whoever owns it."""
        return self.client.sim(iccid)

    def make_sim(
        self,
        label: str | None = None,
        *,
        device: Literal["OFFLINE", "ATTACHED", "ONLINE"] = "OFFLINE",
        core: Literal[1, 2] | None = None,
        state: Literal["Issued", "Activated", "Suspended"] | None = None,
        data_left: float | None = None,
        sms_left: int | None = None,
        **how: Any,
    ) -> Sim:
        """Add a SIM to the organisation: activated, with full volumes or so many megabytes and messages left.

        Its *device* may be in the network already; *how* are imei, operator, rat, lac and cell. Raises Refused.
        """
        sim = self.organisation.add_sim(label, core=core, state=state, data_left=data_left, sms_left=sms_left)
        return sim if device == "OFFLINE" and not how else sim.become(device, **how)

    # ------------------------------------------------------------------------------------------ what happened

    def journal(self, **match: Any) -> list[Exchange]:
        """The HTTP exchanges, oldest first; see ``EmulatorClient.journal``."""
        return self.client.journal(**self._own(match))

    def verify(self, **match: Any) -> list[Exchange]:
        """Assert that HTTP exchanges happened; see ``EmulatorClient.verify``. Raises NotVerified, an AssertionError."""
        __tracebackhide__ = True  # pytest shows the test's line
        return self.client.verify(**self._own(match))

    def callbacks(self, **match: Any) -> list[Callback]:
        """The callbacks to the customer, with every try; see ``EmulatorClient.callbacks``."""
        return self.client.callbacks(organisation=self.organisation.id, **match)

    def messages(self, **match: Any) -> list[Message]:
        """The organisation's short messages; see ``EmulatorClient.messages``."""
        return self.client.messages(organisation=self.organisation.id, **match)

    def wait(self, what: Kind, **match: Any) -> list[Any]:
        """Wait for something, in real time; see ``EmulatorClient.wait``. Raises TimedOut."""
        return self.client.wait(what, **self._own(match, what))

    def expecting(self, what: Kind, **match: Any) -> AbstractContextManager[list[Any]]:
        """Wait, at the end of a block, for what is new since it began; see ``EmulatorClient.expecting``."""
        return self.client.expecting(what, **self._own(match, what))

    def _own(self, match: Mapping[str, Any], what: Kind = "exchanges") -> dict[str, Any]:
        """In a world of its own, all exchanges are the test's, also those without a token."""
        all_are_ours = what == "exchanges" and not self._session.is_external
        return dict(match) if all_are_ours else {"organisation": self.organisation.id, **match}


class OrganisationFaults(Faults):
    """Faults that strike one organisation only, where others use the emulator, too."""

    def __init__(self, client: EmulatorClient, organisation: int) -> None:
        super().__init__(client)
        self._organisation = organisation

    def add(self, name: str | None = None, *, match: Mapping[str, Any] | None = None, **how: Any) -> Fault:
        return super().add(name, match={"organisation": self._organisation, **(match or {})}, **how)

    def list(self) -> "list[Fault]":
        return [fault for fault in super().list() if fault.match.get("organisation") == self._organisation]

    def clear(self) -> None:
        for fault in self.list():
            self.remove(fault.id)
