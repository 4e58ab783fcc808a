"""Sim: a SIM card and the device that holds it."""

from collections.abc import Mapping
from typing import Any, Self

from operator_emulator.client.connection import Connection, path_to, without_none
from operator_emulator.client.errors import EmulatorError, Refused
from operator_emulator.client.values import Card, Device, Json, Message, Received, Sent, SimEvent


class Sim:
    """A SIM card and the device that holds it. Most methods are what the device does, and return the Sim itself."""

    def __init__(self, connection: Connection, iccid: str) -> None:
        self._connection = connection
        self.iccid = iccid

    def __repr__(self) -> str:
        return f"Sim({self.iccid!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sim) and (self.iccid, self._connection) == (other.iccid, other._connection)

    def __hash__(self) -> int:
        return hash(self.iccid)

    def _call(self, method: str, *below: str, json: Any = None) -> Any:
        return self._connection.call(method, path_to("sims", self.iccid, *below), json=json)

    def show(self) -> Card:
        """The SIM as it really is."""
        return Card.read(self._call("GET"))

    @property
    def device(self) -> Device:
        """The device as it is now."""
        return Device.read(self.show().device)

    # ------------------------------------------------------------------------------------------ the device

    def try_to(self, status: str | None = None, **how: Any) -> Device:
        """Ask the device to be OFFLINE, ATTACHED or ONLINE, with an *imei*, *operator*, *rat*, *lac*, *cell*.

        Returns the device as it is then, with the *cause* if the network refused.
        """
        return Device.read(self._call("POST", "device", json=without_none({"status": status, **how})))

    def become(self, status: str | None = None, **how: Any) -> Self:
        """As ``try_to``, but raises Refused if the network refuses."""
        device = self.try_to(status, **how)
        if device.cause is not None:
            raise Refused(409, device.cause)
        return self

    def attach(self, **how: Any) -> Self:
        """Join the network. Raises Refused."""
        return self.become("ATTACHED", **how)

    def online(self, **how: Any) -> Self:
        """Open a data session, and attach first if necessary. Raises Refused."""
        return self.become("ONLINE", **how)

    def offline(self) -> Self:
        """Leave the network."""
        return self.become("OFFLINE")

    def move(self, **how: Any) -> Self:
        """Go elsewhere, or into another device: *operator*, *rat*, *lac*, *cell*, *imei*. Raises Refused."""
        return self.become(**how)

    def send_mo(
        self, payload: str, dest_address: str | None = None, dcs: int | None = None, udh: str | None = None
    ) -> int:
        """Send a message, in parts if it takes several; returns the id of the first.

        Raises Refused if the network does not take it.
        """
        return self.transmit(payload, dest_address, dcs, udh).id

    def transmit(
        self, payload: str, dest_address: str | None = None, dcs: int | None = None, udh: str | None = None
    ) -> Sent:
        """Like ``send_mo``, but returns the ids of all parts, and the cause if a part was refused."""
        message = without_none({"payload": payload, "dest_address": dest_address, "dcs": dcs, "udh": udh})
        return Sent.read(self._send("mo", message))

    def transfer(self, tx: float = 0, rx: float = 0) -> Device:
        """Send and receive megabytes, in a session that opens if there is none. Returns the device. Raises Refused."""
        return Device.read(self._send("usage", {"volume_tx": tx, "volume_rx": rx}))

    def use_data(self, tx: float = 0, rx: float = 0) -> Self:
        """As ``transfer``, but returns the Sim."""
        self.transfer(tx, rx)
        return self

    def _send(self, what: str, body: Mapping[str, Any]) -> Any:
        try:
            return self._call("POST", what, json=body)
        except EmulatorError as error:
            if error.status != 409:
                raise
            raise Refused(409, error.error, body=error.body) from None

    def behave(
        self,
        *,
        auto_reply: str | Mapping[str, Any] | None = None,
        goes_offline: Mapping[str, float] | None = None,
        uses_data: Mapping[str, float] | None = None,
        acknowledges_after: float | None = None,
    ) -> Self:
        """Set what the device does unasked from now on; without arguments, nothing.

        *auto_reply*: a text, or ``{"payload", "seconds"}``; *goes_offline*: ``{"seconds", "away"}``; *uses_data*:
        ``{"seconds", "volume_tx", "volume_rx"}``; *acknowledges_after*: seconds.
        """
        behaviour = {
            "auto_reply": {"payload": auto_reply} if isinstance(auto_reply, str) else auto_reply,
            "goes_offline": goes_offline,
            "uses_data": uses_data,
            "acknowledges_after": acknowledges_after,
        }
        self._call("PUT", "behaviour", json=without_none(behaviour))
        return self

    # ------------------------------------------------------------------------------------------ its owner

    def change(self, *, label: str | None = None, state: str | None = None, imei_lock: bool | None = None) -> Card:
        """Change what the operator's portal lets its user change; None leaves it as it is."""
        return Card.read(
            self._call("PATCH", json=without_none({"label": label, "state": state, "imei_lock": imei_lock}))
        )

    def send_mt(self, payload: str, **how: Any) -> Message:
        """Send an SMS to the device, with a *source_address*, *dcs*, *udh*. No customer's token is needed."""
        return Message.read(self._call("POST", "mt", json=without_none({"payload": payload, **how})))

    def top_up(self) -> Card:
        """Add as much volume as an ordered top-up adds, at once."""
        return Card.read(self._call("POST", "top-up"))

    def reset_connection(self) -> Card:
        """Send the device off the network; it returns by itself."""
        return Card.read(self._call("POST", "reset-connection"))

    def make_event(self, type: str, *, operator: str | None = None, data: Json | None = None) -> SimEvent:
        """Have an event that nothing caused, with the *type*, *operator* and *data* of an event in a fixture."""
        event = {"type": type, "operator": operator, "data": data}
        return SimEvent.read(self._call("POST", "events", json=without_none(event)))

    def events(self, limit: int | None = None) -> list[SimEvent]:
        """The events of the SIM, newest first, in the operator's words."""
        path = path_to("sims", self.iccid, "events")
        return self._connection.read_list(SimEvent, path, "events", {"limit": limit})

    # ------------------------------------------------------------------------------------------ its messages

    def inbox(self) -> list[Received]:
        """The messages that it received, decoded, with the parts of long ones put together."""
        return self._connection.read_list(Received, path_to("sims", self.iccid, "inbox"), "messages")

    def messages(self, **match: Any) -> list[Message]:
        """Its short messages, in both directions."""
        return self._connection.read_list(Message, "/messages", "messages", {"iccid": self.iccid, **match})
