"""Each view follows the world without a reload, and shows what was written as it was written."""

from collections.abc import Callable
from typing import Any

import pytest

SIM = "8988228066600000003"
MARKUP = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\">"
STREAM = {
    "organisation": 4321,
    "kind": "events",
    "generation": "ds2",
    "url": "http://127.0.0.1:9/events",
    "authorization": "dXNlcjpwYXNzd29yZA==",
}


def attach(control: Any) -> None:
    control("POST", f"/sims/{SIM}/device", {"status": "ATTACHED"})


def send_mo(control: Any) -> None:
    attach(control)
    control("POST", f"/sims/{SIM}/mo", {"payload": "21.5 degrees"})


LIVE: dict[str, tuple[Callable[[Any], object], str]] = {
    "fleet?status=ATTACHED": (attach, f"a[href='#/sim/{SIM}']"),
    f"sim/{SIM}": (attach, "text=The device can receive SMS."),
    "messages?direction=MO": (send_mo, "text=21.5 degrees"),
    "callbacks?fate=owed": (send_mo, "td:has-text('mo-received')"),
    "data-streams": (lambda control: control("POST", "/data-streams", STREAM), "td:has-text('127.0.0.1:9/events')"),
    "portal": (
        lambda control: control("POST", "/portal/events", {"type": "simaction.v1", "partnerID": "100013"}),
        "td[data-head=Backlog]:text-is('1')",
    ),
    "faults": (
        lambda control: control("POST", "/faults", {"name": "maintenance"}),
        "[aria-label='Remove maintenance']",
    ),
    "clock": (lambda control: control("PUT", "/clock", {"mode": "manual"}), ".pace:text-is('stands still')"),
    "snapshots": (lambda control: control("PUT", "/snapshots/friday"), "td:has-text('friday')"),
    "configuration": (
        lambda control: control("PATCH", "/organisations/5136", {"forwarder": "http://127.0.0.1:9/new"}),
        "input[data-value='http://127.0.0.1:9/new']",
    ),
}


@pytest.mark.parametrize("view", LIVE)
def test_a_view_follows_the_world(console: Any, control: Any, view: str) -> None:
    """What happens elsewhere appears by itself."""
    happen, appears = LIVE[view]
    console.open(view)
    console.page.locator("main h1").wait_for()
    console.page.locator(".dot.online[title=live]").wait_for()
    assert console.page.locator(appears).count() == 0
    happen(control)
    console.page.locator(appears).first.wait_for()
    if view == "snapshots":
        control("DELETE", "/snapshots/friday")
        console.see("No snapshots.")


def test_a_reset_is_followed(console: Any, control: Any) -> None:
    """The world is another one: the page shows its beginning."""
    send_mo(control)
    console.open("messages?direction=MO")
    console.see("21.5 degrees")
    control("POST", "/reset")
    console.page.locator("text=21.5 degrees").wait_for(state="detached")


@pytest.mark.parametrize("view", [f"sim/{SIM}", "messages", "callbacks", "journal"])
def test_markup_is_text_wherever_a_message_is_shown(console: Any, control: Any, view: str) -> None:
    """In the telephone, in lists, and in what went over the wire."""
    attach(control)
    control("POST", f"/sims/{SIM}/mo", {"payload": MARKUP})
    console.open(view)
    if view in ("callbacks", "journal"):
        console.page.locator("tr[data-open]").first.click()
    console.page.get_by_text("<script>", exact=False).first.wait_for()
    assert console.page.title() != "owned"
    assert console.page.locator("main script, main img").count() == 0


