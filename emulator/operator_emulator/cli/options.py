"""Options: the flags of ``serve``, made from Settings, and the values that several commands read."""

import json
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Final, get_args

import click

from operator_emulator.settings import Option, Settings, choices_of, options

PREFIX: Final = "OPERATOR_EMULATOR"
NAMES: Final = {"policy": "set"}  # flags that are not called as their setting


# --------------------------------------------------------------------------------------------- the flags of serve


def with_settings(
    *, without: Collection[str] = (), **other_defaults: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A command that takes each setting as a flag, and from the environment; all but those *without*."""
    defaults = {one.name: one.default for one in fields(Settings)} | other_defaults

    def decorate(run: Callable[..., Any]) -> Callable[..., Any]:
        for name, (kind, option) in reversed(options().items()):
            if name not in without:
                run = flag(name, kind, option, defaults[name])(run)
        return run

    return decorate


def flag(name: str, kind: Any, option: Option, default: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    spelling = NAMES.get(name, name)
    how: dict[str, Any] = {
        "help": f"{option.help}  [default: {option.default}]" if option.default else option.help,
        "envvar": environment_variable(spelling),
        "type": type_of(kind, option),
    }
    if default is not None and default is not MISSING:
        how |= {"default": default, "show_default": kind is not bool}
    if kind is bool:
        how |= {"is_flag": True}
    if name == "policy":
        how |= {"multiple": True, "metavar": "KEY=VALUE", "callback": read_policy, "type": None}
    return click.option(f"--{spelling.replace('_', '-')}", name, **how)


def environment_variable(name: str) -> str:
    return f"{PREFIX}_{name.upper()}"


def type_of(kind: Any, option: Option) -> Any:
    choices = choices_of(kind, option)
    if choices:
        return click.Choice(choices)
    if kind is int or (int in get_args(kind) and math.isfinite(option.high)):
        return click.IntRange(int(option.low), int(option.high))
    if kind is float:
        return click.FloatRange(option.low, option.high)
    if Path in get_args(kind):
        return click.Path(path_type=Path, file_okay=not option.folder, dir_okay=option.folder, exists=option.existing)
    return int if int in get_args(kind) else None


def read_policy(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> Mapping[str, Any]:
    """--set KEY=VALUE: overrides of Policy, checked by name and type."""
    from operator_emulator.fixtures import FixtureError, read_settings

    overrides = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals:
            raise click.BadParameter(f"{value!r} is not KEY=VALUE")
        overrides[name.strip()] = text.strip()
    try:
        return read_settings(overrides)
    except FixtureError as error:
        raise click.BadParameter(str(error)) from None


# --------------------------------------------------------------------------------------------- values


def read_duration(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
    """Seconds, written as a number or as something like 2h30m."""
    from operator_emulator.fixtures.read import times

    if text is None:
        return None
    try:
        return float(text) if is_decimal(text) else times.read_duration(text).total_seconds()
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a duration; write it like 90, 90s, 2h30m or 1d12h") from None


def read_instant(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    """An instant in ISO 8601; UTC unless it has an offset."""
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a time; write it like 2026-01-31T12:00:00Z") from None


def read_object(_: click.Context, __: click.Parameter, text: str | None) -> dict[str, Any] | None:
    """A JSON object."""
    if text is None:
        return None
    try:
        value = json.loads(text)
    except ValueError as problem:
        raise click.BadParameter(f"{text!r} is not JSON: {problem}") from None
    if not isinstance(value, dict):
        raise click.BadParameter(f"{text!r} is not a JSON object such as {{}}")
    return value


def is_decimal(text: str) -> bool:
    whole, point, fraction = text.partition(".")
    return text.isascii() and whole.isdecimal() and (fraction.isdecimal() or not point)
