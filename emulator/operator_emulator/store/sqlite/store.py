"""SqliteStore: the default store, in memory or in one file.

A unit of work runs inline on the event loop and never awaits, so no two of them interleave and one connection is
enough. Rows are JSON documents beside their indexed columns. Rows that were read or written lately stay decoded in
memory: nouns are frozen, and nobody else writes (the file is locked), so a kept row is the stored row.

The file is in write-ahead mode with ``synchronous=NORMAL``: what was committed survives the death of the process
(kill -9); the last moments may be lost if the whole machine loses power, but never half a transaction.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

import msgspec
from msgspec.structs import replace

from operator_emulator.core.world import clock
from operator_emulator.core.world.model import Clock
from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.world import Before, Between, Contains, Prefix, Since, World
from operator_emulator.store import DamagedRow, Snapshot, Store, StoreFailure, upgrades
from operator_emulator.store.bell import Bell
from operator_emulator.store.feed import Feed
from operator_emulator.store.sqlite.snapshots import SnapshotFiles
from operator_emulator.store.tables import TABLES, Kept

P = ParamSpec("P")
T = TypeVar("T")

APPLICATION_ID = 0x4F50454D  # "OPEM", so that a foreign SQLite file is told apart
FORMAT = 2  # of the rows; store/upgrades.py reads those of format 1
KEPT_DECODED = 1024  # rows of each table
CACHED_QUERIES = 64  # of ``find`` and ``count``, for each table, until it changes
LARGEST_KEY = 2**63 - 1  # of an integer that SQLite can hold
KEYS_AT_ONCE = 1000  # of the rows of a long answer; SQLite takes some ten thousand
CACHED_KEYS_MAX = 200  # keys; a longer answer is not kept
BEGINNING = "beginning"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


PLAIN = frozenset({str, int, float, bool, type(None)})


def column(value: Any) -> Any:
    """A value as SQLite sorts it: instants are microseconds since 1970, enums their values."""
    if value.__class__ in PLAIN:
        return value
    if isinstance(value, datetime):
        return (value - EPOCH) // MICROSECOND
    return value.value if isinstance(value, Enum) else value


def condition(name: str, value: Any) -> tuple[str, list[Any]]:
    """One condition of ``find`` as SQL with its parameters."""
    if value is None:
        return f"{name} IS NULL", []
    if isinstance(value, tuple):
        return f"{name} IN ({', '.join('?' * len(value))})", [column(one) for one in value]
    if isinstance(value, Prefix):
        return f"{name} >= ? AND {name} < ?", [value.text, value.text + "\U0010ffff"]
    if isinstance(value, Contains):
        return f"instr({name}, ?) > 0", [value.text]
    if isinstance(value, Before):
        return f"{name} <= ?", [column(value.value)]
    if isinstance(value, Since):
        return f"{name} >= ?", [column(value.value)]
    if isinstance(value, Between):
        return f"{name} BETWEEN ? AND ?", [column(value.low), column(value.high)]
    return f"{name} = ?", [column(value)]


class SqliteTable(Generic[T]):
    """One table; see ``core.world.world.Table`` for what its methods promise."""

    def __init__(self, store: "SqliteStore", name: str, kept: Kept) -> None:
        self._store = store
        self._feed = store.feed
        self._execute = store.connection.execute
        self._kept = kept
        self._key = kept.key
        self._fields = kept.fields
        self._known = {kept.key, *kept.fields}
        self._decoded: dict[Any, T] = {}
        self._asked: dict[Any, Any] = {}  # what find and count have answered, until the table changes
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(kept.noun).decode
        self._name = name
        self._get = f"SELECT doc FROM {name} WHERE {kept.key} = ?"
        self._put = f"INSERT OR REPLACE INTO {name} VALUES ({', '.join('?' * (2 + len(kept.fields)))})"
        self._delete = f"DELETE FROM {name} WHERE {kept.key} = ?"

    def upgrade(self) -> None:
        """Rewrite the rows that an older version wrote, if there are any."""
        if self._execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (self._name,)).fetchone():
            for key, doc in self._execute(f"SELECT {self._key}, doc FROM {self._name}").fetchall():
                row = msgspec.json.encode(upgrades.upgraded(self._name, msgspec.json.decode(doc)))
                self._execute(f"UPDATE {self._name} SET doc = ? WHERE {self._key} = ?", (row, key))

    def create(self) -> None:
        """Make the table and its indexes as ``tables.py`` has them; rebuild it when an older version's differ."""
        there = [row[1] for row in self._execute(f"PRAGMA table_info({self._name})")]
        indexed = {row[1] for row in self._execute(f"PRAGMA index_list({self._name})") if row[3] == "c"}
        indexes = {"_".join((self._name, *index)): index for index in self._kept.indexes}
        if there == [self._key, "doc", *self._fields] and indexed == set(indexes):
            return
        docs = [row[0] for row in self._execute(f"SELECT doc FROM {self._name}")] if there else []
        self._execute(f"DROP TABLE IF EXISTS {self._name}")
        integer = self._kept.noun.__annotations__[self._key] is int
        columns = [
            f"{self._key} {'INTEGER' if integer else 'TEXT'} PRIMARY KEY",
            "doc BLOB NOT NULL",
            *self._fields,
        ]
        # Without a rowid, an index holds the key itself, and ``find`` never touches the documents.
        without = "" if integer else " WITHOUT ROWID"
        self._execute(f"CREATE TABLE {self._name} ({', '.join(columns)}){without}")
        for name, index in indexes.items():
            self._execute(f"CREATE INDEX {name} ON {self._name} ({', '.join(index)})")
        for doc in docs:
            self._insert(self._decode(doc))

    def _insert(self, row: T) -> None:
        values = [column(getattr(row, field)) for field in self._fields]
        self._execute(self._put, (column(getattr(row, self._key)), self._encode(row), *values))

    def get(self, key: Any) -> T | None:
        row = self._decoded.get(key)
        if row is None:
            if key.__class__ is int and abs(key) > LARGEST_KEY:
                return None
            found = self._execute(self._get, (key,)).fetchone()
            if found is None:
                return None
            row = self._keep(key, self._read(key, found[0]))
        return row

    def _read(self, key: Any, doc: bytes) -> T:
        try:
            row: T = self._decode(doc)
            return row
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise DamagedRow(self._name, key, error) from error

    def put(self, row: T) -> T:
        self._store.begin()
        if self._asked:
            self._asked.clear()
        self._insert(row)
        key = getattr(row, self._key)
        if self._feed.active:
            self._feed.note(self._name, key)
        return self._keep(key, row)

    def _keep(self, key: Any, row: T) -> T:
        decoded = self._decoded
        if len(decoded) >= KEPT_DECODED and key not in decoded:
            del decoded[next(iter(decoded))]
        decoded[key] = row
        return row

    def delete(self, key: Any) -> None:
        self._store.begin()
        self._execute(self._delete, (key,))
        if self._feed.active:
            self._feed.note(self._name, key)
        self._decoded.pop(key, None)
        self._asked.clear()

    def clear(self) -> None:
        self._execute(f"DELETE FROM {self._name}")

    def forget_decoded(self) -> None:
        self._decoded.clear()
        self._asked.clear()

    def find(self, *, order: str = "", offset: int = 0, limit: int | None = None, **conditions: Any) -> list[T]:
        asked = (order, offset, limit, *conditions.items())
        keys = self._asked.get(asked)
        if keys is None:
            keys = self._keys(order, offset, limit, conditions)
            if len(keys) <= CACHED_KEYS_MAX:
                self._remember(asked, keys)
        if len(keys) > KEPT_DECODED:
            return self._many(keys)
        return [row for key in keys if (row := self.get(key)) is not None]

    def _many(self, keys: list[Any]) -> list[T]:
        """The rows of a long answer, by a few queries. They are not kept: they would displace one another."""
        rows = {key: self._decoded[key] for key in keys if key in self._decoded}
        missing = [key for key in keys if key not in rows]
        for start in range(0, len(missing), KEYS_AT_ONCE):
            some = missing[start : start + KEYS_AT_ONCE]
            marks = ", ".join("?" * len(some))
            sql = f"SELECT {self._key}, doc FROM {self._name} WHERE {self._key} IN ({marks})"
            rows |= ((key, self._read(key, doc)) for key, doc in self._execute(sql, some))
        return [rows[key] for key in keys if key in rows]

    def _keys(self, order: str, offset: int, limit: int | None, conditions: dict[str, Any]) -> list[Any]:
        where, values = self._where(conditions)
        names = [name for name in order.split(",") if name]
        self._check(name.removeprefix("-") for name in names)
        descending = bool(names) and names[0].startswith("-")
        if self._key not in (name.removeprefix("-") for name in names):
            names.append(f"-{self._key}" if descending else self._key)
        ordered = ", ".join(f"{name[1:]} DESC" if name.startswith("-") else name for name in names)
        sql = f"SELECT {self._key} FROM {self._name}{where} ORDER BY {ordered}"
        if limit is not None or offset:
            sql += f" LIMIT {-1 if limit is None else limit} OFFSET {offset}"
        return [key for (key,) in self._execute(sql, values)]

    def count(self, **conditions: Any) -> int:
        asked = ("count", *conditions.items())
        found = self._asked.get(asked)
        if found is None:
            where, values = self._where(conditions)
            found = self._execute(f"SELECT COUNT(*) FROM {self._name}{where}", values).fetchone()[0]
            self._remember(asked, found)
        return int(found)

    def _remember(self, asked: Any, answer: Any) -> None:
        if len(self._asked) >= CACHED_QUERIES:
            self._asked.clear()
        self._asked[asked] = answer

    def _where(self, conditions: dict[str, Any]) -> tuple[str, list[Any]]:
        if not conditions:
            return "", []
        self._check(conditions)
        parts, values = [], []
        for name, value in conditions.items():
            part, more = condition(name, value)
            parts.append(part)
            values += more
        return " WHERE " + " AND ".join(parts), values

    def _check(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self._known:
                raise LookupError(f"{self._name} has no indexed field {name!r}; see store/tables.py")


class SqliteStore:
    """The store on SQLite; see ``store.Store`` for what its methods promise."""

    def __init__(self, path: Path | None, policy: Policy) -> None:
        self.bell = Bell()
        self.feed = Feed()
        self._path = path
        self._shelf = SnapshotFiles(path)
        self._beginning = SnapshotFiles(None)
        self._began = False
        self._writing = False
        self._ids_taken = False
        try:
            self.connection = self._open()
            try:
                self._tables: dict[str, SqliteTable[Any]] = {
                    name: SqliteTable(self, name, kept) for name, kept in TABLES.items()
                }
                self._create()
                self._ids: dict[str, int] = self._read_ids()
            except BaseException:
                self.connection.close()
                raise
        except sqlite3.Error as error:
            raise self._failure(error) from error
        except msgspec.MsgspecError as error:
            raise StoreFailure(f"{path}: contains rows that this version cannot read ({error})") from error
        self._world = World(
            real=EPOCH,
            policy=policy,
            next_id=self._next_id,
            last_ids=self._last_ids,
            continue_ids=self._continue_ids,
            **self._tables,
        )

    # ------------------------------------------------------------------------------------------ opening

    def _open(self) -> sqlite3.Connection:
        if self._path is not None and not self._path.parent.is_dir():
            raise StoreFailure(f"{self._path}: the folder {self._path.parent} does not exist; create it first")
        name = ":memory:" if self._path is None else str(self._path)
        # Made in the thread that builds the app, used in that of the event loop; never in two at a time.
        connection = sqlite3.connect(
            name, isolation_level=None, timeout=0.2, cached_statements=512, check_same_thread=False
        )
        # A SIM is a little over 1 kB: in pages of 4 kB it would spill into a page of its own, and take a third more.
        connection.execute("PRAGMA page_size = 8192")
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        return connection

    def _create(self) -> None:
        execute = self.connection.execute
        execute("BEGIN IMMEDIATE")  # takes the lock before anything is looked at
        application = execute("PRAGMA application_id").fetchone()[0]
        tables = execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and application != APPLICATION_ID:
            execute("ROLLBACK")
            raise StoreFailure(f"{self._path}: is an SQLite file of another program; choose another --data")
        if tables:
            found = execute("PRAGMA user_version").fetchone()[0]
            if found > FORMAT:
                execute("ROLLBACK")
                raise StoreFailure(
                    f"{self._path}: was written by a newer version (format {found}, this one reads {FORMAT})"
                )
            problem = execute("PRAGMA quick_check(1)").fetchone()[0].splitlines()[-1]  # before it stand headings
            if problem != "ok":
                execute("ROLLBACK")
                raise StoreFailure(f"{self._path}: is damaged ({problem}); restore a copy or move it away")
        execute("CREATE TABLE IF NOT EXISTS ids (id INTEGER PRIMARY KEY, last BLOB NOT NULL)")
        self._upgrade()
        execute(f"PRAGMA application_id = {APPLICATION_ID}")
        execute("COMMIT")
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = NORMAL")

    def _upgrade(self) -> None:
        """Bring what an older version wrote to today's format."""
        execute = self.connection.execute
        old = execute("PRAGMA user_version").fetchone()[0] < FORMAT
        for name, new in upgrades.TABLES.items() if old else ():
            if execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)).fetchone():
                execute(f"ALTER TABLE {name} RENAME TO {new}")
        for name, table in self._tables.items():
            if old and upgrades.changes(name):
                table.upgrade()
            table.create()
        execute(f"PRAGMA user_version = {FORMAT}")

    def _read_ids(self) -> dict[str, int]:
        row = self.connection.execute("SELECT last FROM ids WHERE id = 1").fetchone()
        return {} if row is None else msgspec.json.decode(row[0], type=dict[str, int])

    def _failure(self, error: sqlite3.Error) -> StoreFailure:
        name = self.name
        code = getattr(error, "sqlite_errorname", "") or ""
        if code.startswith("SQLITE_BUSY"):
            return StoreFailure(f"{name}: is in use by another process; stop it or choose another --data")
        if code.startswith("SQLITE_NOTADB"):
            return StoreFailure(f"{name}: is not a file of this program; choose another --data")
        if code.startswith("SQLITE_CORRUPT"):
            return StoreFailure(f"{name}: is damaged ({error}); restore a copy or move it away")
        if code.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
            return StoreFailure(f"{name}: cannot be written ({error}); free some disk space. Nothing was lost")
        return StoreFailure(f"{name}: {error}")

    # ------------------------------------------------------------------------------------------ working

    @property
    def name(self) -> str:
        """What failures call it."""
        return "the world in memory" if self._path is None else str(self._path)

    @property
    def fresh(self) -> bool:
        return self._tables["origins"].get(1) is None

    def _at(self, real: datetime) -> World:
        """The world at an instant. There is one, used again: units of work do not overlap, and keep none."""
        self._world.real = real
        return self._world

    def _next_id(self, kind: str) -> int:
        self.begin()
        number = self._ids.get(kind, 0) + 1
        self._ids[kind] = number
        self._ids_taken = True
        return number

    def _last_ids(self) -> dict[str, int]:
        return dict(self._ids)

    def _continue_ids(self, last: Mapping[str, int]) -> None:
        self.begin()
        self._ids.update(last)
        self._ids_taken = True

    def begin(self) -> None:
        """Start the transaction, at the first change: a refusal that changed nothing costs none."""
        if not self._began:
            if not self._writing:
                raise RuntimeError("a view changes the world; make it a verb and call write")
            self.connection.execute("BEGIN IMMEDIATE")
            self._began = True

    async def read(
        self,
        real: datetime,
        view: Callable[Concatenate[World, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        try:
            return view(self._at(real), *args, **kwargs)
        except sqlite3.Error as error:
            raise self._failure(error) from error

    async def write(
        self,
        real: datetime,
        verb: Callable[Concatenate[World, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        self._writing = True
        try:
            value = verb(self._at(real), *args, **kwargs)
            if self._began:
                self._commit()
                self.bell.ring()
            return value
        except BaseException as error:
            self._roll_back()
            cause = error if isinstance(error, sqlite3.Error) else error.__cause__
            if isinstance(cause, sqlite3.Error):
                raise self._failure(cause) from error
            raise
        finally:
            self._writing = self._began = False

    async def begin_again(self, real: datetime, plant: Callable[[World], None]) -> None:
        def wipe_and_plant(world: World) -> None:
            self.begin()
            for table in self._tables.values():
                table.clear()
                table.forget_decoded()
            self.connection.execute("DELETE FROM ids")
            self._ids.clear()
            plant(world)

        await self.write(real, wipe_and_plant)
        self.feed.begin_again()
        self.bell.ring()

    def _commit(self) -> None:
        if self._ids_taken:
            self.connection.execute("INSERT OR REPLACE INTO ids VALUES (1, ?)", (msgspec.json.encode(self._ids),))
            self._ids_taken = False
        self.connection.execute("COMMIT")
        self.feed.commit()

    def _roll_back(self) -> None:
        self.feed.roll_back()
        if not self._began:
            return
        if self.connection.in_transaction:  # a full disk may have rolled it back already
            self.connection.execute("ROLLBACK")
        self._ids_taken = False
        self._forget_decoded()

    def _forget_decoded(self) -> None:
        self._ids = self._read_ids()
        for table in self._tables.values():
            table.forget_decoded()

    # ------------------------------------------------------------------------------------------ snapshots

    async def save(self, real: datetime, name: str) -> Snapshot:
        def anchor(world: World) -> None:  # so that the copy knows what time it was
            clock.set_rate(world, world.clock.rate)

        await self.write(real, anchor)
        try:
            self._shelf.put(name, self.connection)
            return self._snapshot(name)
        except (sqlite3.Error, OSError) as error:
            raise self._unusable(name, error) from error

    async def adopt(self, real: datetime, other: Store, *, keep: bool) -> None:
        assert isinstance(other, SqliteStore), "stores of one kind hold what the others hold"
        self._beginning.hold(BEGINNING, other.connection)
        await self._go_back(real if keep else None, self._beginning, BEGINNING)
        if not keep:
            self._beginning.delete(BEGINNING)

    async def remember(self) -> None:
        self._beginning.put(BEGINNING, self.connection)

    async def recall(self, real: datetime) -> None:
        await self._go_back(real, self._beginning, BEGINNING)

    async def restore(self, real: datetime, name: str) -> None:
        await self._go_back(real, self._shelf, name)

    async def _go_back(self, real: datetime | None, shelf: SnapshotFiles, name: str) -> None:
        try:
            with shelf.get(name) as copy:
                self._examine(copy, thoroughly=shelf.on_disk)
                copy.backup(self.connection)
        except sqlite3.Error as error:
            raise self._unusable(name, error) from error
        self._forget_decoded()

        def settle(world: World) -> None:
            self.begin()
            self._upgrade()
            if real is not None:
                world.clocks.put(replace(world.clock, real=real))

        await self.write(real or EPOCH, settle)
        self.feed.begin_again()
        self.bell.ring()

    def snapshot(self, name: str) -> Snapshot:
        try:
            return self._snapshot(name)
        except sqlite3.Error as error:
            raise self._unusable(name, error) from error

    def snapshots(self) -> list[Snapshot]:
        found = []
        for name in self._shelf.names():
            with contextlib.suppress(sqlite3.Error):  # what is no snapshot is not listed
                found.append(self._snapshot(name))
        return found

    def discard(self, name: str) -> None:
        self._shelf.delete(name)

    def _snapshot(self, name: str) -> Snapshot:
        with self._shelf.get(name) as copy:
            self._examine(copy)
            kept = msgspec.json.decode(copy.execute("SELECT doc FROM clocks").fetchone()[0], type=Clock)
            sims = copy.execute("SELECT COUNT(*) FROM sims").fetchone()[0]
            pages, size = (copy.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "page_size"))
        return Snapshot(name, kept.real, kept.virtual, sims, pages * size)

    def _examine(self, copy: sqlite3.Connection, *, thoroughly: bool = False) -> None:
        """Raises sqlite3.DatabaseError if it is no world that can be read."""
        application = copy.execute("PRAGMA application_id").fetchone()[0]
        version = copy.execute("PRAGMA user_version").fetchone()[0]
        if application != APPLICATION_ID or version > FORMAT:
            raise sqlite3.DatabaseError("is a file of another program, or of a newer version of this one")
        problem = copy.execute("PRAGMA quick_check(1)").fetchone()[0] if thoroughly else "ok"
        if problem != "ok":
            raise sqlite3.DatabaseError(f"is damaged ({problem})")

    def _unusable(self, name: str, error: Exception) -> StoreFailure:
        return StoreFailure(f"snapshot {name}: {error}; the world is unchanged")

    def close(self) -> None:
        self._shelf.close()
        self._beginning.close()
        self.connection.close()
