"""The world's time."""

from datetime import datetime, timedelta
from typing import Any, Literal

from operator_emulator.client.connection import Part, without_none
from operator_emulator.client.values import Advanced, Job, Time


class Clock(Part):
    """The world's time."""

    def show(self) -> Time:
        return Time.read(self._call("GET", "/clock"))

    @property
    def now(self) -> datetime:
        return self.show().now

    def advance(
        self,
        by: timedelta | None = None,
        *,
        to: datetime | None = None,
        until: Literal["next-job", "idle"] | None = None,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> Advanced:
        """Let time pass, and return when everything due on the way has happened, callbacks included.

        By a duration (``hours=3``; without any, only what is due now happens), *to* an instant, or *until* the next
        job or until nothing is left to happen.
        """
        if to is not None:
            request: dict[str, Any] = {"to": to.isoformat()}
        elif until is not None:
            request = {"until": until}
        else:
            total = (by or timedelta()) + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
            request = {"seconds": total.total_seconds()}
        return Advanced.read(self._call("POST", "/clock/advance", json=request))

    def set(
        self,
        mode: Literal["real", "manual"] | None = None,
        *,
        now: datetime | None = None,
        speed: float | None = None,
    ) -> Time:
        """Stop time or let it pass, at a *speed*; move it forward to *now*."""
        request = {"mode": mode, "now": None if now is None else now.isoformat(), "speed": speed}
        return Time.read(self._call("PUT", "/clock", json=without_none(request)))

    def jobs(self, kind: str | None = None, limit: int | None = None) -> list[Job]:
        """The scheduled jobs, in the order in which they are due."""
        return self._connection.read_list(Job, "/jobs", "jobs", {"kind": kind, "limit": limit})
