"""The caller of an API, on any surface."""

from typing import Protocol


class Principal(Protocol):
    """*organisation* is None for callers without one, such as applications of the portal."""

    @property
    def client_id(self) -> str: ...

    @property
    def organisation(self) -> int | None: ...
