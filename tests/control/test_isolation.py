"""Nothing of one organisation is ever visible in another, or changed from there: over every route."""

from functools import cache
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from operator_emulator import resources
from operator_emulator.core.tester import organisation_snapshot
from operator_emulator.core.tester.organisation_snapshot_model import OrganisationSnapshot
from tests.conftest import Operator

MARK = "bravo"  # in every text of the other organisation
UNKNOWN = "8988228066699999999"


class Two:
    """Alice, who asks, and Bravo, who must not be seen."""

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self.alice = operator.control("POST", "/organisations", json={"name": "Alice", "sims": 2})
        self.bravo = operator.control("POST", "/organisations", json={"name": MARK, "sims": 2, "username": MARK})
        self.cards = [sim["iccid"] for sim in self.bravo["sims"]]
        self.own = [sim["iccid"] for sim in self.alice["sims"]]
        self.tokens = {one["name"]: self.token(one) for one in (self.alice, self.bravo)}
        for number, iccid in enumerate(self.cards):
            operator.device(iccid, "ONLINE", imei=f"8682390599999{number}01")
            self.call(self.bravo, "PUT", f"/v1/sims/{iccid}", json={"label": f"{MARK} {number}"})
            self.call(self.bravo, "POST", f"/v1/sims/{iccid}/sms", json={"payload": f"{MARK} down"})
            operator.send_mo(iccid, f"{MARK} up")
            operator.control("POST", f"/sims/{iccid}/usage", json={"volume_tx": 1})
        self.call(self.bravo, "POST", "/v1/support", json={"subject": MARK, "description": MARK, "text": MARK})
        self.call(self.bravo, "POST", f"/v1/sims/{self.cards[0]}/topup", params={"payment_method": "banktransfer"})
        operator.advance(30)
        messages = operator.control("GET", "/messages", params={"organisation": self.bravo["id"]})["messages"]
        self.messages = [message["id"] for message in messages]
        self.orders = [order.number for order in self.rows(self.bravo).orders]
        secrets = [sim[name] for sim in self.bravo["sims"] for name in ("iccid", "imsi", "msisdn")]
        self.secrets = {MARK, "86823905", *secrets}

    def token(self, organisation: Any) -> str:
        (user,) = organisation["users"]
        return self.operator.token(user["username"], user["password"])

    def call(self, who: Any, method: str, path: str, **how: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[who['name']]}"}
        return self.operator.http.request(method, f"/management-api{path}", headers=headers, **how)

    def rows(self, who: Any) -> OrganisationSnapshot:
        http: Any = self.operator.http
        found: OrganisationSnapshot | None = http.portal.call(
            http.app.engine.read, organisation_snapshot.find, who["id"]
        )
        assert found is not None
        return found


@cache
def operations() -> list[tuple[str, str]]:
    described = yaml.safe_load(resources.spec("management.yaml").read_bytes())
    return [
        (method.upper(), path)
        for path, item in described["paths"].items()
        for method in item
        if method in ("get", "post", "put", "delete") and path.startswith("/v1/")
    ]


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, dict[str, str], Any]:
    """A request of any route, in which card 0 to 3, message and order are placeholders for what there is."""
    method, path = draw(st.sampled_from(operations()))
    card = st.sampled_from(["{card0}", "{card1}", "{own0}", UNKNOWN])
    cards = st.lists(card, min_size=1, max_size=3)
    path = path.replace("{iccid}", draw(card)).replace("{id}", draw(st.sampled_from(["{sms0}", "{sms1}", "1"])))
    path = path.replace("{order_number}", "{order0}").replace("{service}", draw(st.sampled_from(["data", "smsMT"])))
    query = draw(
        st.sampled_from(
            [
                {},
                {"pageSize": "100", "page": "1"},
                {"q": "imei:86823905"},
                {"q": "ip_address:10"},
                {"sort": "-ip_address"},
                {"payment_method": "banktransfer"},
                {"payment_method": "creditcard"},
                {"organisationId": "{bravo}"},
            ]
        )
    )
    body = draw(
        st.sampled_from(["sms", "label", "batch", "cards", "topup", "transfer", "auto", "limits", "order", "case"])
    )
    chosen = draw(cards)
    bodies: dict[str, Any] = {
        "sms": {"payload": "alice was here"},
        "label": {"label": "alice was here", "status": "Disabled"},
        "batch": [{"iccid": iccid, "label": "alice was here", "status": "Disabled"} for iccid in chosen],
        "cards": chosen,
        "topup": {"iccids": chosen},
        "transfer": {"iccids": chosen, "target_organisation": "{alice}"},
        "auto": {"iccids": chosen, "enabled": True},
        "limits": {"data_limit": {"id": 1}, "smsMT_limit": {"id": 1}},
        "order": {"products": [{"id": 1001, "quantity": 1}], "organisation": {"id": "{bravo}"}},
        "case": {"subject": "alice", "description": "alice", "text": "alice"},
    }
    return method, path, query, bodies[body]


def filled(value: Any, names: dict[str, Any]) -> Any:
    """*value* with its placeholders filled in; one that is all of a text becomes the number itself."""
    if isinstance(value, dict):
        return {name: filled(one, names) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, names) for one in value]
    if isinstance(value, str):
        for name, real in names.items():
            if value == f"{{{name}}}":
                return real
            value = value.replace(f"{{{name}}}", str(real))
    return value


@pytest.fixture
def two(operator: Operator) -> Two:
    return Two(operator)


def test_there_is_something_to_hide(two: Two) -> None:
    """Bravo sees what Alice must not: or the property below would say nothing."""
    seen = "".join(
        two.call(two.bravo, "GET", path, params={"pageSize": 100}).text
        for path in ("/v1/sims", "/v1/orders", "/v1/support", *(f"/v1/sims/{iccid}/sms" for iccid in two.cards))
    )
    assert all(secret in seen for secret in two.secrets)
    assert len(two.orders) == 1
    assert len(operations()) == 29


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.lists(requests(), min_size=1, max_size=6))
def test_no_route_shows_or_changes_another_organisation(
    two: Two, asked: list[tuple[str, str, dict[str, str], Any]]
) -> None:
    """Whatever Alice asks about Bravo's cards, messages and orders: she learns only what she said herself."""
    before = two.rows(two.bravo)
    names = {
        **{f"card{number}": iccid for number, iccid in enumerate(two.cards)},
        "own0": two.own[0],
        **{f"sms{number}": id for number, id in enumerate(two.messages[:2])},
        "order0": two.orders[0],
        "alice": two.alice["id"],
        "bravo": two.bravo["id"],
    }
    for method, path, query, body in (filled(list(one), names) for one in asked):
        sent = f"{path} {body}"
        answer = two.call(two.alice, method, path, params=query, json=body if method in ("POST", "PUT") else None)
        assert answer.status_code < 500, answer.text
        shown = answer.text + str(answer.headers)
        assert [secret for secret in two.secrets if secret in shown and secret not in sent] == []
    assert two.rows(two.bravo) == before
