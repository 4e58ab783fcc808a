"""SnapshotFiles: where the copies of a world are kept under their names.

Beside a world in memory they are in memory; beside a file they are files, in a folder named after it, and survive as
it does.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from operator_emulator.core.world.errors import UnknownSnapshot


class SnapshotFiles:
    """Names are plain: letters, digits, "_", "-" and ".", the last not first."""

    def __init__(self, world: Path | None) -> None:
        self._folder = None if world is None else world.with_name(world.name + ".snapshots")
        self._held: dict[str, sqlite3.Connection] = {}

    @property
    def on_disk(self) -> bool:
        return self._folder is not None

    def names(self) -> list[str]:
        if self._folder is None:
            return sorted(self._held)
        return sorted(path.stem for path in self._folder.glob("*.sqlite"))

    def put(self, name: str, source: sqlite3.Connection) -> None:
        """Copy *source* under *name*; one that is there already is replaced, at once and wholly."""
        if self._folder is None:
            copy = connect(":memory:")
            source.backup(copy)
            self._held[name] = copy
            return
        self._folder.mkdir(exist_ok=True)
        half = self._folder / f"{name}.half"
        half.unlink(missing_ok=True)
        with closing(connect(half)) as copy:
            source.backup(copy)
        os.replace(half, self._path(name))

    def hold(self, name: str, copy: sqlite3.Connection) -> None:
        """Keep a world in memory as it is under *name*; it is not copied."""
        assert self._folder is None, "copies beside a file are files"
        self._held[name] = copy

    @contextmanager
    def get(self, name: str) -> Iterator[sqlite3.Connection]:
        """The copy, to be read. Raises UnknownSnapshot."""
        if name not in self.names():
            raise UnknownSnapshot(name)
        if self._folder is None:
            yield self._held[name]
        else:
            with closing(connect(self._path(name))) as copy:
                yield copy

    def delete(self, name: str) -> None:
        """Raises UnknownSnapshot."""
        if name not in self.names():
            raise UnknownSnapshot(name)
        if self._folder is None:
            self._held.pop(name).close()
        else:
            self._path(name).unlink()

    def close(self) -> None:
        for copy in self._held.values():
            copy.close()
        self._held.clear()

    def _path(self, name: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{name}.sqlite"


def connect(database: Path | str) -> sqlite3.Connection:
    return sqlite3.connect(database, isolation_level=None, timeout=0.2, check_same_thread=False)
