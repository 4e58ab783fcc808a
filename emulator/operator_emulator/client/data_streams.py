"""Streams of records to customers' endpoints."""

from typing import Literal

from operator_emulator.client.connection import Part, path_to
from operator_emulator.client.values import DataStream


class DataStreams(Part):
    """The Data Streamer's streams, which customers set up by hand in the operator's portal."""

    def create(
        self,
        organisation: int,
        *,
        kind: Literal["events", "usage", "sms"],
        url: str,
        authorization: str,
        generation: Literal["ds1", "ds2"] = "ds2",
        history: bool = False,
    ) -> DataStream:
        """Push an organisation's records to *url* from now on, or with *history* those of the last seven days, too.

        *authorization* is what comes after ``Basic`` in the header: the base64 of user:password.
        """
        wanted = {
            "organisation": organisation,
            "kind": kind,
            "generation": generation,
            "url": url,
            "authorization": authorization,
            "history": history,
        }
        return DataStream.read(self._call("POST", "/data-streams", json=wanted))

    def get(self, id: int) -> DataStream:
        return DataStream.read(self._call("GET", path_to("data-streams", id)))

    def list(self, organisation: int | None = None) -> "list[DataStream]":
        """All, or those of one organisation."""
        return self._connection.read_list(DataStream, "/data-streams", "data_streams", {"organisation": organisation})

    def pause(self, id: int) -> DataStream:
        """Pause the stream; records are kept for seven days."""
        return self._control(id, "pause")

    def resume(self, id: int) -> DataStream:
        """Resume a paused stream, starting with its backlog."""
        return self._control(id, "resume")

    def restart(self, id: int) -> DataStream:
        """Restart a FAILED stream, starting with the batch that failed."""
        return self._control(id, "restart")

    def _control(self, id: int, what: str) -> DataStream:
        return DataStream.read(self._call("POST", path_to("data-streams", id, what)))

    def remove(self, id: int) -> None:
        self._call("DELETE", path_to("data-streams", id))
