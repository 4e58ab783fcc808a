"""Orders, top-ups, extensions, products and support cases through HTTP (D§12.2 to 12.4, 13)."""

from datetime import timedelta
from typing import Any

import pytest

from operator_emulator.core.world.model import DAY
from operator_emulator.management.editions import EDITIONS
from tests.conftest import FOREIGN, OFFLINE, ONLINE, MakeOperator, Operator

HOUR = timedelta(hours=1)
UNKNOWN = "8988228066609999999"
EXPIRED = "8988228066600000009"

CARDLESS = """
version: 1
organisations:
  - id: 1
    name: One
    users: [{username: demo, password: demo}]
    payment_methods: [banktransfer]
    sims: [{iccid: "8988228066600000001"}]
"""

AGED = """
version: 1
organisations:
  - id: 1
    name: One
    users: [{username: demo, password: demo}]
    sims:
      - {iccid: "8988228066600000001"}
      - {iccid: "8988228066600000009", status: Expired, label: old}
"""


def ordered(operator: Operator, path: str, user: str = "demo", **how: Any) -> Any:
    """Place an order that must be taken, and show it."""
    answer = operator.api("POST", path, user=user, **how)
    assert answer.status_code == 201, answer.text
    assert (answer.content == b"") is (path != "/orders")
    location = answer.headers["location"]
    assert location.startswith("http://operator.test/management-api/v1/orders/")
    return operator.get(f"/orders/{location.rpartition('/')[2]}", user=user)


def left(operator: Operator, iccid: str) -> tuple[Any, Any]:
    """Megabytes and messages."""
    data, sms = (operator.get(f"/sims/{iccid}/quota/{service}")["volume"] for service in ("data", "sms"))
    return data, sms


# --------------------------------------------------------------------------------------------- SIMs


def test_ordered_sims_appear_when_the_money_has_arrived(operator: Operator) -> None:
    """201 and Location; a bank transfer takes two days, then the SIMs are there with events 51, 56, 58 (D§13, 14)."""
    body = {
        "products": [{"productId": "1001", "quantity": 2}, {"productId": 1002, "quantity": 1}],
        "delivery_address": {"salutation": 2, "first_name": "Ines", "city": "Hamburg", "floor": "7", "zip": 20457},
        "billing_address": {"city": "Bonn"},
        "customer_reference": "PO-1138",
    }
    order = ordered(operator, "/orders", json=body)
    assert list(order.items()) == [
        ("order_number", 2000000001),
        ("order_type", "ADDITIONAL_ORDER"),
        ("order_date", "2026-01-01T00:00:00.000Z"),
        ("order_status", "IN_PROGRESS"),
        ("invoice_number", "20000001"),
        ("invoice_amount", "38.08"),
        ("currency", "EUR"),
        ("shipping_address", {"salutation": "2", "first_name": "Ines", "zip": "20457", "city": "Hamburg"}),
        ("products", [{"product_id": 1001, "quantity": 2}, {"product_id": 1002, "quantity": 1}]),
    ]
    operator.advance(2 * 86400 - 1)
    assert len(operator.get("/sims")) == 5
    operator.advance(1)
    order = operator.get("/orders/2000000001")
    assert order["order_status"] == "COMPLETED"
    new = [sim["iccid"] for sim in operator.get("/sims")][5:]
    assert order["sims"] == [
        {
            "iccid": iccid,
            "_links": [{"rel": "self", "href": f"http://operator.test/management-api/v1/sims/{iccid}"}],
        }
        for iccid in new
    ]
    assert len(new) == 3
    sim = operator.get(f"/sims/{new[0]}")
    assert (sim["status"], sim["current_quota"], sim["current_quota_SMS"]) == ("Enabled", 500, 250)
    texts = [event["event_type"][:18] for event in operator.get(f"/sims/{new[0]}/events?sort=id")["events"]]
    assert texts[1:] == ["Data quota got ass", "SMS quota got assi"]
    assert texts[0].startswith("SIM ")


