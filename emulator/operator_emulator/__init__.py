"""A stateful local emulator of the customer APIs of mobile IoT operators."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from operator_emulator.testing.running import running as running


def __getattr__(name: str) -> Any:
    """``running`` is imported when it is asked for: commands start without it."""
    if name != "running":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from operator_emulator.testing.running import running

    return running
