"""What a running ``serve`` tells: that it is ready, to a person or a program, and which exchanges there are."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import takewhile
from pathlib import Path
from typing import Any

import click

from operator_emulator.cli.greeting import greeting
from operator_emulator.cli.journal import show_exchange
from operator_emulator.cli.output import print_json
from operator_emulator.client import Exchange
from operator_emulator.interception.hosts import Addresses
from operator_emulator.runtime.journal import Journal
from operator_emulator.settings import Settings
from operator_emulator.surface import Login, Surface

Logins = Sequence[tuple[str, Sequence[Login]]]


@dataclass(frozen=True, slots=True)
class Announcer:
    """Tells a terminal, or with *as_json* a program; *ready_file* has the same JSON while the emulator runs."""

    settings: Settings
    addresses: Addresses
    continued: bool
    as_json: bool = False
    ready_file: Path | None = None
    log_requests: bool = False

    def say_ready(self, surfaces: Sequence[Surface], logins: Logins) -> None:
        ready = self._ready(surfaces, logins)
        if self.as_json:
            print_json(ready, indent=None)
        else:
            click.echo(greeting(surfaces, logins, self.settings, self.addresses, continued=self.continued))
        if self.ready_file is not None:
            write(self.ready_file, ready)

    def _ready(self, surfaces: Sequence[Surface], logins: Logins) -> dict[str, Any]:
        """Everything that a program needs to use the emulator."""
        addresses = self.addresses
        apis = [surface.title for surface in surfaces if surface.logins is not None]
        return {
            "status": "ready",
            "pid": os.getpid(),
            "version": version("operator-emulator"),
            "edition": self.settings.edition,
            "url": addresses.http,
            "https_url": addresses.https,
            "proxy_url": addresses.proxy,
            "apis": {surface.title: addresses.http + surface.address for surface in surfaces},
            "credentials": [
                {"api": api, "owner": owner, "name": name, "secret": secret}
                for api, (_, found) in zip(apis, logins, strict=True)
                for owner, name, secret in found
            ],
        }

    async def follow(self, journal: Journal) -> None:
        """Print each exchange, with requests of clients and callbacks alike, until cancelled."""
        latest = None
        while self.log_requests:
            heard = journal.bell.listen()
            for exchange in after(latest, journal):
                latest = exchange
                self._say(exchange)
            await heard.wait()

    def _say(self, exchange: Any) -> None:
        from operator_emulator.control.wire.journal import show_exchange as shown_as_json

        shown = shown_as_json(exchange)
        if self.as_json:
            print_json(shown, indent=None)
        else:
            click.echo(show_exchange(Exchange.read(shown)))


def after(latest: Any, journal: Journal) -> list[Any]:
    """The exchanges after *latest*; all of them if the journal no longer has that one."""
    return list(takewhile(lambda exchange: exchange is not latest, reversed(tuple(journal))))[::-1]


def write(path: Path, ready: dict[str, Any]) -> None:
    """Make the file appear with all of its content at once. Raises ClickException."""
    import json

    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(json.dumps(ready) + "\n", encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise unusable(path, error) from None


@contextlib.contextmanager
def file_for(path: Path | None) -> Iterator[None]:
    """No file from an earlier run at the beginning, and none at the end. Raises ClickException."""
    try:
        if path is not None:
            path.unlink(missing_ok=True)
            path.parent.stat()
    except OSError as error:
        raise unusable(path, error) from None
    try:
        yield
    finally:
        if path is not None:
            path.unlink(missing_ok=True)


def unusable(path: Path | None, error: OSError) -> click.ClickException:
    return click.ClickException(f"cannot write --ready-file {path}: {error.strerror}")