def test_the_first_order_of_an_organisation_says_so(make_operator: MakeOperator) -> None:
    """FIRST_ORDER only where there was neither an order nor a SIM; delivery_time is on top of the payment."""
    operator = make_operator(
        "version: 1\norganisations: [{id: 1, name: One, users: [{username: demo, password: demo}]}]",
        policy={"instant_payment": True, "delivery_time": HOUR},
    )
    body = {"products": [{"productId": 1001, "quantity": 1}]}
    assert ordered(operator, "/orders", json=body)["order_type"] == "FIRST_ORDER"
    assert ordered(operator, "/orders", json=body)["order_type"] == "ADDITIONAL_ORDER"
    assert operator.get("/sims") == []
    operator.advance(3600)
    assert len(operator.get("/sims")) == 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"products": []},
        {"products": {}},
        {"products": [1]},
        {"products": [{}]},
        {"products": [{"productId": 1001}]},
        {"products": [{"productId": 1001, "quantity": 0}]},
        {"products": [{"productId": 1001, "quantity": -1}]},
        {"products": [{"productId": 1001, "quantity": 1001}]},
        {"products": [{"productId": 1001, "quantity": 600}, {"productId": 1001, "quantity": 600}]},
        {"products": [{"productId": 1001, "quantity": 10**30}]},
        {"products": [{"productId": 4711, "quantity": 1}]},
        {"products": [{"productId": 10**18, "quantity": 1}]},
        {"products": [{"productId": 1001, "quantity": 1}], "delivery_address": {"salutation": "3"}},
        {"products": [{"productId": 1001, "quantity": 1}], "delivery_address": "home"},
        {"products": [{"productId": 1001, "quantity": 1}], "delivery_address": {"zip": []}},
        {"products": [{"productId": 1001, "quantity": 1}], "customer_reference": {}},
        [],
    ],
)
def test_orders_that_cannot_be_placed(operator: Operator, body: Any) -> None:
    """400 for the unknown product, too (D§13); no number is used up."""
    answer = operator.api("POST", "/orders", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "Bad Request")
    assert operator.get("/orders") == []
    good = {"products": [{"productId": 1001, "quantity": 1}], "delivery_address": ""}
    assert ordered(operator, "/orders", json=good)["order_number"] == 2000000001


@pytest.mark.parametrize(("number", "status"), [("2000000009", 404), ("9" * 40, 404), ("x", 400), ("1.5", 400)])
def test_invalid_order_numbers(operator: Operator, number: str, status: int) -> None:
    """Unknown is 404, unreadable is 400; another organisation's is unknown."""
    assert operator.api("GET", f"/orders/{number}").status_code == status
    order = ordered(operator, f"/sims/{ONLINE}/topup")
    assert operator.api("GET", f"/orders/{order['order_number']}", user="other").status_code == 404


def test_trap_14_orders_come_ten_to_a_page_by_ascending_number(operator: Operator) -> None:
    """Ten is the most, whatever is asked for (D§5)."""
    for n in range(12):
        method = "creditcard" if n % 2 else "banktransfer"
        operator.api("POST", f"/sims/{ONLINE}/topup?payment_method={method}")
        operator.advance(1)
    answer = operator.api("GET", "/orders?pageSize=100")
    assert [order["order_number"] for order in answer.json()] == list(range(2000000001, 2000000011))
    assert (answer.headers["x-count-per-page"], answer.headers["x-total-pages"]) == ("10", "2")
    newest = operator.get("/orders?sort=-order_date&pageSize=1")[0]
    assert newest["order_number"] == 2000000012
    statuses = [order["order_status"] for order in operator.get("/orders?sort=order_status,-order_number")]
    assert statuses == sorted(statuses)
    assert operator.get("/orders", user="other") == []


# --------------------------------------------------------------------------------------------- top-up


