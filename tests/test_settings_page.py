"""docs/settings.md holds every flag and every setting, as the program has them."""

from dataclasses import fields

import click

from operator_emulator.cli import main
from operator_emulator.core.world.policy import Policy
from operator_emulator.fixtures import read_settings
from operator_emulator.management.editions import EDITIONS
from tests.terminal import Page

SETTINGS = Page("docs/settings.md")


def test_every_flag_is_in_the_table_with_its_default() -> None:
    """The table of settings is what ``serve --help`` says."""
    listed = {row[0]: row[1] for row in SETTINGS.rows("Flags") if row[0].startswith("--")}
    command = main.commands["serve"]
    options = [option for option in command.params if isinstance(option, click.Option)]
    assert list(listed) == [option.opts[0] for option in options]
    for option in options:
        assert option.envvar == "OPERATOR_EMULATOR_" + option.opts[0].strip("-").replace("-", "_").upper()
        if option.show_default:
            assert listed[option.opts[0]] == str(option.default)


def test_every_setting_is_in_the_table_with_its_default() -> None:
    """The settings of the emulation are the fields of Policy."""
    listed = {row[0]: row[1] for row in SETTINGS.rows("Settings of the emulation")}
    del listed["key"]
    assert list(listed) == [field.name for field in fields(Policy)]
    by_edition = {name for edition in EDITIONS.values() for name in edition.policy}
    assert {name for name, default in listed.items() if default == "by edition"} == by_edition
    defaults = {name: default for name, default in listed.items() if name not in by_edition}
    policy = Policy()
    assert read_settings(defaults) == {name: getattr(policy, name) for name in defaults}


def test_the_editions_are_as_the_table_says() -> None:
    """Numbers and switches of the table against those of the program."""
    head, *table = SETTINGS.rows("Editions")
    names = head[1:]
    assert set(names) == set(EDITIONS)
    told = {row[0]: dict(zip(names, row[1:], strict=True)) for row in table}
    for name, edition in EDITIONS.items():
        policy = Policy(**edition.policy)
        assert told["devices send to"][name] == edition.smsc
        assert told["numbers in callbacks"][name] == ("strings" if edition.callback_ids is str else "numbers")
        assert told["unknown SIM"][name] == {"404": "404", "empty": "empty 200"}[policy.unknown_sim]
        assert told["messages are kept"][name] == ("7 days" if policy.retention else "for ever")
