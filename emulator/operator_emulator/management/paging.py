"""Pages, sorting and filters of lists (D§5): reading the query, and the headers of the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.policy import Policy
from operator_emulator.web.receive import Note

COUNTS: Final = ("page", "pageSize", "per_page")
LARGEST: Final = 2**31 - 1  # the operator reads a Java int


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its number from 1, its size, and the number of rows before it."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size


def read_page(
    query: Mapping[str, str], default: int, maximum: int, policy: Policy, note: Note, *, size: str = "pageSize"
) -> Page:
    """The page that ``page`` and the parameter *size* ask for; absent or empty means the first, of *default* rows.

    A size above *maximum* is cut to it and noted, or Malformed under ``paging=strict``. Malformed, too: what is no
    number, or below 1.
    """
    if not query:
        return Page(1, default)
    rows = read_count(query, size, default)
    if rows > maximum:
        if policy.paging == "strict":
            raise Malformed(size, f"must be at most {maximum}")
        note(size, f"is reduced to {maximum}")
        rows = maximum
    return Page(read_count(query, "page", 1), rows)


def read_count(query: Mapping[str, str], name: str, default: int) -> int:
    """A whole number of 1 or more. Raises Malformed."""
    text = query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or not 1 <= int(text) <= LARGEST:
        raise Malformed(name, f"must be a whole number from 1 to {LARGEST}")
    return int(text)


def page_headers(page: Page, total: int) -> dict[str, str]:
    """The four paging headers. X-Count-Per-Page is the requested size, not the number of rows returned."""
    return {
        "X-Count-Per-Page": str(page.size),
        "X-Current-Page": str(page.number),
        "X-Total-Count": str(total),
        "X-Total-Pages": str(pages(page, total)),
    }


def pages(page: Page, total: int) -> int:
    """How many pages there are. An empty list has one: 1NCE's own client reads on until the last page."""
    return max(1, -(-total // page.size))


def read_sort(query: Mapping[str, str], keys: Mapping[str, str], policy: Policy, note: Note) -> str:
    """``sort=-a,b`` as an order for ``Table.find``; *keys* maps the names of the wire to fields.

    Unknown keys are ignored and noted, or Malformed under ``sorting=strict``.
    """
    order: dict[str, str] = {}
    for part in query.get("sort", "").split(","):
        key = part.strip()
        if not key:
            continue
        descends = key.startswith("-")
        field = keys.get(key.removeprefix("-"))
        if field is not None:
            order.setdefault(field, f"-{field}" if descends else field)
        else:
            pass_over("sort", f"knows no key {key.removeprefix('-')!r}", policy, note)
    return ",".join(order.values())


def read_q(query: Mapping[str, str], keys: frozenset[str], policy: Policy, note: Note) -> dict[str, str]:
    """``q=key:value,key:value`` as a mapping, all of which must hold.

    Unknown keys, and parts that are no pair, are ignored and noted, or Malformed under ``sorting=strict``.
    """
    wanted: dict[str, str] = {}
    for part in query.get("q", "").split(","):
        key, colon, value = (text.strip() for text in part.partition(":"))
        if key in keys and colon:
            if value:
                wanted[key] = value
        elif part.strip():
            pass_over("q", f"knows no key {key!r}" if colon else f"has no value for {key!r}", policy, note)
    return wanted


def pass_over(field: str, problem: str, policy: Policy, note: Note) -> None:
    if policy.sorting == "strict":
        raise Malformed(field, problem)
    note(field, f"{problem}: it is ignored")