@pytest.mark.parametrize("method", ["creditcard", "monthlyinvoice"])
def test_a_top_up_by_card_or_invoice_counts_at_once(operator: Operator, method: str) -> None:
    """500 MB and 250 SMS together; status and totals follow (D§12.2)."""
    operator.control("POST", f"/sims/{ONLINE}/usage", json={"volume_tx": 499, "volume_rx": 0})
    assert operator.get(f"/sims/{ONLINE}")["quota_status"]["id"] == 1
    order = ordered(operator, f"/sims/{ONLINE}/topup?payment_method={method}")
    assert (order["order_type"], order["order_status"], order["invoice_amount"]) == ("TOPUP", "COMPLETED", "5.95")
    assert [sim["iccid"] for sim in order["sims"]] == [ONLINE]
    assert left(operator, ONLINE) == (501, 500)
    sim = operator.get(f"/sims/{ONLINE}")
    assert (sim["current_quota"], sim["current_quota_SMS"]) == (1000, 500)
    assert sim["quota_status"] == {"id": 0, "description": "More than 20% available"}
    texts = [event["event_type"][:10] for event in operator.get(f"/sims/{ONLINE}/events")["events"]]
    assert texts[:2] == ["SMS quota ", "Data quota"]


@pytest.mark.parametrize("query", ["", *(f"?payment_method={word}" for word in ("banktransfer", "boleto", "gold", ""))])
def test_other_top_ups_wait_for_the_money(operator: Operator, query: str) -> None:
    """An unknown word is a bank transfer (C15)."""
    order = ordered(operator, f"/sims/{ONLINE}/topup{query}")
    assert order["order_status"] == "IN_PROGRESS"
    assert left(operator, ONLINE) == (500, 250)
    operator.advance(2 * 86400)
    assert left(operator, ONLINE) == (1000, 500)


def test_instant_payment_is_a_setting_and_so_is_none_at_all(make_operator: MakeOperator) -> None:
    """All methods at once; or only by hand."""
    operator = make_operator(policy={"instant_payment": True})
    assert ordered(operator, f"/sims/{ONLINE}/topup")["order_status"] == "COMPLETED"
    operator = make_operator(policy={"payment_time": None})
    order = ordered(operator, f"/sims/{ONLINE}/topup")
    operator.advance(30 * 86400)
    assert operator.get(f"/orders/{order['order_number']}")["order_status"] == "IN_PROGRESS"


def test_a_bulk_top_up_takes_a_list_of_iccids(operator: Operator) -> None:
    """Each SIM once, whatever is said twice; numbers are read as ICCIDs."""
    order = ordered(operator, "/sims/topup?payment_method=creditcard", json=[ONLINE, int(OFFLINE), ONLINE])
    assert (order["order_type"], order["invoice_amount"]) == ("BULK_TOPUP", "11.90")
    assert left(operator, ONLINE) == left(operator, OFFLINE) == (1000, 500)


@pytest.mark.parametrize("body", [[], {}, [[]], [True], [None], "x"])
def test_lists_of_no_iccids_are_refused(operator: Operator, body: Any) -> None:
    """Empty, too (D§12.2)."""
    answer = operator.api("POST", "/sims/topup", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "Bad Request")


@pytest.mark.parametrize(
    ("iccid", "status", "message"),
    [(FOREIGN, 403, "SIM does not belong to user."), (UNKNOWN, 404, "SIM not found.")],
)
def test_top_ups_of_sims_that_are_not_ones_own(operator: Operator, iccid: str, status: int, message: str) -> None:
    """Published: 403 and 404, with words of their own; nothing is ordered for the others either."""
    for answer in (
        operator.api("POST", f"/sims/{iccid}/topup"),
        operator.api("POST", "/sims/topup", json=[ONLINE, iccid]),
    ):
        assert (answer.status_code, answer.json()["message"]) == (status, message)
    assert operator.get("/orders") == []


