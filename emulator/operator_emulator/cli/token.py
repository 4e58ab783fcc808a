"""token: log in to an API, for scripts and first steps."""

from typing import TYPE_CHECKING

import click

from operator_emulator.cli.command import command

if TYPE_CHECKING:
    from operator_emulator.client import EmulatorClient, Token


@command(None, "token", lambda token: token.access_token)
@click.argument("name", required=False)
def token(emulator: "EmulatorClient", name: str | None) -> "Token":
    """Print a bearer token for NAME, a user or a portal application. The default is the first user."""
    return emulator.token(name)