def test_messages_and_callbacks_are_paged(console: Any, control: Any) -> None:
    """The newest first; the next page leads to those before, and the first one back."""
    attach(control)
    for number in range(60):
        control("POST", f"/sims/{SIM}/mo", {"payload": f"number {number}"})
    for view, row in (
        ("messages?direction=MO", "td:has-text('number 59')"),
        ("callbacks", "td:has-text('mo-received')"),
    ):
        console.open(view)
        console.page.locator(row).first.wait_for()
        newest = console.page.locator("tr[data-open]").first.get_attribute("data-key")
        assert console.page.locator("tr[data-open]").count() == 50
        console.press("Next page")
        console.page.locator(f"tr[data-key='{newest}']").wait_for(state="detached")
        assert console.page.locator("tr[data-open]").count() >= 10
        console.press("First page")
        console.page.locator(f"tr[data-key='{newest}']").wait_for()


def test_a_message_shows_its_way(console: Any, control: Any) -> None:
    """Each attempt with its cause, delivery, and the report with the webhook's answer."""
    control("PUT", "/clock", {"mode": "manual"})
    sent = control("POST", f"/sims/{SIM}/mt", {"payload": "wake up"})
    control("POST", "/clock/advance", {"seconds": 10})
    attach(control)
    console.open("messages")
    console.page.locator(f"tr[data-open='{sent['id']}']").click()
    steps = console.page.locator(".steps")
    steps.get_by_text("Attempt failed: absent subscriber").wait_for()
    console.press("+1 min")
    steps.get_by_text("Delivered").wait_for()
    steps.get_by_text("Delivery report, try 1: connection refused").wait_for()


def test_a_row_is_opened_by_the_keyboard(console: Any, control: Any) -> None:
    """Its number is a button that says whether the row is open."""
    send_mo(control)
    console.open("callbacks?fate=owed")
    opener = console.page.locator("button.opens").first
    opener.focus()
    assert opener.get_attribute("aria-expanded") == "false"
    console.page.keyboard.press("Enter")
    console.page.locator("button.opens[aria-expanded=true]").wait_for()
    console.page.get_by_text("Try 1").wait_for()


def test_a_webhook_is_tested(console: Any, control: Any) -> None:
    """Where time stands still, too: the outcome is beside the URL."""
    control("PUT", "/clock", {"mode": "manual"})
    control("PATCH", "/organisations/4321", {"forwarder": "http://127.0.0.1:9/sms"})
    attach(control)
    console.open("configuration")
    console.page.locator("form[data-id='4321']").get_by_role("button", name="Send a test message").click()
    console.page.locator(".hint", has_text="connection refused").wait_for()


def test_a_stream_of_the_portal_gets_an_event_by_hand(console: Any) -> None:
    """One press, and it waits to be fetched."""
    console.open("portal")
    console.press("Make a simaction.v1 for portal-demo")
    console.page.locator("td[data-head=Backlog]:text-is('1')").first.wait_for()


def test_nothing_moves_for_those_who_want_no_motion(console: Any) -> None:
    """No transition has a length."""
    console.page.emulate_media(reduced_motion="reduce")
    console.open("fleet")
    console.page.locator("main h1").wait_for()
    lengths = console.page.evaluate(
        "[...new Set([...document.querySelectorAll('*')].map(node => getComputedStyle(node).transitionDuration))]"
    )
    assert lengths == ["0s"]


def test_a_stream_of_the_portal_shows_who_is_connected(console: Any, control: Any) -> None:
    """A client that opens it, and that leaves again; what it has fetched is no longer owed."""
    import httpx

    from operator_emulator.client import EmulatorClient

    control("POST", "/portal/events", {"type": "simaction.v1", "partnerID": "100013"})
    applications = control("GET", "/portal/subscriptions")["applications"]
    [demo] = [one for one in applications if one["client_id"] == "portal-demo"]
    with EmulatorClient(console.base) as client:
        token = client.token("portal-demo").access_token
    console.open("portal")
    console.page.locator("td[data-head=Backlog]:text-is('1')").first.wait_for()
    open_stream = console.page.locator("td[data-head=Connection]", has_text="Open")
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.stream("GET", demo["subscriptions"][0]["url"], headers=headers, timeout=30) as stream:
        assert stream.status_code == 200
        open_stream.wait_for()
    open_stream.wait_for(state="detached")
