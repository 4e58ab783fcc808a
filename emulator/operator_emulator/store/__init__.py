"""Where the world is kept: the Store that the engine uses, and ``open_store`` that makes one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.world import World
from operator_emulator.store.bell import Bell
from operator_emulator.store.feed import Feed

P = ParamSpec("P")
T = TypeVar("T")


class StoreFailure(Exception):
    """The world cannot be opened or written; the message says why and what to do. What was kept is unharmed."""


class DamagedRow(StoreFailure):
    """A row cannot be decoded: somebody or something else has changed it."""

    def __init__(self, table: str, key: Any, why: Exception) -> None:
        super().__init__(
            f"row {key} of {table} is damaged ({why}); restore a snapshot, or begin again with POST /_emulator/reset"
        )
        self.table = table
        self.key = key


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A copy of the whole world: when it was *saved*, what time it was in it, and how large it is."""

    name: str
    saved: datetime
    now: datetime
    sims: int
    octets: int


class Store(Protocol):
    bell: Bell
    feed: Feed

    @property
    def fresh(self) -> bool:
        """Nothing has ever been planted here."""
        ...

    async def read(
        self,
        real: datetime,
        view: Callable[Concatenate[World, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a view. It sees a world that nobody changes meanwhile; a view that writes is a bug and raises."""
        ...

    async def write(
        self,
        real: datetime,
        verb: Callable[Concatenate[World, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a verb in one transaction: on return it is kept, and if it raises nothing has happened."""
        ...

    async def begin_again(self, real: datetime, plant: Callable[[World], None]) -> None:
        """Forget everything, ids too, and plant anew, in one transaction."""
        ...

    async def adopt(self, real: datetime, other: "Store", *, keep: bool) -> None:
        """Hold what *other*, a store in memory, holds; it is no longer of use then.

        With *keep*, it is remembered, too, and time begins where it stands, as with ``recall``.
        """
        ...

    async def remember(self) -> None:
        """Keep this world in memory, for ``recall``; what was kept before is not any longer."""
        ...

    async def recall(self, real: datetime) -> None:
        """Put the world back to what was remembered, as ``restore`` does. Raises UnknownSnapshot."""
        ...

    async def save(self, real: datetime, name: str) -> Snapshot:
        """Copy the whole world, clock, jobs and ids with it; a copy of that name is replaced."""
        ...

    async def restore(self, real: datetime, name: str) -> None:
        """Put the world back to its copy. Its time goes on from where it stood. Raises UnknownSnapshot."""
        ...

    def snapshot(self, name: str) -> Snapshot:
        """Raises UnknownSnapshot, and StoreFailure if it cannot be read."""
        ...

    def snapshots(self) -> list[Snapshot]:
        """All copies, by name."""
        ...

    def discard(self, name: str) -> None:
        """Raises UnknownSnapshot."""
        ...

    def close(self) -> None: ...


def open_store(path: Path | None, policy: Policy) -> Store:
    """A store in memory, or in the SQLite file at *path*. Raises StoreFailure."""
    from operator_emulator.store.sqlite.store import SqliteStore

    return SqliteStore(path, policy)
