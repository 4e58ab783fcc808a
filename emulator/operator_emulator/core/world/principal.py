"""The caller of an API, whichever surface it is."""

from typing import Protocol


class Principal(Protocol):
    """*organisation* is None for a caller that belongs to none, such as an application of the portal."""

    @property
    def client_id(self) -> str: ...

    @property
    def organisation(self) -> int | None: ...
