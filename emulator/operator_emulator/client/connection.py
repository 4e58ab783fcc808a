"""Connection: requests to the control plane of one emulator, and their answers as JSON.

It speaks HTTP through httpx2, which Starlette's test client is made of, too: with a *transport* that ends in an app it
needs no socket, and a connection stays open from call to call. The standard library offers neither.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import quote

import httpx2

from operator_emulator.client.errors import EmulatorError, Unreachable, refusal
from operator_emulator.client.values import Value

DEFAULT_URL: Final = "http://127.0.0.1:8080"
BASE: Final = "/_emulator"
# An advance answers when everything has happened, however long that takes; only connecting is limited.
TIMEOUT: Final = httpx2.Timeout(None, connect=5.0)

T = TypeVar("T", bound=Value)


class Connection:
    """A connection to the emulator at *url*. *token* is the secret of ``--control-token``."""

    def __init__(
        self,
        url: str = DEFAULT_URL,
        token: str | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        headers = {} if token is None else {b"X-Emulator-Token": token.encode()}
        # Proxies of the environment are ignored: they do not lead to this machine.
        self._http = httpx2.Client(
            base_url=self.url, headers=headers, transport=transport, timeout=TIMEOUT, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        content: str | bytes | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Any:
        """Send a request and return the JSON of its answer, or None: ``call("GET", "/clock")["now"]``.

        The body is *json*, or *content* of another kind. Parameters that are None are left out.
        """
        answer = self.request(method, BASE + path, json=json, content=content, params=without_none(params or {}))
        if not answer.is_success:
            raise refusal(answer)
        try:
            return answer.json() if answer.content else None
        except ValueError:
            raise EmulatorError(answer.status_code, f"{self.url} answers, but it is not an emulator") from None

    def request(self, method: str, path: str, **how: Any) -> httpx2.Response:
        """Send a request to any path of the emulator, for instance of an operator's API. Raises Unreachable."""
        try:
            return self._http.request(method, path, **how)
        except (httpx2.TransportError, httpx2.InvalidURL) as error:
            raise Unreachable(f"no emulator answers at {self.url}: {error}") from error

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str]) -> Iterator[Iterator[str]]:
        """The lines of an answer that goes on. Raises Unreachable and EmulatorError."""
        try:
            with self._http.stream("GET", BASE + path, headers=dict(headers)) as answer:
                if not answer.is_success:
                    answer.read()
                    raise refusal(answer)
                yield answer.iter_lines()
        except (httpx2.TransportError, httpx2.InvalidURL) as error:
            raise Unreachable(f"no emulator answers at {self.url}: {error}") from error

    def read_list(self, kind: type[T], path: str, member: str, params: Mapping[str, Any] | None = None) -> list[T]:
        """The values in *member* of the answer to a GET."""
        return [kind.read(one) for one in self.call("GET", path, params=params)[member]]


def path_to(*segments: str | int) -> str:
    """The path of these segments, whatever characters are in them: ``path_to("sims", iccid)``.

    Raises EmulatorError for an empty segment, which would make it the path of something else.
    """
    if "" in segments:
        raise EmulatorError(400, f"the name of one of the {segments[0]} must not be empty")
    return "".join("/" + quote_segment(str(segment)) for segment in segments)


def quote_segment(segment: str) -> str:
    """Percent-encoded; "." and "..", too, which would be taken for steps within the path (RFC 3986, 5.2.4)."""
    return segment.replace(".", "%2E") if segment.strip(".") == "" else quote(segment, safe="")


def without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


class Part:
    """A part of the client that shares its connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._call = connection.call