def test_a_method_that_is_not_set_up_is_400(make_operator: MakeOperator) -> None:
    """C15: the published body, a lone message."""
    operator = make_operator(CARDLESS)
    for answer in (
        operator.api("POST", f"/sims/{ONLINE}/topup?payment_method=creditcard"),
        operator.api("POST", "/sims/topup?payment_method=boleto", json=[ONLINE]),
        operator.api("POST", "/sims/extension?payment_method=creditcard", json={"iccids": [ONLINE]}),
        operator.api("POST", "/sims/autoTopup", json={"enabled": True, "iccids": [ONLINE]}),
    ):
        assert answer.status_code == 400
        assert answer.json() == {"message": "Payment method used is not valid."}
    assert ordered(operator, f"/sims/{ONLINE}/topup?payment_method=gold")


# --------------------------------------------------------------------------------------------- auto top-up


def test_auto_top_up_fills_up_at_the_next_check(operator: Operator) -> None:
    """Every four hours by CET: from midnight UTC the first is at three (D§12.3); below 20 % of either volume."""
    answer = operator.api("POST", "/sims/autoTopup", json={"enabled": True, "iccids": [ONLINE, OFFLINE]})
    assert (answer.status_code, answer.content) == (201, b"")
    operator.control("POST", f"/sims/{ONLINE}/usage", json={"volume_tx": 401, "volume_rx": 0})
    operator.advance(3 * 3600 - 1)
    assert operator.get("/orders") == []
    operator.advance(1)
    (order,) = operator.get("/orders")
    assert (order["order_type"], order["order_status"]) == ("TOPUP", "COMPLETED")
    assert left(operator, ONLINE) == (599, 500)
    assert left(operator, OFFLINE) == (500, 250)
    operator.control("POST", f"/sims/{ONLINE}/usage", json={"volume_tx": 599, "volume_rx": 0})
    operator.advance(4 * 3600)
    assert len(operator.get("/orders")) == 2
    operator.api("POST", "/sims/autoTopup", json={"enabled": "false", "iccids": [ONLINE, OFFLINE]})
    operator.control("POST", f"/sims/{ONLINE}/usage", json={"volume_tx": 499, "volume_rx": 0})
    operator.advance(86400)
    assert len(operator.get("/orders")) == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"iccids": [ONLINE]}, 400),
        ({"enabled": True}, 400),
        ({"enabled": True, "iccids": []}, 400),
        ({"enabled": "maybe", "iccids": [ONLINE]}, 400),
        ({"enabled": True, "iccids": [FOREIGN]}, 403),
        ({"enabled": True, "iccids": [UNKNOWN]}, 404),
        ([], 400),
    ],
)
def test_auto_top_ups_that_are_refused(operator: Operator, body: Any, status: int) -> None:
    """Both fields are needed, and SIMs of one's own."""
    assert operator.api("POST", "/sims/autoTopup", json=body).status_code == status


# --------------------------------------------------------------------------------------------- extension


def test_an_expired_sim_allows_nothing_but_its_extension(make_operator: MakeOperator) -> None:
    """422 with the published sentence and the ICCIDs (D§3.2); looking is free; no 422 on the extension (D§12.4)."""
    operator = make_operator(AGED)
    for method, path, body in (
        ("PUT", f"/sims/{EXPIRED}", {"label": "x"}),
        ("POST", "/sims", [{"iccid": EXPIRED, "label": "x"}]),
        ("POST", f"/sims/{EXPIRED}/sms", {"payload": "x"}),
        ("POST", f"/sims/{EXPIRED}/reset", None),
        ("POST", f"/sims/{EXPIRED}/topup", None),
        ("POST", "/sims/topup", [ONLINE, EXPIRED]),
        ("POST", "/sims/autoTopup", {"enabled": True, "iccids": [EXPIRED]}),
    ):
        answer = operator.api(method, path, json=body)
        assert answer.status_code == 422, path
        assert answer.json()["error"] == "Unprocessable Entity"
        assert answer.json()["message"] == (
            f"The following SIMs are expired and cannot be modified via API. Only extensions are permitted: {EXPIRED}"
        )
    sim = operator.get(f"/sims/{EXPIRED}")
    assert (sim["status"], sim["label"]) == ("Disabled", "old")
    order = ordered(operator, "/sims/extension?payment_method=creditcard", json={"iccids": [EXPIRED]})
    assert (order["order_type"], order["order_status"]) == ("ADDITIONAL_ORDER", "COMPLETED")
    assert operator.get(f"/sims/{EXPIRED}")["status"] == "Enabled"
    assert operator.get(f"/sims/{EXPIRED}/quota/data")["expiry_date"] == "2036-01-01 00:00:00"
    assert operator.api("PUT", f"/sims/{EXPIRED}", json={"label": "x"}).status_code == 200


