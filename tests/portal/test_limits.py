"""Rate limits (P§7): SIMs, not requests; two windows; a 403 and never a 429."""

from typing import Any

import pytest

from operator_emulator.core.tester import rate_limits
from operator_emulator.core.tester.model import Per, RateLimit
from tests.portal.conftest import ACTIVE, BRANCH, BRANCHED, INACTIVE, MAIN, OTHER, TEST, Client

MakeClient = Any
REFUSED = {
    "status": "FORBIDDEN",
    "message": "Limit exceeded",
    "errors": ["Too Many Concurrent Requests on Platform."],
    "timestamp": "2026-03-10 12:00:00",
}


@pytest.fixture
def limited(make_client: MakeClient) -> Client:
    made: Client = make_client(rate_limits=True, action_max_sims=2000)
    return made


def bulk(client: Client, count: int, kind: str = "block", **how: Any) -> Any:
    """Start an action on so many SIMs, which need not exist to be counted."""
    sims = [{"iccid": str(8949020000000500000 + n)} for n in range(count)]
    return client.call("POST", f"/sims/actions/{kind}", json={"sims": sims}, **how)


def test_they_are_off_unless_asked_for(client: Client) -> None:
    """1,000 SIMs, again and again."""
    for _ in range(2):
        assert bulk(client, 1000).status_code == 202


def test_a_bulk_of_400_costs_400(limited: Client) -> None:
    """The third in six minutes does not fit, and is refused whole: it has started nothing and cost nothing."""
    assert bulk(limited, 400).status_code == 202
    assert bulk(limited, 400, as_="branch", partner=BRANCH).status_code == 202, "of the same customer"
    answer = bulk(limited, 400)
    assert (answer.status_code, answer.json()) == (403, REFUSED)
    assert "retry-after" not in answer.headers
    assert limited.get("/sims/actions")["totalElements"] == 1
    assert bulk(limited, 200).status_code == 202


def test_customers_do_not_count_for_each_other(limited: Client) -> None:
    """Each has its own."""
    assert bulk(limited, 1000).status_code == 202
    assert bulk(limited, 1, as_="other", partner=OTHER).status_code == 202


def test_a_bulk_above_the_window_can_never_pass(limited: Client) -> None:
    """However long one waits."""
    assert bulk(limited, 1001).status_code == 403


def test_the_short_window_slides(limited: Client) -> None:
    """Six minutes later there is room again."""
    assert bulk(limited, 1000).status_code == 202
    limited.advance(354)
    assert bulk(limited, 1).status_code == 403
    limited.advance(6)
    assert bulk(limited, 1000).status_code == 202


def test_both_windows_apply(limited: Client) -> None:
    """Ten thousand an hour, though each six minutes would allow for more."""
    for _ in range(9):
        assert bulk(limited, 1000).status_code == 202
        limited.advance(360)
    assert bulk(limited, 1000).status_code == 202
    limited.advance(354)
    assert bulk(limited, 1).status_code == 403
    limited.advance(6)
    assert bulk(limited, 1000).status_code == 202


def test_each_class_has_its_own_count(limited: Client) -> None:
    """Details 1,000, history 250; look-ups by POST count like their GET twins."""
    for _ in range(125):
        limited.get(f"/sims/{ACTIVE}/session")
        limited.post("/sims/session", {"iccid": ACTIVE})
    for path in ("session", "sessionhistory", "smshistory", "sms"):
        assert limited.call("GET", f"/sims/{ACTIVE}/{path}").json() == REFUSED
    assert limited.call("GET", f"/sims/{ACTIVE}").status_code == 200
    assert bulk(limited, 1).status_code == 202


def test_exempt_methods_are_not_counted(limited: Client) -> None:
    """Transfers, lists, partner, pools, HLR, actions and their status."""
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/sims", None),
        ("GET", "/pools/usage", None),
        ("POST", "/sims/hlr/check", {"iccid": ACTIVE}),
        ("GET", "/sims/actions", None),
        ("POST", f"/sims/{ACTIVE}/sms", {"message": "x"}),
        ("POST", "/sims/actions/simtransfer", {"receivingPartnerID": OTHER, "sims": [{"iccid": TEST}]}),
    ):
        assert limited.call(method, path, json=body).status_code in (200, 202), path
    assert limited.do(lambda world: world.rate_windows.find()) == []


def test_an_unknown_sim_is_not_counted(limited: Client) -> None:
    """What is refused is not counted (assumed)."""
    assert limited.call("GET", "/sims/8949020000000999999").status_code == 404
    assert limited.do(lambda world: world.rate_windows.find()) == []


def test_limits_put_by_hand_stand_in_their_place(limited: Client) -> None:
    """``PUT /_emulator/limits`` overrides the settings for both APIs."""
    limited.do(rate_limits.put, [RateLimit(name="x", path="/x", per=Per.ADDRESS, requests=1, seconds=1)])
    for _ in range(2):
        assert bulk(limited, 1000).status_code == 202


def test_another_partner_is_refused_before_it_is_counted(limited: Client) -> None:
    """No permission is another 403."""
    assert bulk(limited, 1, partner=OTHER).json()["message"] == "Access denied"
    assert MAIN not in str(limited.do(lambda world: world.rate_windows.find()))
    assert limited.call("GET", f"/sims/{INACTIVE}", partner=OTHER).json()["message"] == "Access denied"
    assert limited.call("GET", f"/sims/{BRANCHED}", partner=BRANCH, as_="branch").status_code == 200
