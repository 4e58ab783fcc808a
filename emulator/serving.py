"""How uvicorn serves us: as it serves everybody, but it can also reset a connection, for which ASGI has no word."""

import socket
import struct

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from emulator.web.faulty import CONNECTION

LINGER_NOT = struct.pack("ii", 1, 0)  # closing sends RST, and drops what is unsent


class Protocol(HttpToolsProtocol):
    """For ``uvicorn.Config(http=Protocol)``."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {CONNECTION: {"reset": self.reset}}

    def reset(self) -> None:
        """Let the customer's system see "connection reset by peer"."""
        connection = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
        self.transport.abort()
