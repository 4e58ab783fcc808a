"""docs/settings.md holds every flag and every setting, as the program has them."""

from dataclasses import fields
from datetime import datetime, timedelta

import click

from operator_emulator.cli import main
from operator_emulator.core.world import policy
from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.ranges import RANGES, Kind, show
from operator_emulator.fixtures import read_settings
from operator_emulator.management.editions import EDITIONS
from operator_emulator.settings import options
from tests.terminal import Page

SETTINGS = Page("docs/settings.md")


TYPES = {bool: "switch", int: "whole number", float: "number", timedelta: "duration", datetime: "instant", str: "text"}


def shown_kind(kind: Kind) -> tuple[str, str, str]:
    """Type, unit and range of a setting, as the table shows them."""
    name = "choice" if kind.choices else TYPES[kind.type]
    unit = "" if kind.range is None else kind.range.unit
    choices = kind.choices or (("true", "false") if kind.type is bool else ())
    extent = ", ".join(f"`{choice}`" for choice in choices) if kind.range is None else str(kind.range)
    return name, unit, f"{extent}, or `none`" if kind.optional else extent


def shown_flag(option: click.Option) -> tuple[str, str, str]:
    """Type, unit and range of a flag, as the table shows them."""
    kind, setting = option.type, options().get(option.name or "")
    unit = "" if setting is None else setting[1].unit
    match kind:
        case click.Choice():
            return "choice", unit, ", ".join(f"`{choice}`" for choice in kind.choices)
        case click.IntRange() | click.FloatRange():
            name = "whole number" if isinstance(kind, click.IntRange) else "number"
            return name, unit, f"{show(kind.min)} to {show(kind.max)}"
        case click.Path():
            return "file" if kind.file_okay else "folder", unit, "must exist" if kind.exists else ""
    return "switch" if option.is_flag else "text", unit, ""


def test_every_flag_is_in_the_table_with_its_default() -> None:
    """The table of settings is what ``serve --help`` says."""
    listed = {row[0]: row for row in SETTINGS.rows("Flags") if row[0].startswith("--")}
    command = main.commands["serve"]
    flags = [option for option in command.params if isinstance(option, click.Option)]
    assert list(listed) == [option.opts[0] for option in flags]
    for option in flags:
        assert option.envvar == "OPERATOR_EMULATOR_" + option.opts[0].strip("-").replace("-", "_").upper()
        _, *kind, default, _ = listed[option.opts[0]]
        assert kind == [cell.strip("`") for cell in shown_flag(option)], option.name
        if option.show_default:
            assert default == str(option.default)


def test_every_setting_is_in_the_table_with_its_default() -> None:
    """The settings of the emulation are the fields of Policy, and can be what the table says."""
    head, *rows = SETTINGS.rows("Settings of the emulation")
    assert head == ["key", "type", "unit", "range", "default", "meaning"]
    assert [row[0] for row in rows] == [field.name for field in fields(Policy)]
    for name, *kind, _, _ in rows:
        assert kind == [cell.strip("`") for cell in shown_kind(policy.kinds()[name])], name
    listed = {row[0]: row[4] for row in rows}
    by_edition = {name for edition in EDITIONS.values() for name in edition.policy}
    assert {name for name, default in listed.items() if default == "by edition"} == by_edition
    defaults = {name: default for name, default in listed.items() if name not in by_edition}
    usual = Policy()
    assert read_settings(defaults) == {name: getattr(usual, name) for name in defaults}


def test_every_number_and_duration_has_a_range() -> None:
    """So that none breaks what it sets, and so that a refusal can say it."""
    bounded = {int, float, timedelta, datetime, str}
    assert not [
        name for name, kind in policy.kinds().items() if kind.type in bounded and not (kind.range or kind.choices)
    ]
    assert set(RANGES) <= set(policy.kinds())


def test_the_editions_are_as_the_table_says() -> None:
    """Numbers and switches of the table against those of the program."""
    head, *table = SETTINGS.rows("Editions")
    names = head[1:]
    assert set(names) == set(EDITIONS)
    told = {row[0]: dict(zip(names, row[1:], strict=True)) for row in table}
    for name, edition in EDITIONS.items():
        edition_policy = Policy(**edition.policy)
        assert told["devices send to"][name] == edition.smsc
        assert told["numbers in callbacks"][name] == ("strings" if edition.callback_ids is str else "numbers")
        assert told["unknown SIM"][name] == {"404": "404", "empty": "empty 200"}[edition_policy.unknown_sim]
        assert told["messages are kept"][name] == ("7 days" if edition_policy.retention else "for ever")