def test_an_extension_carries_over_what_is_left(operator: Operator) -> None:
    """Volume and time (D§12.4); paid by bank transfer it begins when the money has come."""
    before = operator.get(f"/sims/{ONLINE}/quota/data")
    ordered(operator, "/sims/extension", json={"iccids": [ONLINE], "productId": None})
    assert operator.get(f"/sims/{ONLINE}/quota/data") == before
    operator.advance(2 * 86400)
    after = operator.get(f"/sims/{ONLINE}/quota/data")
    assert (after["volume"], after["total_volume"]) == (1000, 1000)
    assert int(after["expiry_date"][:4]) == int(before["expiry_date"][:4]) + 10
    assert after["expiry_date"][4:] == before["expiry_date"][4:]


@pytest.mark.parametrize(
    ("edition", "type"),
    [("1nce", "TARIFF_CHANGE"), ("easyconnect", "ADDITIONAL_ORDER"), ("bsc-2019", "ADDITIONAL_ORDER")],
)
def test_another_product_makes_it_a_tariff_change(make_operator: MakeOperator, edition: str, type: str) -> None:
    """Assumed (D§12.4); the word is unknown to the other editions (D§16). The same product is no change."""
    operator = make_operator(edition=edition, policy={"all_routes": True})
    body = {"iccids": [ONLINE], "productId": 1002}
    first, second = (ordered(operator, "/sims/extension?payment_method=creditcard", json=body) for _ in range(2))
    assert (first["order_type"], second["order_type"]) == (type, "ADDITIONAL_ORDER")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"iccids": []}, 400),
        ({"iccids": [ONLINE], "productId": 4711}, 400),
        ({"iccids": [ONLINE], "productId": "x"}, 400),
        ({"iccids": [FOREIGN]}, 403),
        ({"iccids": [UNKNOWN]}, 404),
        ([], 400),
    ],
)
def test_extensions_that_are_refused(operator: Operator, body: Any, status: int) -> None:
    """At least one SIM, of one's own, and a product that exists."""
    assert operator.api("POST", "/sims/extension", json=body).status_code == status
    assert operator.get("/orders") == []


def test_an_extension_may_come_too_early(make_operator: MakeOperator) -> None:
    """Published: from three months before the end. What an earlier call gets is not; a setting refuses it."""
    operator = make_operator(AGED, policy={"extension_before_end": 90 * DAY})
    assert operator.api("POST", "/sims/extension", json={"iccids": [ONLINE]}).status_code == 400
    assert operator.api("POST", "/sims/extension", json={"iccids": [EXPIRED]}).status_code == 201


# --------------------------------------------------------------------------------------------- products, support


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_new_order_is_answered_with_the_order(make_operator: MakeOperator, edition: str) -> None:
    """1NCE's own client reads the answer as JSON; published are an echo with 200, and 201 without a body (D§13)."""
    operator = make_operator(edition=edition)
    answer = operator.api("POST", "/orders", json={"products": [{"productId": 1001, "quantity": 2}]})
    assert answer.status_code == 201
    number = answer.headers["location"].rpartition("/")[2]
    assert answer.json() == operator.get(f"/orders/{number}")
    assert answer.json()["products"] == [{"product_id": 1001, "quantity": 2}]


