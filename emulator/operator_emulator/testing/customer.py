"""Customer: the endpoint that the operator pushes messages and delivery reports to, as a test sees it.

It keeps the requests that it received, answers 200 or as it was told to, and explains in assertion errors how the
requests differ from the expected ones. ``CallbackServer`` brings them here.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Self

from operator_emulator.core.tester.matching import like, within

TIMEOUT: Final = 5.0  # real seconds that waiting lasts, unless a test says otherwise
BODY_SHOWN: Final = 300  # characters of a body in an assertion error
ANY: Final[Any] = object()


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request to the customer's endpoint. Names of *headers* are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str] = field(hash=False)
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "backslashreplace")

    @property
    def json(self) -> Any:
        """The body, which must be JSON. Raises ValueError."""
        return json.loads(self.body)

    def __str__(self) -> str:
        text = self.text if len(self.text) <= BODY_SHOWN else self.text[: BODY_SHOWN - 1] + "…"
        return f"{self.method} {self.path} {text}".rstrip()


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Customer:
    """A customer's endpoint at *url*. *received* are its requests, oldest first."""

    def __init__(self, url: str, app: Callable[[ReceivedRequest], Answer] | None = None) -> None:
        self.url = url
        self.app = app  # answers what answer_with says nothing of
        self.received: list[ReceivedRequest] = []
        self._forgotten = 0
        self._next_answers: deque[Answer] = deque()
        self._last_answer: Answer | None = None
        self._changed = threading.Condition()

    # ------------------------------------------------------------------------------------------ answering

    def answer_with(
        self,
        status: int,
        *,
        times: int | None = None,
        json: Any = ANY,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Self:
        """Answer the next *times* requests so, after those of earlier calls; without *times*, all later ones.

        The first answer of all is an empty 200. Raises ValueError for a status that is not final.
        """
        if not 200 <= status <= 599:
            raise ValueError(f"{status} is not a final status; use one from 200 to 599")
        if times is not None and times < 1:
            raise ValueError("times must be at least 1; leave it out to answer all later requests this way")
        if json is not ANY:
            body, headers = encode(json), {"Content-Type": "application/json", **(headers or {})}
        answer = Answer(status, dict(headers or {}), body)
        if times is None:
            self._last_answer = answer
        else:
            self._next_answers.extend([answer] * times)
        return self

    def respond(self, request: ReceivedRequest) -> Answer:
        """Keep a request and answer it."""
        with self._changed:
            self.received.append(request)
            self._changed.notify_all()
            answer = self._next_answers.popleft() if self._next_answers else self._last_answer
        if answer is None:
            answer = Answer(200) if self.app is None else self.app(request)
        return answer

    # ------------------------------------------------------------------------------------------ looking

    def clear(self) -> None:
        """Forget the requests. What was set by ``answer_with`` stays."""
        with self._changed:
            self._forgotten += len(self.received)
            self.received.clear()

    def matching(self, method: str | None = None, json: Any = ANY, path: str | None = None) -> list[ReceivedRequest]:
        """The requests with this *method*, *path* and *json*.

        Objects may have more members than *json* names, and in texts ``*`` stands for anything.
        """
        return [one for one in tuple(self.received) if not differences(one, method, json, path)]

    def expect(
        self, count: int, method: str | None = None, json: Any = ANY, path: str | None = None
    ) -> Sequence[ReceivedRequest]:
        """Assert that exactly *count* requests match. The AssertionError shows the others and how they differ."""
        __tracebackhide__ = True  # pytest shows the line of the test
        found = self.matching(method, json, path)
        if len(found) != count:
            raise AssertionError(self._complaint(f"{count}", len(found), method, json, path))
        return found

    def expect_one(self, method: str | None = None, json: Any = ANY, path: str | None = None) -> ReceivedRequest:
        """Assert that exactly one request matches, and return it."""
        __tracebackhide__ = True
        return self.expect(1, method, json, path)[0]

    def expect_none(self, method: str | None = None, json: Any = ANY, path: str | None = None) -> None:
        """Assert that no request matches."""
        __tracebackhide__ = True
        self.expect(0, method, json, path)

    def wait_for(
        self,
        method: str | None = None,
        json: Any = ANY,
        path: str | None = None,
        *,
        count: int = 1,
        timeout: float = TIMEOUT,
    ) -> Sequence[ReceivedRequest]:
        """Wait until *count* requests have matched since the beginning. Raises AssertionError after *timeout* seconds.

        For an emulator in real time. With a manual clock, ``emulator.clock.advance`` returns when all have arrived.
        """
        __tracebackhide__ = True
        return self._wait(method, json, path, 0, count, timeout)

    @contextmanager
    def expecting(
        self,
        method: str | None = None,
        json: Any = ANY,
        path: str | None = None,
        *,
        count: int = 1,
        timeout: float = TIMEOUT,
    ) -> Iterator[list[ReceivedRequest]]:
        """As ``wait_for``, but counts only requests from now on: ``with customer.expecting("PATCH") as reports: ...``.

        The wait begins at the end of the block, and fills the list.
        """
        __tracebackhide__ = True
        came: list[ReceivedRequest] = []
        before = self._forgotten + len(self.received)
        yield came
        came += self._wait(method, json, path, before, count, timeout)

    def _wait(
        self, method: str | None, json: Any, path: str | None, since: int, count: int, timeout: float
    ) -> list[ReceivedRequest]:
        __tracebackhide__ = True

        def found() -> list[ReceivedRequest]:
            new = self.received[max(0, since - self._forgotten) :]
            return [one for one in new if not differences(one, method, json, path)]

        with self._changed:
            if not self._changed.wait_for(lambda: len(found()) >= count, timeout):
                raise AssertionError(self._complaint(f"{count} or more", len(found()), method, json, path))
            return found()

    def _complaint(self, wanted: str, found: int, method: str | None, json: Any, path: str | None) -> str:
        words = [method or "requests"]
        if path is not None:
            words.append(f"to {path}")
        if json is not ANY:
            words.append(f"with {encode(json).decode()}")
        lines = [f"expected {wanted} of {' '.join(words)}, got {found}"]
        for number, one in enumerate(tuple(self.received), 1):
            why = differences(one, method, json, path)
            lines += [f"  {number}. {one}", *(f"       {reason}" for reason in why or ["this one matches"])]
        if not self.received:
            lines.append("  no request was received (with a manual clock, none arrives before clock.advance)")
        return "\n".join(lines)


def encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=str).encode()


def differences(request: ReceivedRequest, method: str | None, wanted: Any, path: str | None) -> list[str]:
    """How a request differs from the one that is wanted."""
    found = []
    if method is not None and method.upper() != request.method:
        found.append(f"method is {request.method}, not {method.upper()}")
    if path is not None and not like(path, request.path):
        found.append(f"path is {request.path}, not {path}")
    if wanted is not ANY:
        try:
            value = request.json
        except ValueError:
            found.append("the body is not JSON")
        else:
            found.extend(json_differences(wanted, value, ""))
    return found


def json_differences(wanted: Any, value: Any, place: str) -> Iterable[str]:
    """Where *value* does not contain *wanted*."""
    if within(wanted, value):
        return
    if isinstance(wanted, dict) and isinstance(value, dict):
        for name, one in wanted.items():
            inner = f"{place}.{name}" if place else str(name)
            if name in value:
                yield from json_differences(one, value[name], inner)
            else:
                yield f"{inner} is missing"
    else:
        yield f"{place or 'the body'} is {encode(value).decode()}, not {encode(wanted).decode()}"
