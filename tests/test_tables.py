"""Tables for a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operator_emulator.cli.tables import columns, facts, table


def test_columns_are_as_wide_as_what_they_hold() -> None:
    """Texts stand left, numbers right; nothing is a dash; lines have no blanks at their ends."""
    assert table(["ID", "NAME", "LEFT", "ON"], [[1, "pump", 0.5, True], [20, "", 100.0, False]]) == (
        "ID  NAME  LEFT  ON\n"
        " 1  pump   0.5  yes\n"
        "20  –      100  no"
    )  # fmt: skip


def test_a_column_with_a_gap_is_no_column_of_numbers() -> None:
    """It stands left, so that the gap is seen."""
    assert table(["TIMES"], [[3], [None]]) == "TIMES\n3\n–"


def test_a_terminal_is_never_wider_than_it_is() -> None:
    """The rest of a line is cut, and says so."""
    assert table(["NAME", "PAYLOAD"], [["a", "0123456789"]], width=12) == "NAME  PAYLO…\na     01234…"
    assert facts([("Name", "0123456789")], width=10) == "Name  012…"


def test_wide_characters_take_two_columns() -> None:
    """What stands behind them is still in line; accents that combine take none."""
    assert table(["LABEL", "ID"], [["水泵", 1], ["Kölń", 2]]) == "LABEL  ID\n水泵    1\nKölń    2"
    assert columns("e\u0301") == 1
    assert table(["LABEL"], [["水泵水泵"]], width=6) == "LABEL\n水泵…"


def test_payloads_move_no_cursor() -> None:
    """Line breaks and escape sequences come as text: payloads come from anywhere."""
    assert table(["P"], [["one\ntwo\x1b[2J"]]) == "P\none\\ntwo\\x1b[2J"


@given(st.lists(st.tuples(st.text(), st.integers() | st.none() | st.text()), min_size=1), st.integers(4, 60))
def test_whatever_is_in_it_it_is_a_table(rows: list[tuple[str, object]], width: int) -> None:
    """As many lines as rows and a heading, none too wide, none with something unprintable."""
    lines = table(["A", "B"], rows, width).split("\n")
    assert len(lines) == len(rows) + 1
    assert all(columns(line) <= width for line in lines)
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize(("value", "text"), [(1e-7, "0"), (0.1 + 0.2, "0.3"), (5, "5"), (5.0, "5"), (0.0, "0")])
def test_numbers_are_short(value: float, text: str) -> None:
    """Six digits behind the point are enough for megabytes."""
    assert facts([("N", value)]) == f"N  {text}"
