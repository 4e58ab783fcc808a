"""RequestsAdapter: lets ``requests`` reach an emulator in this process, at the operator's own address."""

from io import BytesIO
from typing import Any

import httpx2
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from operator_emulator.testing.transport import InProcess


class RequestsAdapter(HTTPAdapter):
    """For ``session.mount("https://api.1nce.com", adapter)``."""

    def __init__(self, transport: InProcess) -> None:
        super().__init__()
        self._transport = transport

    def send(self, request: requests.PreparedRequest, *_: Any, timeout: Any = None, **__: Any) -> requests.Response:
        """As over a socket: a fault that resets the connection is a ConnectionError, and the read time-out holds."""
        patience = timeout[1] if isinstance(timeout, tuple) else timeout
        asked = httpx2.Request(
            str(request.method),
            str(request.url),
            headers=[(name, str(value)) for name, value in request.headers.items()],
            content=request.body,  # type: ignore[arg-type]  # whatever requests takes, httpx2 does, too
            extensions={"timeout": {"read": patience}},
        )
        try:
            answer = self._transport.handle_request(asked)
            content = answer.read()
        except httpx2.ReadTimeout as error:
            raise requests.ReadTimeout(str(error), request=request) from None
        except httpx2.TransportError as error:
            raise requests.ConnectionError(str(error), request=request) from None
        raw = HTTPResponse(
            body=BytesIO(content),
            headers=HTTPHeaderDict(answer.headers.multi_items()),
            status=answer.status_code,
            reason=answer.reason_phrase,
            preload_content=False,
            decode_content=False,
        )
        return self.build_response(request, raw)
