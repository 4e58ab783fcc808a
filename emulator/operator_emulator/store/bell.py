"""Bell: "something changed", heard by the job loop and by open streams."""

import asyncio


class Bell:
    """Listen before you look: ``heard = bell.listen()``, then look, then ``await heard.wait()``."""

    def __init__(self) -> None:
        self._heard: asyncio.Event | None = None

    def listen(self) -> asyncio.Event:
        """An event that is set at the next change after this call."""
        if self._heard is None:
            self._heard = asyncio.Event()
        return self._heard

    def ring(self) -> None:
        if self._heard is not None:
            self._heard.set()
            self._heard = None
