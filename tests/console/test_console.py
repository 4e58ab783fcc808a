"""The console, as somebody uses it: it shows what happens without a reload, and each click is one call."""

from typing import Any

import pytest

SIM = "8988228066600000003"
VIEWS = (
    "fleet",
    f"sim/{SIM}",
    "messages",
    "callbacks",
    "data-streams",
    "portal",
    "journal",
    "faults",
    "clock",
    "snapshots",
    "configuration",
)


def axe(page: Any) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in Axe().run(page).response["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_accessible_and_fits_a_telephone(console: Any, view: str, scheme: str) -> None:
    """axe finds nothing in either colour scheme, and nothing scrolls sideways at 360 pixels."""
    console.page.emulate_media(color_scheme=scheme)
    console.open(view)
    console.page.locator("main h1").wait_for()
    assert axe(console.page) == []
    console.page.set_viewport_size({"width": 360, "height": 800})
    assert console.page.evaluate("document.documentElement.scrollWidth") <= 360
    assert axe(console.page) == []


def test_a_waiting_message_is_delivered_when_the_device_attaches(console: Any) -> None:
    """The page says what to do; one press does it, and its curl line is shown."""
    console.open(f"sim/{SIM}")
    console.page.get_by_label("SMS to the device").fill("wake up")
    console.press("Send SMS")
    console.see("A message waits. Attach, and it is delivered.")
    console.press("Attached")
    console.see("delivered")
    assert f"/_emulator/sims/{SIM}/device" in console.page.locator(".curl code").inner_text()


def test_markup_in_a_message_is_text(console: Any) -> None:
    """A script in an SMS is shown as it was written, and is not run."""
    console.open(f"sim/{SIM}")
    console.page.get_by_label("SMS to the device").fill("<script>document.title = 'owned'</script>")
    console.press("Send SMS")
    console.see("<script>document.title = 'owned'</script>")
    assert console.page.title() != "owned"


def test_a_device_sends_an_sms(console: Any, control: Any) -> None:
    """What is typed into the telephone leaves the device."""
    control("POST", f"/sims/{SIM}/device", {"status": "ATTACHED"})
    console.open(f"sim/{SIM}")
    console.page.get_by_label("SMS from the device").fill("21.5 degrees")
    console.press("Send from the device")
    console.page.locator(".bubble.mo", has_text="21.5 degrees").wait_for()
    assert [one["payload"] for one in control("GET", f"/messages?iccid={SIM}&direction=MO")["messages"]] == [
        "21.5 degrees"
    ]


def test_the_fleet_follows_the_world_and_its_tiles_filter(console: Any, control: Any) -> None:
    """A device that goes online is counted without a reload, and is on the list of those online."""
    console.open("fleet")
    tile = console.page.get_by_role("button", name="online", exact=False).first
    before = int(tile.locator("strong").inner_text())
    control("POST", f"/sims/{SIM}/device", {"status": "ONLINE"})
    console.page.wait_for_function(
        "count => document.querySelector('.tile strong').textContent == count", arg=str(before + 1)
    )
    tile.click()
    console.page.get_by_role("link", name=SIM).wait_for()


def test_the_search_finds_a_sim_by_any_of_its_numbers(console: Any, control: Any) -> None:
    """A part of the IMSI leaves one row, whose link leads to the SIM."""
    imsi = control("GET", f"/sims/{SIM}")["imsi"]
    console.open("fleet")
    console.page.get_by_label("Search SIMs").fill(imsi[3:])
    console.page.get_by_text("1 SIM", exact=True).wait_for()
    console.page.get_by_role("link", name=SIM).click()
    console.page.get_by_role("heading", level=1, name="Tracker 3, Aachen").wait_for()


def test_a_failing_webhook_shows_why_and_can_be_tried_again(console: Any, control: Any) -> None:
    """Nobody listens at the demo world's webhook: the callback says so, and a retry is one press."""
    control("POST", f"/sims/{SIM}/device", {"status": "ATTACHED"})
    control("POST", f"/sims/{SIM}/mo", {"payload": "hello"})
    console.open("callbacks?fate=owed")
    row = console.page.locator("tr[data-open]").first
    row.wait_for()
    row.click()
    console.page.get_by_text("Try 1").wait_for()
    console.press("Retry now")
    console.page.get_by_text("Try 2").wait_for()


def test_a_data_stream_is_created_paused_and_removed(console: Any, control: Any) -> None:
    """As in the operator's portal; what waits is counted as it happens."""
    console.open("data-streams")
    console.see("No data streams.")
    console.page.get_by_label("URL of your endpoint").fill("http://127.0.0.1:9/events")
    console.page.get_by_label("Basic header").fill("dXNlcjpwYXNzd29yZA==")
    console.press("Create the stream")
    console.press("Pause stream 1")
    console.see("Paused")
    control("POST", f"/sims/{SIM}/device", {"status": "ATTACHED"})
    console.page.locator("td[data-head=Backlog]", has_text="2").wait_for()
    console.press("Remove stream 1")
    console.see("No data streams.")
    assert control("GET", "/data-streams")["data_streams"] == []


def test_a_data_stream_that_failed_shows_why_and_is_restarted(console: Any, control: Any) -> None:
    """Nobody listens at its endpoint: the attempts say so, and it can be restarted."""
    control("PUT", "/clock", {"mode": "manual"})
    stream = {"organisation": 4321, "kind": "events", "generation": "ds2", "url": "http://127.0.0.1:9/events"}
    control("POST", "/data-streams", {**stream, "authorization": "dXNlcjpwYXNzd29yZA=="})
    control("POST", f"/sims/{SIM}/device", {"status": "ATTACHED"})
    control("POST", "/clock/advance", {"seconds": 3600})
    console.open("data-streams")
    console.see("Failed")
    console.page.locator("tr[data-open='1']").click()
    console.page.locator(".tries li", has_text="connection refused").first.wait_for()
    console.press("Restart stream 1")
    console.see("Running")


def test_a_fault_is_armed_and_removed(console: Any, control: Any) -> None:
    """A predefined fault is one press, and so is its removal."""
    console.open("faults")
    console.press("maintenance")
    console.page.get_by_role("button", name="Remove maintenance").wait_for()
    assert [one["name"] for one in control("GET", "/faults")["faults"]] == ["maintenance"]
    console.press("Remove maintenance")
    console.see("No active faults.")


def test_a_fault_of_a_data_stream_is_built(console: Any, control: Any) -> None:
    """An effect that has no value asks for none; the next one asks for a number."""
    console.open("faults")
    console.page.get_by_label("Name").fill("again")
    console.page.get_by_label("Where").select_option("data-stream")
    console.page.get_by_label("What").select_option("twice")
    console.page.get_by_label("Value").wait_for(state="detached")
    console.press("Add the fault")
    console.page.get_by_role("button", name="Remove again").wait_for()
    console.page.get_by_label("Name").fill("full")
    console.page.get_by_label("What").select_option("records")
    console.page.get_by_label("Value").wait_for()
    console.press("Add the fault")
    console.page.get_by_role("button", name="Remove full").wait_for()
    assert [one["effect"] for one in control("GET", "/faults")["faults"]] == [{"twice": True}, {"records": 3000}]


def test_the_clock_jumps(console: Any, control: Any) -> None:
    """An hour passes at a press, and the page says how many jobs ran."""
    console.open("clock")
    before = control("GET", "/clock")["now"]
    console.press("1 hour")
    console.page.get_by_text("ran.").first.wait_for()
    assert control("GET", "/clock")["now"][:13] != before[:13]


def test_a_snapshot_is_saved_and_restored(console: Any, control: Any) -> None:
    """What happened after it was saved has not happened."""
    console.open("snapshots")
    console.page.get_by_label("Name of the snapshot").fill("before")
    console.press("Save the world")
    console.see("Saved as before.")
    control("POST", f"/sims/{SIM}/device", {"status": "ONLINE"})
    console.press("Restore before")
    console.see("World restored from before.")
    assert control("GET", f"/sims/{SIM}")["device"]["status"] == "OFFLINE"
    control("DELETE", "/snapshots/before")


def test_the_journal_shows_calls_as_they_come(console: Any, control: Any) -> None:
    """A call of the operator's API appears by itself, with its answer and a curl line."""
    import httpx

    console.open("journal")
    console.see("Nothing went over the wire yet.")
    httpx.get(f"{console.base}/management-api/v1/sims", timeout=30)
    console.page.get_by_text("GET /management-api/v1/sims").wait_for()
    console.page.locator("tr[data-open]").first.click()
    console.page.get_by_role("button", name="Copy as curl").wait_for()


def test_a_webhook_is_configured(console: Any, control: Any) -> None:
    """The URL is saved for its organisation."""
    console.open("configuration")
    form = console.page.locator("form[data-id='5136']")
    form.locator("input[name=url]").fill("http://127.0.0.1:9/sms")
    form.get_by_role("button", name="Save").click()
    console.see("Callbacks go to http://127.0.0.1:9/sms.")
    assert control("GET", "/organisations/5136")["forwarder"] == "http://127.0.0.1:9/sms"


def test_a_broken_connection_is_resumed(console: Any, control: Any) -> None:
    """While the network is away the page says so; afterwards it shows what happened meanwhile."""
    console.open(f"sim/{SIM}")
    console.see("The device is switched off.")
    console.page.context.set_offline(True)
    control("POST", f"/sims/{SIM}/device", {"status": "ATTACHED"})
    console.page.context.set_offline(False)
    console.see("The device can receive SMS.")
    console.problems.clear()  # the browser logs that it was offline


def test_the_keyboard_is_enough(console: Any, control: Any) -> None:
    """From the start of the page, tabs and Enter open the view of messages."""
    console.open("fleet")
    console.page.locator("main h1").wait_for()
    console.page.keyboard.press("Tab")
    console.page.keyboard.press("Tab")
    console.page.keyboard.press("Tab")
    console.page.keyboard.press("Tab")
    console.page.keyboard.press("Enter")
    console.page.get_by_role("heading", level=1, name="Messages").wait_for()


def test_the_pages_policy_allows_nothing_from_elsewhere(console: Any) -> None:
    """No inline script or style, no other host, no frame around it."""
    answer = console.page.goto(f"{console.base}/_emulator/ui/")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy


def test_no_module_makes_markup_of_text() -> None:
    """Nothing in the console assigns HTML."""
    from importlib.resources import files

    modules = [*files("operator_emulator.console").joinpath("assets").rglob("*.js")]  # type: ignore[attr-defined]
    assert len(modules) > 10
    for module in modules:
        assert not {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"} & set(
            module.read_text().split(".")
        )


def test_what_a_webhook_was_sent_is_one_click_away(console: Any, control: Any) -> None:
    """Each try of a callback shows its own request, and why no answer came."""
    control("POST", f"/sims/{SIM}/device", {"status": "ATTACHED"})
    control("POST", f"/sims/{SIM}/mo", {"payload": "21.5 degrees"})
    console.open("callbacks?fate=owed")
    console.page.locator("tr[data-open]").first.click()
    console.page.locator(".exchange pre", has_text="21.5 degrees").first.wait_for()


def test_the_configuration_shows_network_and_limits(console: Any) -> None:
    """As the operator's portal has it: the SMSC's number, the access points, and the monthly limits."""
    console.open("configuration")
    console.see("882285000016868")
    console.see("iot.1nce.net")
    console.see("Data limit")
