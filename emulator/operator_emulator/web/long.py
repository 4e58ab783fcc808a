"""Long answers: made and sent piece by piece, so that others have their turn meanwhile."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from operator_emulator.runtime.turns import in_turns
from operator_emulator.web.context import operation_of
from operator_emulator.web.json import encode
from operator_emulator.web.respond import JSON_TYPE, VIOLATED, breach_of, report

T = TypeVar("T")

CHUNK: Final = 256 * 1024  # octets that are sent in one step


class LongAnswer(Response):
    """An answer whose body is the pieces, one after the other."""

    def __init__(self, pieces: Sequence[bytes], headers: Iterable[tuple[bytes, bytes]], status: int = 200) -> None:
        self.status_code = status
        self.raw_headers = [*headers, (b"content-length", b"%d" % sum(map(len, pieces)))]
        self.background = None
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for chunk in chunks(self._pieces):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def chunks(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    """The pieces, put together to few chunks."""
    chunk = bytearray()
    async for piece in in_turns(pieces):
        chunk += piece
        if len(chunk) >= CHUNK:
            yield bytes(chunk)
            chunk.clear()
    yield bytes(chunk)


async def answer_list(
    request: Request,
    name: str,
    items: Iterable[T],
    show: Callable[[T], Mapping[str, Any]],
    component: str,
    others: Mapping[str, Any],
    first: Mapping[str, Any] = MappingProxyType({}),
    status: int = 200,
) -> Response:
    """The answer ``{**first, name: [show(item), …], **others}``.

    Each shown item is held against *component* of the contract.
    """
    operation = operation_of(request)
    document = operation.document
    breach = breach_of(operation, status, {**first, name: [], **others})
    pieces: list[bytes] = []
    async for item in in_turns(items):
        value = show(item)
        breach = breach or "; ".join(document.findings(component, value))
        pieces += (b"," if pieces else b"", encode(value))
    headers = [(b"content-type", JSON_TYPE.encode()), *document.headers]
    if breach:
        headers.append(VIOLATED)
        report(request, operation, breach)
    before, after = encode({**first, name: []}), encode({name: [], **others})
    return LongAnswer([before[: -len(b"]}")], *pieces, after[len(encode(name)) + len(b"{:[") :]], headers, status)
