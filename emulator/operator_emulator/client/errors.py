"""What can go wrong when the control plane is called."""

from collections.abc import Mapping
from typing import Any

import httpx2


class Unreachable(Exception):
    """No emulator answers at this URL."""


class EmulatorError(Exception):
    """The emulator refused. *error* is its sentence, *field* the part of the request at fault, *body* the answer."""

    def __init__(self, status: int, error: str, field: str | None = None, body: Any = None) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.field = field
        self.body = body


class NotVerified(EmulatorError, AssertionError):
    """The expected exchanges did not happen. The text shows the ones that come closest, and how they differ."""


class TimedOut(EmulatorError, TimeoutError):
    """The wait is over and too little matched; ``body["matched"]`` is what did."""


class Refused(EmulatorError):
    """The network refused the device; *error* is the cause."""


def refusal(answer: httpx2.Response) -> EmulatorError:
    """The error in an answer. An answer that is not the emulator's is quoted."""
    try:
        body = answer.json()
        return EmulatorError(answer.status_code, str(body["error"]), body.get("field"), body)
    except (ValueError, LookupError, TypeError, AttributeError):
        return EmulatorError(answer.status_code, f"HTTP {answer.status_code}: {answer.text[:200]}")


def explain_near_misses(body: Mapping[str, Any]) -> str:
    """The answer of a failed ``verify``, for a person."""
    lines = [body["error"]]
    for miss in body["near_misses"]:
        exchange = miss["exchange"]
        lines.append(f"  #{exchange['id']} {exchange['direction']} {exchange['method']} {exchange['path']}:")
        lines += [f"      {difference}" for difference in miss["differences"]]
    return "\n".join(lines)
