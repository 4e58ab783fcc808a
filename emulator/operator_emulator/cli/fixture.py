"""Fixtures: initial worlds in YAML."""

import sys
from pathlib import Path
from typing import Any

import click


@click.group()
def fixture() -> None:
    """Check and generate fixtures: initial worlds in YAML."""


@fixture.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def check(file: Path) -> None:
    """Report each problem in FILE with its file, line and key."""
    from operator_emulator import fixtures

    found = fixtures.check(file)
    for problem in found:
        click.echo(problem, err=True)
    if found:
        raise SystemExit(1)
    click.echo(f"{file}: OK")


@fixture.command()
@click.option("--sims", type=click.IntRange(1, 1_000_000), default=100, show_default=True, help="Number of SIMs.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed; the same seed gives the same file.")
@click.option(
    "-o",
    "--output",
    type=click.File("w", encoding="utf-8", lazy=True),
    default="-",
    help="File to write.  [default: standard output]",
)
def generate(sims: int, seed: int, output: Any) -> None:
    """Generate a fixture with a plausible fleet of SIMs."""
    from operator_emulator.fixtures import generate as generator

    with click.progressbar(
        length=sims, label=f"{sims} SIMs", file=sys.stderr, hidden=sims < 2000 or not sys.stderr.isatty()
    ) as bar:
        generator.generate(sims, seed, output.write, bar.update)
