"""Pages, sort keys and filters (D§5)."""

from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.policy import Policy
from operator_emulator.management import paging
from operator_emulator.management.paging import LARGEST, Page, page_headers, pages

POLICY = Policy()
STRICT = replace(POLICY, paging="strict", sorting="strict")
KEYS = {"imei": "imei", "ip_address": "ip_address", "submit_date": "submitted"}


def unnoticed(field: str, what: str) -> None:
    """Nobody looks at the journal here."""


read_page = partial(paging.read_page, note=unnoticed)
read_q = partial(paging.read_q, note=unnoticed)
read_sort = partial(paging.read_sort, note=unnoticed)


@pytest.mark.parametrize("query", [{}, {"page": ""}, {"pageSize": ""}, {"q": "x"}])
def test_no_page_asked_for_is_the_first(query: dict[str, str]) -> None:
    """Absent and empty parameters mean page 1 of the route's default size."""
    assert read_page(query, 10, 100, POLICY) == Page(1, 10)


def test_offset_counts_the_rows_before_a_page() -> None:
    """The recorded call: size 5, page 2."""
    page = read_page({"page": "2", "pageSize": "5"}, 10, 100, POLICY)
    assert (page, page.offset) == (Page(2, 5), 5)


def test_trap_14_size_beyond_the_maximum_is_cut_and_reported_cut() -> None:
    """Clients send 500; they get the maximum, and the header says so."""
    page = read_page({"pageSize": "500"}, 10, 100, POLICY)
    assert page_headers(page, 250)["X-Count-Per-Page"] == "100"


def test_strict_paging_refuses_a_size_beyond_the_maximum() -> None:
    """The other setting of ``paging``."""
    with pytest.raises(Malformed, match="pageSize: must be at most 100"):
        read_page({"pageSize": "101"}, 10, 100, STRICT)
    assert read_page({"pageSize": "100"}, 10, 100, STRICT).size == 100


ABSURD = ["0", "-1", "1.5", "x", " ", "1_0", "٣", "+1", "99999999999", "2147483648", "1" * 5000, "0x1", "1e3"]


@pytest.mark.parametrize("name", ["page", "pageSize"])
@pytest.mark.parametrize("text", ABSURD)
def test_absurd_pages_are_malformed(name: str, text: str) -> None:
    """What is no whole number from 1 is refused, and names the parameter."""
    with pytest.raises(Malformed) as refusal:
        read_page({name: text}, 10, 100, POLICY)
    assert refusal.value.field == name


@given(st.integers(1, LARGEST), st.integers(1, LARGEST), st.integers(0, 10**9))
def test_headers_agree_with_the_page(number: int, size: int, total: int) -> None:
    """The pages hold all rows, and only the first may be empty; the offset fits into 64 bits."""
    page = read_page({"page": str(number), "pageSize": str(size)}, 10, 1000, POLICY)
    assert page_headers(page, total) == {
        "X-Count-Per-Page": str(min(size, 1000)),
        "X-Current-Page": str(number),
        "X-Total-Count": str(total),
        "X-Total-Pages": str(pages(page, total)),
    }
    assert total <= pages(page, total) * page.size < max(total, 1) + page.size
    assert 0 <= page.offset < 2**63


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("imei", "imei"),
        ("-imei,ip_address", "-imei,ip_address"),
        ("submit_date", "submitted"),
        ("-imei,imei", "-imei"),
        (" imei , -ip_address ", "imei,-ip_address"),
        ("", ""),
        (",,-", ""),
        ("status,unknown,imei", "imei"),
    ],
)
def test_sort_is_an_order_of_fields(sort: str, order: str) -> None:
    """A comma list, a minus descends; unknown keys are ignored and a key counts once."""
    assert read_sort({"sort": sort}, KEYS, POLICY) == order
    assert read_sort({}, KEYS, POLICY) == ""


@pytest.mark.parametrize("sort", ["unknown", "-unknown", "imei,-"])
def test_strict_sorting_refuses_unknown_keys(sort: str) -> None:
    """The other setting of ``sorting``."""
    with pytest.raises(Malformed, match="sort: knows no key"):
        read_sort({"sort": sort}, KEYS, STRICT)
    assert read_sort({"sort": "imei"}, KEYS, STRICT) == "imei"


@pytest.mark.parametrize(
    ("q", "wanted"),
    [
        ("imei:86823905101144", {"imei": "86823905101144"}),
        ("imei:1, ip_address:10.0.0.1", {"imei": "1", "ip_address": "10.0.0.1"}),
        ("label:x,imei:1", {"imei": "1"}),
        ("imei", {}),
        ("imei:", {}),
        ("", {}),
    ],
)
def test_q_is_conditions_that_all_hold(q: str, wanted: dict[str, str]) -> None:
    """Pairs of key and value; unknown keys and half pairs are ignored."""
    assert read_q({"q": q}, frozenset({"imei", "ip_address"}), POLICY) == wanted


@pytest.mark.parametrize("q", ["label:x", "imei"])
def test_strict_sorting_refuses_unknown_filters(q: str) -> None:
    """The other setting of ``sorting``."""
    with pytest.raises(Malformed):
        read_q({"q": q}, frozenset({"imei"}), STRICT)
    assert read_q({"q": "imei:1,,"}, frozenset({"imei"}), STRICT) == {"imei": "1"}


@given(st.text(), st.text())
def test_any_text_is_read_or_refused(sort: str, q: str) -> None:
    """Whatever a client sends, the order has known fields only."""
    assert set(read_sort({"sort": sort}, KEYS, POLICY).replace("-", "").split(",")) <= {*KEYS.values(), ""}
    assert set(read_q({"q": q}, frozenset(KEYS), POLICY)) <= set(KEYS)
