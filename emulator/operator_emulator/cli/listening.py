"""Sockets that listen, opened before anything else is done, so that a port in use is one clear line."""

import errno
import os
import socket
import ssl
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import click

from operator_emulator.cli.ca import open_authority
from operator_emulator.interception.hosts import Addresses
from operator_emulator.runtime.engine import real_now
from operator_emulator.serving import Listener
from operator_emulator.settings import Settings

LOCALHOST: Final = ("127.0.0.1", "::1")
ATTEMPTS: Final = 20  # to find a port that is free on each address


def open_listeners(settings: Settings) -> tuple[list[Listener], Addresses]:
    """All that the emulator listens on, the plain HTTP first, and their URLs. Raises ClickException."""
    host = settings.host
    plain = listen(host, settings.port)
    listeners, addresses = [Listener(one) for one in plain], Addresses(url("http", host, plain))
    if settings.tls_port is None and settings.proxy_port is None:
        return listeners, addresses
    context = server_context(settings)
    if settings.tls_port is not None:
        secure = listen(host, settings.tls_port, "--tls-port")
        listeners += [Listener(one, context=context) for one in secure]
        addresses = replace(addresses, https=url("https", host, secure))
    if settings.proxy_port is not None:
        from operator_emulator.interception.proxy import ProxyProtocol, Rules

        sockets = listen(host, settings.proxy_port, "--proxy-port")
        protocol = partial(ProxyProtocol, rules=Rules(context, settings.proxy_pass))
        listeners += [Listener(one, protocol) for one in sockets]
        addresses = replace(addresses, proxy=url("http", host, sockets))
    return listeners, addresses


def server_context(settings: Settings) -> ssl.SSLContext:
    """The TLS context with the user's certificate, or with one for the operators' hosts. Raises ClickException."""
    from operator_emulator.interception.authority import CertificateUnusable, own_context

    if settings.tls_cert is None:
        return open_authority(settings.ca_dir).server_context(real_now())
    try:
        return own_context(settings.tls_cert, settings.tls_key)
    except CertificateUnusable as error:
        raise click.ClickException(str(error)) from None


def url(scheme: str, host: str, sockets: Sequence[socket.socket]) -> str:
    """How callers on this machine reach the *sockets* of *host*."""
    name = "localhost" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}:{sockets[0].getsockname()[1]}"


def listen(host: str, port: int, flag: str = "--port") -> list[socket.socket]:
    """The sockets for a host: for "localhost" one for IPv4 and, where the machine has it, one for IPv6.

    Raises ClickException.
    """
    if host != "localhost":
        return [bind(host, port, flag)]
    for _ in range(ATTEMPTS if port == 0 else 1):
        first = bind(LOCALHOST[0], port, flag)
        try:
            return [first, bind(LOCALHOST[1], first.getsockname()[1], flag)]
        except NotBound as problem:
            if problem.number != errno.EADDRINUSE:
                return [first]  # a machine without IPv6
            first.close()
            failure = problem
    raise failure


class NotBound(click.ClickException):
    """An address cannot be listened on."""

    def __init__(self, host: str, port: int, flag: str, error: OSError | UnicodeError) -> None:
        self.number = error.errno if isinstance(error, OSError) else None
        reason = getattr(error, "strerror", None) or error
        super().__init__(f"cannot listen on {host} port {port}: {reason}; {advice(self.number, port, flag)}")


def advice(number: int | None, port: int, flag: str) -> str:
    if number == errno.EADDRINUSE:
        return f"choose another {flag} (0 picks a free one)"
    if number == errno.EACCES and port < 1024:
        return f"ports below 1024 need permission; choose another {flag} (0 picks a free one)"
    return "--host must be an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them"


def bind(host: str, port: int, flag: str) -> socket.socket:
    """Raises NotBound."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family)
    except (OSError, UnicodeError) as error:
        raise NotBound(host, port, flag, error) from None
    try:
        if os.name == "posix":  # Windows would let two programs have the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and host != "::":
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        raise NotBound(host, port, flag, error) from None
    return listener
