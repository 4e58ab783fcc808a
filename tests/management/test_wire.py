"""Reading any JSON ends well: a noun or Malformed. And what is shown can be read by what clients use."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operator_emulator.core.customers.model import Order, OrderPurpose, OrderStatus, OrderType, Quota, Sim, SimChange
from operator_emulator.core.network import networks
from operator_emulator.core.network.model import AddressType, Device, DeviceStatus, PdpContext, SmsDraft
from operator_emulator.core.world.clock import LAST_INSTANT
from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.policy import Policy
from operator_emulator.management.editions import EDITIONS, Dialect
from operator_emulator.management.wire import orders, sims, sms, status, usage, values

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["", "0", "4", "8", "145", "Enabled", "string", "2030-01-31T12:00:00.000+0000", "8988228066600000001"]
    )
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    "iccid",
    "label",
    "imei_lock",
    "status",
    "payload",
    "source_address",
    "source_address_type",
    "id",
    "dcs",
    "udh",
    "expiry_date",
    "products",
    "productId",
    "quantity",
    "delivery_address",
    "salutation",
    "zip",
    "customer_reference",
    "iccids",
    "iccid_ranges",
    "from",
    "to",
    "target_organisation",
    "enabled",
    "dataLimitId",
    "smsMtLimitId",
    "smsMoLimitId",
    "replyToMail",
    "senderName",
    "subject",
    "text",
]
OBJECTS = st.recursive(
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6),
    lambda inner: st.dictionaries(st.sampled_from(FIELDS), inner | st.lists(inner, max_size=2), max_size=6),
    max_leaves=4,
)


def unnoticed(field: str, what: str) -> None:
    """Nobody looks at the journal here."""


READERS = [
    sims.read_change,
    sims.read_changes,
    partial(sms.read_sms_draft, note=unnoticed),
    orders.read_order,
    sims.read_transfer,
    orders.read_extension,
    orders.read_auto_topup,
    usage.read_limits,
    orders.read_case,
]


@given(st.sampled_from(READERS), JSON | OBJECTS | st.lists(OBJECTS, max_size=2))
def test_any_json_is_read_or_malformed(read: Any, body: Any) -> None:
    """No other exception, whatever a client sends."""
    with suppress(Malformed):
        read(body)


@given(st.dictionaries(st.sampled_from(["iccid", "label", "status", "imei_lock"]), st.sampled_from([None, ""])))
def test_nothing_asked_for_changes_nothing_but_a_label(body: dict[str, Any]) -> None:
    """Null and "" are "not given"; an empty label takes the label away."""
    change = sims.read_change(body)
    assert (change.imei_lock, change.enabled) == (None, None)
    assert change.label == body.get("label")


def test_a_change_with_everything() -> None:
    """Numbers for strings and strings for booleans."""
    body = {"iccid": 8988228066600000001, "label": 7, "imei_lock": "TRUE", "status": "Disabled", "more": {}}
    assert sims.read_change(body) == SimChange(iccid="8988228066600000001", label="7", imei_lock=True, enabled=False)


def test_a_draft_with_defaults() -> None:
    """Only the payload is given (D§9.2)."""
    assert sms.read_sms_draft({"payload": "x"}, unnoticed) == SmsDraft(payload="x")


@pytest.mark.parametrize(
    ("value", "number"),
    [(None, None), ("", None), (0, 0), ("12", 12), (" 12 ", 12), ("-3", -3), (5.0, 5), (2**63 - 1, 2**63 - 1)],
)
def test_numbers_are_read_from_strings(value: Any, number: int | None) -> None:
    """D§9.2: dcs may arrive as a string or ""."""
    assert values.read_number({"n": value}, "n") == number


@pytest.mark.parametrize("value", [True, "x", "1.5", 1.5, "٣", "1_0", [], {}, 2**63, "9" * 20, "--1", "-"])
def test_a_value_that_is_not_a_whole_number_is_malformed(value: Any) -> None:
    """And what no store can hold."""
    with pytest.raises(Malformed, match="n: must be a whole number"):
        values.read_number({"n": value}, "n")


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("6026", 6026), ("999999999999999999", 999999999999999999), ("9" * 19, None)]
)
def test_ids_in_a_path(text: str, number: int | None) -> None:
    """Too large for any that we give is unknown, not malformed."""
    assert values.read_id("id", text) == number


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=LAST_INSTANT.replace(tzinfo=None) - timedelta(1)))
def test_an_instant_in_each_notation_is_the_same_instant(naive: datetime) -> None:
    """ISO 8601 in all variants (D§9.2), and each format that we print but the one with a space is one of them."""
    instant = naive.replace(tzinfo=UTC)
    second = instant.replace(microsecond=0)
    assert values.read_instant("d", instant.isoformat()) == instant
    assert values.read_instant("d", values.stamp(instant)) == second
    assert values.read_instant("d", values.zulu(instant)) == second
    assert values.read_instant("d", values.spaced(instant)) == second
    assert abs(values.read_instant("d", values.precise(instant)) - instant) < timedelta(milliseconds=1)


@pytest.mark.parametrize("text", ["", "x", "0001-01-01T00:00:00+14:00", "9000-01-01", "2026-02-30", "12:00"])
def test_invalid_instants(text: str) -> None:
    """Not a date, no such day, before the first year or beyond the last."""
    with pytest.raises(Malformed):
        values.read_instant("d", text)


@pytest.mark.parametrize(
    ("query", "window"),
    [
        ({}, (None, None)),
        ({"start_dt": "None", "end_dt": " null "}, (None, None)),
        ({"start_dt": "2021-11-01"}, (date(2021, 11, 1), None)),
        ({"end_dt": "2021-11-01T23:00:00Z"}, (None, date(2021, 11, 1))),
        ({"start_dt": "2000", "end_dt": "1998"}, (date.max, date.min)),
    ],
)
def test_windows_of_usage(query: dict[str, str], window: tuple[date | None, date | None]) -> None:
    """Nonsense is an empty window and no error (D§8.3)."""
    assert usage.read_window(query, unnoticed) == window


@given(st.integers(0, 10**12))
def test_decimal_megabytes_are_exact(octets: int) -> None:
    """A string without exponent or trailing zeros, equal to the octets."""
    text = values.decimal(octets)
    assert round(float(text) * 1_000_000) == octets
    assert "e" not in text
    assert not ("." in text and text.endswith(("0", ".")))
    assert values.megabytes(octets) == float(text)


def test_whole_megabytes_are_integers() -> None:
    """500, not 500.0 (D§6)."""
    assert isinstance(values.megabytes(500_000_000), int)
    assert values.megabytes(479_949_998) == 479.949998


@pytest.mark.parametrize(
    ("volume", "total", "level"),
    [(250, 250, 0), (51, 250, 0), (50, 250, 1), (1, 250, 1), (0, 250, 2), (-1, 250, 2), (0, 0, 2)],
)
def test_levels_of_a_quota(volume: int, total: int, level: int) -> None:
    """At a fifth it is low (V§6); without dates none are shown."""
    quota = Quota(volume=volume, total=total, last_added=0, changed=datetime(2026, 1, 1, tzinfo=UTC))
    assert sims.show_quota_status(quota, Policy()) == {"id": level, "description": sims.QUOTA_STATUS[level]}


def test_a_quota_without_an_end_shows_none() -> None:
    """A SIM that was never activated has volumes but no expiry (D§8.4)."""
    quota = Quota(volume=1, total=2, last_added=2, changed=datetime(2026, 1, 1, tzinfo=UTC))
    assert "expiry_date" not in usage.show_quota(quota, None, Policy(), data=False)


def test_a_status_shows_what_there_is() -> None:
    """A device may be planted with a network, and no more known of it."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    device = Device(
        status=DeviceStatus.ONLINE, network=networks.DEFAULT, pdp=PdpContext(id=1, opened=now - timedelta(days=2))
    )
    sim = Sim(
        iccid="8988228066600000001", organisation=1, position=1, imsi="1", msisdn="2", ip_address="3", device=device
    )
    shown = status.show_status(sim, now, Policy())
    assert not {"last_updated", "last_updated_gprs", "msc", "sgsn_number", "sgsn_ip_address"} & set(shown["location"])
    assert shown["services"] == []
    assert "imeisv" not in shown["pdp_context"]
    assert shown["pdp_context"]["duration"] == "48:00:00"


def test_an_order_without_an_invoice_shows_no_amount() -> None:
    """Number, amount and currency come together (D§13)."""
    order = Order(
        number=1,
        organisation=1,
        type=OrderType.TOPUP,
        purpose=OrderPurpose.TOPUP,
        status=OrderStatus.CANCELLED,
        ordered=datetime(2026, 1, 1, tzinfo=UTC),
    )
    shown = orders.show_order(order, Dialect(EDITIONS["1nce"], Policy()), "")
    assert list(shown) == ["order_number", "order_type", "order_date", "order_status"]


def test_kinds_of_addresses_have_their_words() -> None:
    """D§9.1."""
    assert sms.ADDRESS_TYPES[AddressType.ALPHANUMERIC] == {"id": 208, "description": "Alphanumeric"}
