"""Copies of the whole world."""

from operator_emulator.client.connection import Part, path_to
from operator_emulator.client.values import Snapshot, World


class Snapshots(Part):
    """Copies of the whole world."""

    def save(self, name: str) -> Snapshot:
        return Snapshot.read(self._call("PUT", path_to("snapshots", name)))

    def restore(self, name: str) -> World:
        """Go back to a copy, which stays."""
        return World.read(self._call("POST", path_to("snapshots", name, "restore")))

    def list(self) -> "list[Snapshot]":
        return self._connection.read_list(Snapshot, "/snapshots", "snapshots")

    def discard(self, name: str) -> None:
        self._call("DELETE", path_to("snapshots", name))
