"""The program as a whole, in process."""

from tests.conftest import MakeOperator, Operator


def test_a_page_of_another_origin_is_not_served_by_default(operator: Operator) -> None:
    """The operator sends no CORS headers (D§1), so a browser that calls it directly fails here as there."""
    answer = operator.api("GET", "/sims", headers={"Origin": "http://page.test"})
    assert "access-control-allow-origin" not in answer.headers


def test_a_page_of_another_origin_may_call_if_it_is_wanted(make_operator: MakeOperator) -> None:
    """For front ends that are developed against the emulator alone."""
    operator = make_operator(policy={"cors": True})
    asked = {"Origin": "http://page.test", "Access-Control-Request-Method": "GET"}
    before = operator.http.options(
        "/management-api/v1/sims", headers={**asked, "Access-Control-Request-Headers": "authorization"}
    )
    assert before.status_code == 200
    answer = operator.api("GET", "/sims", headers={"Origin": "http://page.test"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "X-Total-Count" in answer.headers["access-control-expose-headers"]
