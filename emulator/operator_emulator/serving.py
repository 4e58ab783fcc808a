"""How uvicorn serves us: as it serves everybody, with two things for which ASGI has no word. It can reset a connection,
and it tells long answers that the server is about to stop, which would wait for their end otherwise.
"""

import asyncio
import socket
import struct

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from operator_emulator.web.faults import CONNECTION

LINGER_NOT = struct.pack("ii", 1, 0)  # closing sends RST, and drops what is unsent


class Protocol(HttpToolsProtocol):
    """For ``uvicorn.Config(http=Protocol)``."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.closing = asyncio.Event()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {CONNECTION: {"reset": self.reset, "closing": self.closing}}

    def shutdown(self) -> None:
        super().shutdown()
        self.closing.set()

    def reset(self) -> None:
        """Let the customer's system see "connection reset by peer"."""
        connection = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
        self.transport.abort()