def test_the_catalogue_is_unpaged(operator: Operator) -> None:
    """Published fields; whole prices are whole numbers (D§13)."""
    answer = operator.api("GET", "/products?page=7")
    assert "x-total-count" not in answer.headers
    first = answer.json()[0]
    assert first == {
        "id": 1001,
        "product": "1NCE IoT FlexSIM - Standard",
        "material": "1NCE FlexSIM",
        "package_size": 1,
        "minQuantity": 1,
        "maxQuantity": 1000,
        "maxQuantityPerCustomer": 10000,
        "min_contract_duration": 120,
        "one_time_charges": [{"name": "provisionCharge", "amount_net": 10, "currency": "EUR"}],
    }
    assert b"10.0" not in answer.content


CHARGES = """
    version: 1
    products:
      - id: 1001
        name: Standard
        one_time_charges: [{name: provisionCharge, amount_net: 10}]
        recurring_charges: [{name: monthlyCharge, amount_net: 0.5}]
    organisations:
      - {id: 1, name: One, users: [{username: demo, password: demo}]}
"""


@pytest.mark.parametrize(
    ("edition", "single"), [("1nce", False), ("1nce-2019", True), ("bsc-2019", True), ("easyconnect", False)]
)
def test_charges_are_lists_and_were_objects_in_2019(make_operator: MakeOperator, edition: str, single: bool) -> None:
    """D§13: the models of 2019 have single charges."""
    (product,) = make_operator(CHARGES, edition=edition).get("/products")
    once = {"name": "provisionCharge", "amount_net": 10, "currency": "EUR"}
    monthly = {"name": "monthlyCharge", "amount_net": 0.5, "currency": "EUR"}
    charges = (product["one_time_charges"], product["recurring_charges"])
    assert charges == ((once, monthly) if single else ([once], [monthly]))


CASE = {"replyToMail": "i@fleet.example", "senderName": "Ines", "subject": "No roaming", "text": "Since Sunday."}


def test_trap_14_support_cases_come_one_to_a_page(operator: Operator) -> None:
    """The default size is 1 (D§5); what was written is the first communication."""
    for subject in ("first", "second"):
        answer = operator.api("POST", "/support", json={**CASE, "subject": subject})
        assert (answer.status_code, answer.content) == (201, b"")
    answer = operator.api("GET", "/support")
    assert answer.json() == [
        {
            "caseId": "1",
            "communications": [
                {
                    "communicationDate": "2026-01-01T00:00:00.000Z",
                    "direction": "IN",
                    "id": "1",
                    "originator": "Ines <i@fleet.example>",
                    "subject": "first",
                    "text": "Since Sunday.",
                    "type": "PORTAL",
                }
            ],
            "createDate": "2026-01-01T00:00:00.000Z",
            "status": "OPEN",
            "subject": "first",
            "text": "Since Sunday.",
        }
    ]
    assert (answer.headers["x-count-per-page"], answer.headers["x-total-pages"]) == ("1", "2")
    assert [case["subject"] for case in operator.get("/support?pageSize=500")] == ["first", "second"]
    assert operator.get("/support", user="other") == []


@pytest.mark.parametrize("field", CASE)
@pytest.mark.parametrize("value", [None, "", "  ", {}, True])
def test_all_four_fields_of_a_case_are_needed(operator: Operator, field: str, value: Any) -> None:
    """Assumed (D§13)."""
    assert operator.api("POST", "/support", json={**CASE, field: value}).status_code == 400
    assert operator.get("/support") == []


def test_a_solved_case_says_when(make_operator: MakeOperator) -> None:
    """solvedDate, only there; letters of both sides."""
    operator = make_operator("""
        version: 1
        now: "2026-03-01T00:00:00Z"
        organisations:
          - id: 1
            name: One
            users: [{username: demo, password: demo}]
            support:
              - {subject: s, text: t, created: "2026-02-01T00:00:00Z", solved: "2026-02-02T00:00:00Z", status: CLOSED}
    """)
    (case,) = operator.get("/support")
    assert (case["status"], case["solvedDate"]) == ("CLOSED", "2026-02-02T00:00:00.000Z")
