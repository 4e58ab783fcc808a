"""Why a callback got no answer, in plain words instead of those of aiohttp and the operating system."""

import errno
import socket
import ssl
from collections.abc import Mapping
from typing import Final

ERRORS: Final[Mapping[int, str]] = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "the connection was reset",
    errno.EPIPE: "the connection was reset",
    errno.EHOSTUNREACH: "no route to the host",
    errno.ENETUNREACH: "no route to the host",
    errno.EADDRNOTAVAIL: "no route to the host",
}


def problem_of(error: Exception) -> str:
    """The words for an exception of aiohttp. An unknown one is quoted."""
    import aiohttp

    match error:
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError() | UnicodeError():
            return "the URL is not valid"
        case aiohttp.ClientConnectorCertificateError() | ssl.SSLCertVerificationError():
            return "the certificate is not trusted"
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return "no TLS connection; is it an https endpoint?"
        case aiohttp.ClientConnectorError(os_error=socket.gaierror()):
            return f"there is no host {error.host}"
        case aiohttp.ServerDisconnectedError():
            return "the connection was closed without an answer"
        case aiohttp.ClientPayloadError():
            return "the answer broke off"
        case aiohttp.ClientResponseError():
            return "the answer is not HTTP"
        case OSError(errno=int(number)) if number in ERRORS:
            return ERRORS[number]
    return f"no answer: {str(error) or type(error).__name__}"
