"""Requests with an absolute address that are not for an operator's host, passed on to it (``--proxy-pass``)."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:
    import aiohttp

# RFC 9110, 7.6.1: those of the connection, not of the message.
HOP_BY_HOP: Final = frozenset(
    {"connection", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding"}
)
PIECE: Final = 65536


def forward(url: str) -> ASGIApp:
    """An app that sends the request on to *url*, and its answer back."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        import aiohttp

        request = Request(scope, receive)
        headers = [(name, value) for name, value in request.headers.items() if name not in HOP_BY_HOP]
        has_body = not {"content-length", "transfer-encoding"}.isdisjoint(request.headers)
        response: Response
        try:
            async with (
                aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()) as session,
                session.request(
                    request.method,
                    url,
                    headers=headers,
                    data=request.stream() if has_body else None,
                    allow_redirects=False,
                    skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
                ) as answer,
            ):
                response = StreamingResponse(pieces(answer), answer.status)
                response.raw_headers = [
                    (name, value)
                    for name, value in ((name.lower(), value) for name, value in answer.raw_headers)
                    if name.decode("latin-1") not in HOP_BY_HOP
                ]
                await response(scope, receive, send)
        except (aiohttp.ClientError, OSError) as error:
            response = PlainTextResponse(f"operator-emulator: {url} cannot be reached: {error}\n", 502)
            await response(scope, receive, send)

    return app


async def pieces(answer: "aiohttp.ClientResponse") -> AsyncIterator[bytes]:
    async for piece in answer.content.iter_chunked(PIECE):
        yield piece
