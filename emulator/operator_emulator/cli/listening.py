"""Sockets that listen, opened before anything else is done, so that a port in use is one clear line."""

import errno
import os
import socket
from typing import Final

import click

LOCALHOST: Final = ("127.0.0.1", "::1")
ATTEMPTS: Final = 20  # to find a port that is free on each address


def listen(host: str, port: int) -> list[socket.socket]:
    """The sockets for a host: for "localhost" one for IPv4 and, where the machine has it, one for IPv6.

    Raises ClickException.
    """
    if host != "localhost":
        return [bind(host, port)]
    for _ in range(ATTEMPTS if port == 0 else 1):
        first = bind(LOCALHOST[0], port)
        try:
            return [first, bind(LOCALHOST[1], first.getsockname()[1])]
        except NotBound as problem:
            if problem.number != errno.EADDRINUSE:
                return [first]  # a machine without IPv6
            first.close()
            failure = problem
    raise failure


class NotBound(click.ClickException):
    """An address cannot be listened on."""

    def __init__(self, host: str, port: int, error: OSError | UnicodeError) -> None:
        self.number = error.errno if isinstance(error, OSError) else None
        reason = getattr(error, "strerror", None) or error
        super().__init__(f"cannot listen on {host} port {port}: {reason}; {advice(self.number, port)}")


def advice(number: int | None, port: int) -> str:
    if number == errno.EADDRINUSE:
        return "choose another --port (0 picks a free one)"
    if number == errno.EACCES and port < 1024:
        return "ports below 1024 need permission; choose another --port (0 picks a free one)"
    return "--host must be an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them"


def bind(host: str, port: int) -> socket.socket:
    """Raises NotBound."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family)
    except (OSError, UnicodeError) as error:
        raise NotBound(host, port, error) from None
    try:
        if os.name == "posix":  # Windows would let two programs have the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and host != "::":
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        raise NotBound(host, port, error) from None
    return listener
