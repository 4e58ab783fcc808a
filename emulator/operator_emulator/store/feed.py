"""Feed: which rows changed, by table and key, for those who follow the world (``GET /_emulator/changes``).

It costs nothing until somebody follows it. From then on it keeps the last changes, so that whoever was cut off can
resume; it stops again when as many have passed without a follower.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Final

KEPT: Final = 20_000  # transactions that can be resumed after
KEYS_MAX: Final = 500  # keys of one table in one answer; more are told as "all of it"

Changes = dict[str, set[Any]]


class Feed:
    """The store notes rows and commits; followers ask what came after a number."""

    def __init__(self) -> None:
        self.active = False
        self.followers = 0
        self.generation = 1  # of worlds: a reset or a restored snapshot begins another
        self.last = 0
        self._noted: Changes = {}
        self._kept: deque[tuple[int, Changes]] = deque(maxlen=KEPT)
        self._unfollowed = 0

    def note(self, table: str, key: Any) -> None:
        """A row was put or deleted in the transaction that is under way. Call it while ``active``."""
        self._noted.setdefault(table, set()).add(key)

    def commit(self) -> None:
        if not self._noted:
            return
        self.last += 1
        self._kept.append((self.last, self._noted))
        self._noted = {}
        self._unfollowed = 0 if self.followers else self._unfollowed + 1
        if self._unfollowed > KEPT:
            self._stop()

    def roll_back(self) -> None:
        self._noted = {}

    def begin_again(self) -> None:
        """The world is another one: nothing that was noted holds for it."""
        self.generation += 1
        self._noted = {}
        self._kept.clear()

    def follow(self) -> None:
        """Somebody follows from now on."""
        if not self.active:
            self.active = True
            self.generation += 1  # what happened before was not noted
        self.followers += 1

    def leave(self) -> None:
        self.followers -= 1

    def _stop(self) -> None:
        self.active = False
        self._kept.clear()
        self._unfollowed = 0

    def since(self, number: int) -> Changes | None:
        """The changes after *number*, gathered; None if they are no longer known."""
        if number > self.last or (number < self.last and (not self._kept or self._kept[0][0] > number + 1)):
            return None
        gathered: Changes = {}
        for at, changes in reversed(self._kept):
            if at <= number:
                break
            for table, keys in changes.items():
                gathered.setdefault(table, set()).update(keys)
        return gathered


def shown(changes: Mapping[str, Iterable[Any]]) -> dict[str, Any]:
    """The changes as JSON: keys in order, or true where there are too many to name."""
    found: dict[str, Any] = {}
    for table, keys in changes.items():
        ordered = sorted(keys)
        found[table] = True if len(ordered) > KEYS_MAX else ordered
    return found
