"""How the commands are made that talk to a running emulator.

Each is a function from a client and its options to a value, and a function from that value to text: ``--json`` prints
the value's JSON, a terminal gets the text.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import click

from operator_emulator.cli.output import print_json

if TYPE_CHECKING:
    from operator_emulator.client import EmulatorClient

URL: Final = "OPERATOR_EMULATOR_URL"
TOKEN: Final = "OPERATOR_EMULATOR_CONTROL_TOKEN"


class DefaultCommandGroup(click.Group):
    """A group whose command ``show`` need not be named before options and numbers."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = args[0] if args else "-"
        is_shown = (first.startswith("-") and first not in ctx.help_option_names) or first.isdecimal()
        return super().parse_args(ctx, ["show", *args] if is_shown else args)


def command(
    group: click.Group | None, name: str, show: Callable[[Any], str]
) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a command of *group* from a function. Its value is printed through *show*, or as JSON unless it is None."""

    def decorate(act: Callable[..., Any]) -> click.Command:
        @functools.wraps(act)
        def run(url: str, control_token: str | None, as_json: bool, **options: Any) -> None:
            with connect(url, control_token) as emulator:
                found = act(emulator, **options)
            if not as_json:
                click.echo(show(found))
            elif found is not None:
                print_json(found)
            refuse_if_the_network_did(found)

        make = click.command if group is None else group.command
        return make(name)(connection_options(run))

    return decorate


def refuse_if_the_network_did(found: Any) -> None:
    """Raises ClickException for a device that could not do what it was asked to, or not all of it."""
    from operator_emulator.client import Device, Sent

    if isinstance(found, Device | Sent) and found.cause is not None:
        raise click.ClickException(f"the network refused: {found.cause}")


def connection_options(run: Callable[..., None]) -> Callable[..., None]:
    """The options of every command that talks to an emulator."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON, as the control plane returns it."),
        click.option(
            "--control-token", envvar=TOKEN, help="The emulator's --control-token, if it was started with one."
        ),
        click.option(
            "--url", envvar=URL, default="http://127.0.0.1:8080", show_default=True, help="URL of the emulator."
        ),
    ):
        run = option(run)
    return run


@contextlib.contextmanager
def connect(url: str, token: str | None) -> "Iterator[EmulatorClient]":
    """A client whose errors become one line on a terminal."""
    from operator_emulator.client import EmulatorClient, EmulatorError, Unreachable

    try:
        with EmulatorClient(url, token=token) as emulator:
            yield emulator
    except EmulatorError as error:
        raise click.ClickException(error.error) from None  # its sentence names the field, if there is one
    except Unreachable as error:
        raise click.ClickException(
            f"{error}; start one with 'operator-emulator serve', or give its URL with --url or {URL}"
        ) from None
