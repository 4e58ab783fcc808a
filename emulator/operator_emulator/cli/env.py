"""env: print the environment variables with which unchanged clients reach the emulator."""

import os
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import click

from operator_emulator.cli.ca import FOLDER, open_authority
from operator_emulator.cli.command import connect, connection_options
from operator_emulator.cli.output import print_json
from operator_emulator.interception.hosts import Addresses

if TYPE_CHECKING:
    from operator_emulator.client import EmulatorClient


def powershell(name: str, value: str) -> str:
    return f"$env:{name} = '{value.replace(chr(39), chr(39) * 2)}'"


def dotenv(name: str, value: str) -> str:
    if "'" not in value:
        return f"{name}='{value}'"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'{name}="{escaped}"'


FORMATS: Final[Mapping[str, Callable[[str, str], str]]] = {
    "sh": lambda name, value: f"export {name}={shlex.quote(value)}",
    "powershell": powershell,
    "dotenv": dotenv,
}


def addresses_of(emulator: "EmulatorClient") -> Addresses:
    """The URLs of a running emulator. Raises ClickException if it has no proxy."""
    ports: Mapping[str, Any] = emulator.health().get("ports", {})
    host = urlsplit(emulator.url).hostname or ""
    name = f"[{host}]" if ":" in host else host
    if "proxy" not in ports:
        raise click.ClickException(
            f"the emulator at {emulator.url} has no proxy; start it with 'operator-emulator serve --proxy-port 8081 "
            "--tls-port 8443'"
        )
    https = f"https://{name}:{ports['https']}" if "https" in ports else None
    return Addresses(emulator.url, https, f"http://{name}:{ports['proxy']}")


def environment_for(addresses: Addresses, ca_dir: Path | None) -> dict[str, str]:
    """The variables for clients that run here."""
    from operator_emulator.interception import environment

    return environment.variables(addresses, open_authority(ca_dir), os.environ)


@click.command()
@click.option(
    "--format", "form", type=click.Choice([*FORMATS]), default="sh", show_default=True, help="Syntax to print."
)
@click.option(
    "--ca-dir", envvar=FOLDER, type=click.Path(path_type=Path, file_okay=False), help="Folder that holds the authority."
)
@connection_options
def env(url: str, control_token: str | None, as_json: bool, form: str, ca_dir: Path | None) -> None:
    """Print environment variables that lead unchanged clients to a running emulator.

    In a shell: eval "$(operator-emulator env)". The emulator needs --proxy-port; some clients also need --tls-port.
    """
    with connect(url, control_token) as emulator:
        addresses = addresses_of(emulator)
    found = environment_for(addresses, ca_dir)
    if as_json:
        print_json(found)
    else:
        click.echo("\n".join(FORMATS[form](name, value) for name, value in found.items()))
