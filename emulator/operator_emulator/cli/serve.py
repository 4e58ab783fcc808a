"""operator-emulator: the command line."""

import asyncio
import contextlib
import logging
import signal
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from operator_emulator.cli import commands
from operator_emulator.settings import Settings

if TYPE_CHECKING:
    from operator_emulator.surface import Login, Surface

PREFIX = "OPERATOR_EMULATOR"
CREDENTIALS_SHOWN = 5


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": PREFIX, "max_content_width": 100}
)
@click.version_option(version("operator-emulator"), prog_name="operator-emulator")
def main() -> None:
    """A stateful local emulator of the customer APIs of mobile IoT operators."""


def setting(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> Mapping[str, Any]:
    """--set KEY=VALUE: overrides of Policy, checked by name and type."""
    from operator_emulator.fixtures import FixtureError, read_settings

    given = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals:
            raise click.BadParameter(f"{value!r} is not KEY=VALUE")
        given[name.strip()] = text.strip()
    try:
        return read_settings(given)
    except FixtureError as error:
        raise click.BadParameter(str(error)) from None


def env(name: str) -> str:
    return f"{PREFIX}_{name}"


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, envvar=env("HOST"), help="Address to listen on.")
@click.option(
    "--port",
    default=8080,
    show_default=True,
    type=click.IntRange(0, 65535),
    envvar=env("PORT"),
    help="Port to listen on; 0 picks a free one.",
)
@click.option(
    "--fixture",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    envvar=env("FIXTURE"),
    help="The world to begin from.  [default: the packaged demo world]",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar=env("DATA"),
    help="SQLite file that survives restarts; made if absent.  [default: in memory]",
)
@click.option(
    "--clock",
    type=click.Choice(["real", "manual"]),
    default="real",
    show_default=True,
    envvar=env("CLOCK"),
    help="Real: time passes. Manual: it stands until it is advanced.",
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True, max=1e6),
    default=1.0,
    show_default=True,
    envvar=env("SPEED"),
    help="How many virtual seconds pass in a real one.",
)
@click.option(
    "--edition",
    type=click.Choice(["1nce", "1nce-2019", "bsc-2019", "easyconnect"]),
    default="1nce",
    show_default=True,
    envvar=env("EDITION"),
    help="Which operator's version of the management API to be.",
)
@click.option("--seed", type=int, envvar=env("SEED"), help="What chance is drawn from.  [default: the fixture's]")
@click.option(
    "--contract",
    type=click.Choice(["note", "strict"]),
    default="note",
    show_default=True,
    envvar=env("CONTRACT"),
    help="Note requests that break the published description, or refuse them.",
)
@click.option(
    "--portal-key",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    envvar=env("PORTAL_KEY"),
    help="RSA private key in PEM that signs the service portal's tokens.  [default: the package's test key]",
)
@click.option("--control-token", envvar=env("CONTROL_TOKEN"), help="Secret that opens /_emulator (X-Emulator-Token).")
@click.option(
    "--control-open",
    is_flag=True,
    envvar=env("CONTROL_OPEN"),
    help="Let /_emulator answer to other machines too, without a token.",
)
@click.option(
    "--journal",
    type=click.IntRange(1, 1_000_000),
    default=1000,
    show_default=True,
    envvar=env("JOURNAL"),
    help="How many exchanges the journal keeps, and 64 MB of their bodies.",
)
@click.option(
    "--set",
    "policy",
    multiple=True,
    metavar="KEY=VALUE",
    callback=setting,
    envvar=env("SET"),
    help="Override a choice of the emulation, such as token_ttl=14400; repeat it for more.",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    envvar=env("LOG_LEVEL"),
)
def serve(**options: Any) -> None:
    """Start the emulator."""
    from operator_emulator.app import create_app
    from operator_emulator.fixtures import FixtureError
    from operator_emulator.portal.keys import KeyUnusable
    from operator_emulator.store import StoreFailure

    settings = Settings(**options)
    logging.basicConfig(
        level=settings.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    listener = listen(settings.host, settings.port)
    try:
        app = create_app(settings)
    except (FixtureError, StoreFailure, KeyUnusable) as error:
        raise click.ClickException(str(error)) from None
    run(app, settings, listener, continued=not app.engine.store.fresh)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, so that an address in use is one clear line before anything else is done."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise click.ClickException(
            f"cannot listen on {host}:{port}: {error.strerror or error}; choose another --port (0 picks a free one)"
        ) from None
    return listener


