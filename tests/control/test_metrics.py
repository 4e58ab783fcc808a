"""``GET /_emulator/metrics``: what Prometheus reads."""

from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import ATTACHED, OFFLINE, Operator


def scrape(operator: Operator) -> dict[tuple[str, ...], float]:
    """The samples by name and values of labels, as a scraper reads them."""
    answer = operator.http.get("/_emulator/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families: Any = text_string_to_metric_families(answer.text)
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_requests_are_counted_by_operation_and_status(operator: Operator) -> None:
    """A reset does not turn the counters back."""
    operator.api("GET", f"/sims/{ATTACHED}")
    operator.api("GET", "/sims/8988228066600099999")
    operator.control("POST", "/reset")
    operator.api("GET", f"/sims/{ATTACHED}")
    found = scrape(operator)
    requests = "operator_emulator_requests_total"
    assert (found[requests, "getSimUsingGET", "200"], found[requests, "getSimUsingGET", "404"]) == (2, 1)


def test_callbacks_and_messages_are_counted(operator: Operator) -> None:
    """By what became of them; and the requests that they took."""
    operator.customer.answers = [500]
    operator.send_mo(ATTACHED, "hello")
    operator.send_mt(OFFLINE, "wait")
    operator.advance(2)
    assert scrape(operator)["operator_emulator_callbacks", "owed"] == 1
    operator.advance(600)
    found = scrape(operator)
    assert found["operator_emulator_callbacks", "taken"] == 1
    assert found["operator_emulator_messages", "BUFFERED"] == 1
    requests = {key[-1]: value for key, value in found.items() if key[0] == "operator_emulator_callback_requests_total"}
    assert requests == {"500": 1, "200": 1}


def test_the_world_and_the_process_are_measured(operator: Operator) -> None:
    """SIMs by state, jobs to come, and how long other requests wait for their turn."""
    found = scrape(operator)
    assert found["operator_emulator_sims", "Activated"] == 4
    assert found["operator_emulator_jobs", "later"] >= 1
    assert ("operator_emulator_event_loop_delay_seconds",) in found
    assert any(key[0] == "operator_emulator_info" for key in found)