def run(app: Any, settings: Settings, listener: socket.socket, *, continued: bool) -> None:
    """Serve until SIGINT or SIGTERM, then stop cleanly."""
    import uvicorn

    from operator_emulator.serving import Protocol

    config = uvicorn.Config(
        app,
        http=Protocol,
        log_level=settings.log_level,
        log_config=None,
        access_log=False,  # the journal keeps every exchange
        lifespan="on",
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=5,
    )

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            """As uvicorn's own, but a signal that was obeyed is not raised again: to be stopped is no failure."""
            before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
            yield
            for number, handler in before.items():
                signal.signal(number, handler)

    server = Server(config)

    async def serve_and_say() -> None:
        serving = asyncio.ensure_future(server.serve(sockets=[listener]))
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
        if server.started:
            logins = [
                (surface.logins.title, await app.engine.read(surface.logins.view))
                for surface in app.surfaces
                if surface.logins is not None
            ]
            click.echo(greeting(app.surfaces, logins, settings, listener.getsockname()[1], continued=continued))
        await serving

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(serve_and_say())
    if not server.started:
        raise click.ClickException("the emulator did not start; the log says why")


def greeting(
    surfaces: "Sequence[Surface]",
    logins: "Sequence[tuple[str, Sequence[Login]]]",
    settings: Settings,
    port: int,
    *,
    continued: bool,
) -> str:
    """What ``serve`` prints: where everything is, and which credentials work."""
    host = "localhost" if settings.host in ("0.0.0.0", "::") else settings.host
    base = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    lines = [
        f"operator-emulator {version('operator-emulator')} is ready (edition {settings.edition}, "
        f"{settings.clock} clock, {settings.data or 'in memory'})",
        "",
        *(f"  {surface.title:16} {base}{surface.address}" for surface in surfaces),
        f"  {'Explorer':16} {base}/",
        "",
    ]
    if continued:
        first = settings.fixture or "the demo world"
        lines += [f"  World            as it was left; POST /_emulator/reset begins again with {first}", ""]
    for title, found in logins:
        lines += credentials(title, found)
    if not any(found for _, found in logins):
        lines.append("  Nobody may log in: no customer of this world has users")
    lines += ["", "Stop it with Ctrl-C."]
    return "\n".join(lines)


def credentials(title: str, found: "Sequence[Login]") -> list[str]:
    shown = found[:CREDENTIALS_SHOWN]
    lines = [f"  {'' if n else title:16} {name} / {secret}  ({owner})" for n, (owner, name, secret) in enumerate(shown)]
    if len(found) > len(shown):
        lines.append(f"  {'':16} … and {len(found) - len(shown)} more")
    return lines


# --------------------------------------------------------------------------------------------- fixture


@main.group()
def fixture() -> None:
    """Check and generate worlds to begin from."""


@fixture.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def check(file: Path) -> None:
    """Say what is wrong in FILE, and where: file, line, key."""
    from operator_emulator import fixtures

    found = fixtures.check(file)
    for problem in found:
        click.echo(problem, err=True)
    if found:
        raise SystemExit(1)
    click.echo(f"{file}: fine")


@fixture.command()
@click.option("--sims", type=click.IntRange(1, 1_000_000), default=100, show_default=True, help="How many SIMs.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same bytes.")
@click.option(
    "-o",
    "--output",
    type=click.File("w", encoding="utf-8", lazy=True),
    default="-",
    help="Where to write.  [default: standard output]",
)
def generate(sims: int, seed: int, output: Any) -> None:
    """Write a plausible fleet as a fixture."""
    from operator_emulator.fixtures import generate as generator

    with click.progressbar(
        length=sims, label=f"{sims} SIMs", file=sys.stderr, hidden=sims < 2000 or not sys.stderr.isatty()
    ) as bar:
        generator.generate(sims, seed, output.write, bar.update)


for one in commands.COMMANDS:
    main.add_command(one)
