"""The event stream (P§6), seen by clients at real sockets, in virtual time unless a test says otherwise."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from operator_emulator.core.partners import applications, streams
from operator_emulator.core.partners.model import Application
from operator_emulator.core.tester import synthetic_events
from operator_emulator.core.world.errors import UnknownUser
from operator_emulator.core.world.model import Fate, Notification
from operator_emulator.core.world.world import World
from tests.portal.conftest import MAIN, OTHER, Client, Portal, Server, signer, stream_path

Story = Callable[[Server], Awaitable[None]]
OnSocket = Callable[..., None]


def ids(events: list[Any]) -> list[int]:
    return [int(event["id"][-12:]) for event in events]


# --------------------------------------------------------------------------------------------- the status line


def test_the_status_line_comes_with_the_first_event(on_socket: OnSocket) -> None:
    """Until then the client gets nothing at all; then headers and event at once, chunked."""

    async def story(server: Server) -> None:
        listener = await server.listen()
        await server.advance(59)
        assert await listener.silent()
        await server.happen()
        event = await listener.event()
        assert listener.status == 200
        assert listener.headers["content-type"] == "application/stream+json"
        assert listener.headers["cache-control"] == "no-cache"
        assert listener.headers["x-accel-buffering"] == "no"
        assert listener.headers["transfer-encoding"] == "chunked"
        assert event["type"] == "simaction.v1"

    on_socket(story)


def test_a_stream_that_idles_before_any_event_is_a_real_504(on_socket: OnSocket) -> None:
    """After 60 seconds of the world's time: status, type and body of a problem."""

    async def story(server: Server) -> None:
        listener = await server.listen()
        await server.advance(60)
        assert await listener.answer() == 504
        assert listener.headers["content-type"] == "application/problem+json"
        assert json.loads(await listener.body()) == {
            "type": "https://developer.telekom.de/docs/src/tardis_customer_handbook/horizon/#error-handling",
            "title": "Gateway Timeout",
            "status": 504,
            "instance": "Horizon Pulsar",
        }

    on_socket(story)


def test_the_gateway_may_be_the_one_that_gives_up(on_socket: OnSocket) -> None:
    """A choice of policy: its body instead of the stream server's."""

    async def story(server: Server) -> None:
        listener = await server.listen()
        await server.advance(60)
        assert await listener.answer() == 504
        assert listener.headers["content-type"] == "application/json"
        assert json.loads(await listener.body()) == {"message": "The upstream server is timing out"}

    on_socket(story, stream_idle_504="kong")


def test_a_stream_that_idles_after_an_event_just_ends(on_socket: OnSocket) -> None:
    """The 200 is over with a clean last chunk, and nothing says why."""

    async def story(server: Server) -> None:
        listener = await server.listen()
        await server.happen()
        await listener.event()
        await server.advance(60)
        assert await listener.chunk() == b""

    on_socket(story)


def test_each_event_starts_the_minute_anew(on_socket: OnSocket) -> None:
    """Sixty seconds are idle time, not a lifetime."""

    async def story(server: Server) -> None:
        listener = await server.listen()
        for _ in range(3):
            await server.advance(50)
            await server.happen()
            await listener.event()
        await server.advance(59)
        assert await listener.silent()
        await server.advance(1)
        assert await listener.chunk() == b""

    on_socket(story)


def test_a_leap_in_time_ends_a_stream_where_it_would_have_ended(on_socket: OnSocket) -> None:
    """What happened within the minute is for it; what happened after is for the next connection."""

    async def story(server: Server) -> None:
        listener = await server.listen()
        for after in (30, 80, 200):
            await server.app.engine.write(ask_for_event, after)
        await server.advance(300)
        assert (await listener.event())["data"]["signupID"] == "0030"
        assert (await listener.event())["data"]["signupID"] == "0080"
        assert await listener.chunk() == b""
        assert await server.owed() == 1

    def ask_for_event(world: World, after: int) -> None:
        event = synthetic_events.make(world, "simaction.v1", MAIN, {"signupID": f"{after:04}"})
        for row in world.notifications.find(event=event.id):
            world.notifications.put(replace(row, created=row.created + timedelta(seconds=after)))

    on_socket(story)


def test_the_status_may_be_committed_at_once(on_socket: OnSocket) -> None:
    """A comfort that the operator does not offer, and a policy does."""

    async def story(server: Server) -> None:
        listener = await server.listen()
        assert await listener.answer() == 200
        await server.advance(60)
        assert await listener.chunk() == b""

    on_socket(story, stream_commit="immediate")


def test_in_real_time_the_limit_follows_the_pace_of_the_clock(on_socket: OnSocket) -> None:
    """A clock that runs 600 times faster makes a tenth of a second of the minute."""

    async def story(server: Server) -> None:
        listener = await server.listen()
        # The app's real time is the test's own, so that only the stream's waiting is real.
        server.app.real = server.app.real.replace(minute=1)
        assert await listener.answer() == 504

    on_socket(story, rate=600)


# --------------------------------------------------------------------------------------------- two connections


def test_the_newest_connection_wins(on_socket: OnSocket) -> None:
    """The older one ends normally, with an empty body if it had sent nothing; the newer one gets the events."""

    async def story(server: Server) -> None:
        older = await server.listen()
        newer = await server.listen()
        assert await older.answer() == 200
        assert await older.chunk() == b""
        await server.happen()
        assert (await newer.event())["data"]["partnerID"] == MAIN

    on_socket(story)


def test_streams_of_different_types_do_not_disturb_each_other(on_socket: OnSocket) -> None:
    """One for each event type is the normal case."""

    async def story(server: Server) -> None:
        listeners = {type: await server.listen(type=type) for type in applications.STREAMS}
        for type in applications.STREAMS:
            await server.app.engine.write(synthetic_events.make, type, MAIN, {})
        for type, listener in listeners.items():
            assert (await listener.event())["type"] == type

    on_socket(story)


def test_terminate_ends_the_stream(on_socket: OnSocket) -> None:
    """200, an empty body, and the stream is over."""

    async def story(server: Server) -> None:
        listener = await server.listen()
        token = f"Bearer {await server.token()}"
        answer = await server.request("POST", stream_path() + "/terminate", Authorization=token)
        assert await answer.answer() == 200
        assert await answer.body() == b""
        assert await listener.answer() == 200
        assert await listener.chunk() == b""

    on_socket(story)


def test_a_head_cuts_a_running_stream(on_socket: OnSocket) -> None:
    """It goes the way of GET, and so claims the connection; it takes no event."""

    async def story(server: Server) -> None:
        listener = await server.listen()
        head = await server.request("HEAD", stream_path(), Authorization=f"Bearer {await server.token()}")
        assert await head.answer() == 200
        assert await listener.answer() == 200
        assert await listener.chunk() == b""
        await server.happen()
        assert await server.owed() == 1

    on_socket(story)


def test_a_deleted_application_loses_its_stream(on_socket: OnSocket) -> None:
    """Its subscription is gone."""

    async def story(server: Server) -> None:
        listener = await server.listen()
        await server.app.engine.write(applications.remove_application, "portal-demo")
        assert await listener.answer() == 200
        assert await listener.chunk() == b""

    on_socket(story)


def test_a_reset_of_the_world_ends_its_streams(on_socket: OnSocket) -> None:
    """They are of a world that is no more."""

    async def story(server: Server) -> None:
        listener = await server.listen()
        await server.app.engine.reset()
        assert await listener.answer() == 200
        assert await listener.chunk() == b""

    on_socket(story)


def test_a_server_that_stops_ends_its_streams(on_socket: OnSocket) -> None:
    """At once, and as streams end; it would wait for them otherwise."""

    async def story(server: Server) -> None:
        listener, busy = await server.listen(), await server.listen(type="profilenotification.v1")
        await server.app.engine.write(synthetic_events.make, "profilenotification.v1", MAIN, {})
        await busy.event()
        server.server.should_exit = True
        assert await listener.answer() == 200
        assert await listener.chunk() == b""
        assert await busy.chunk() == b""

    on_socket(story)


def test_200_streams_at_once(on_socket: OnSocket) -> None:
    """Each gets its own events, and all of them end when they idle."""

    async def story(server: Server) -> None:
        names = [f"app-{n:03}" for n in range(200)]
        for name in names:
            application = Application(client_id=name, client_secret=name, partner=MAIN)
            await server.app.engine.write(applications.add_application, application)
        listeners = [await server.listen(name) for name in names]
        await server.happen(3)
        for listener in listeners:
            assert ids([await listener.event() for _ in range(3)]) == [706409461, 706409462, 706409463]
        await server.advance(60)
        for listener in listeners:
            assert await listener.chunk() == b""

    on_socket(story)


# --------------------------------------------------------------------------------------------- nothing is lost


def test_missed_events_come_first_and_oldest_first(on_socket: OnSocket) -> None:
    """A burst on connecting, in batches, then what happens from then on."""

    async def story(server: Server) -> None:
        await server.happen(5)
        listener = await server.listen()
        await server.happen(2)
        events = [await listener.event() for _ in range(7)]
        assert ids(events) == list(range(706409461, 706409468))
        assert await server.owed() == 0

    on_socket(story, stream_batch=2)


def test_a_client_that_hangs_up_and_returns_gets_the_missed_events(on_socket: OnSocket) -> None:
    """Nothing is marked as delivered after a disconnect, so nothing is lost to a client that was told of it."""

    async def story(server: Server) -> None:
        await server.happen()
        first = await server.listen()
        assert ids([await first.event()]) == [706409461]
        first.hang_up()
        await server.happen(3)
        second = await server.listen()
        assert ids([await second.event() for _ in range(3)]) == [706409462, 706409463, 706409464]

    on_socket(story)


def test_a_client_that_never_reads_holds_up_only_itself(on_socket: OnSocket) -> None:
    """Its events stay owed in the world, not in memory; time goes on, and a second connection gets what it missed."""

    async def story(server: Server) -> None:
        deaf = await server.listen()
        deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]
        filler = "x" * 100_000
        for _ in range(20):
            await server.happen(10, message=filler)
            await server.advance(1)
        left = await server.owed()
        assert left > 50, "socket buffers swallow some; the rest must wait"
        await server.happen()
        second = await server.listen()
        events = [await second.event() for _ in range(left)]
        assert len(set(ids(events))) == left
        assert ids(events) == sorted(ids(events))
        assert (await second.event())["data"]["message"] != filler

    on_socket(story)


def test_nothing_is_delivered_to_a_client_that_hung_up(on_socket: OnSocket) -> None:
    """The write that finds the client gone settles nothing."""

    async def story(server: Server) -> None:
        listener = await server.listen()
        listener.hang_up()
        while len(server.app.journal) < 2:  # the token, and the stream once it is over
            await asyncio.sleep(0)
        await server.happen()
        assert await listener.silent()
        assert await server.owed() == 1

    on_socket(story)


def test_an_application_that_came_later_gets_what_happens_from_then_on(client: Client) -> None:
    """A subscription has no past."""
    client.do(synthetic_events.make, "simaction.v1", MAIN, {})
    client.do(applications.add_application, Application(client_id="late", client_secret="late", partner=MAIN))
    client.do(synthetic_events.make, "simaction.v1", MAIN, {})
    assert len(client.events("late")) == 1
    assert len(client.events()) == 2


def test_after_seven_days_it_is_lost(client: Client) -> None:
    """Who comes within them gets it; who comes later does not."""
    client.do(synthetic_events.make, "simaction.v1", MAIN, {})
    client.advance(7 * 86400 - 3600)
    client.do(synthetic_events.make, "simaction.v1", MAIN, {})
    client.advance(7200)
    assert len(client.events()) == 1


def test_an_application_sees_its_partner_and_a_subunit_user_its_subunits(client: Client) -> None:
    """P§6.5: scoping, assumed."""
    for partner in (MAIN, "100014", OTHER):
        client.do(synthetic_events.make, "simaction.v1", partner, {})
    seen = {
        name: [event["data"]["partnerID"] for event in client.events(name)]
        for name in ("portal-demo", "branch", "other")
    }
    assert seen == {"portal-demo": [MAIN, "100014"], "branch": ["100014"], "other": [OTHER]}


# --------------------------------------------------------------------------------------------- framing


@pytest.mark.parametrize(
    ("accept", "type", "frame"),
    [
        ("text/event-stream", "text/event-stream", b"data: {%s}\n\n"),
        ("application/stream+json", "application/stream+json", b"{%s}\n"),
        ("text/event-stream, */*", "application/stream+json", b"{%s}\n"),
        ("text/event-stream;charset=UTF-8", "application/stream+json", b"{%s}\n"),
        ("*/*", "application/stream+json", b"{%s}\n"),
        ("application-stream/json", "application/stream+json", b"{%s}\n"),
        ("image/png", "application/stream+json", b"{%s}\n"),
    ],
)
def test_the_accept_header_is_compared_as_a_whole(client: Client, accept: str, type: str, frame: bytes) -> None:
    """Exactly the type of server-sent events gets them; whatever else, lists too, gets a line for each event."""
    client.do(synthetic_events.make, "simaction.v1", MAIN, {})
    answer = client.stream(headers={"Accept": accept}, params={"maxNumber": 1})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == type
    begin, end = frame.split(b"%s")
    assert answer.content.startswith(begin)
    assert answer.content.endswith(end)
    assert answer.content.count(b"\n") == end.count(b"\n"), "no id, event, retry or comment lines"


# --------------------------------------------------------------------------------------------- limits and replay


def test_max_number_ends_a_stream_after_so_many_events(client: Client) -> None:
    """The rest stays owed."""
    for _ in range(3):
        client.do(synthetic_events.make, "simaction.v1", MAIN, {})
    assert len(client.stream(params={"maxNumber": 2}).text.splitlines()) == 2
    assert len(client.stream(params={"maxNumber": 1}).text.splitlines()) == 1


def test_max_bytes_ends_a_stream_once_so_many_are_written(client: Client) -> None:
    """The event that passes the limit is whole."""
    for _ in range(3):
        client.do(synthetic_events.make, "simaction.v1", MAIN, {})
    size = len(client.stream(params={"maxBytes": 1}).content)
    assert len(client.stream(params={"maxBytes": size + 1}).text.splitlines()) == 2


def test_max_minutes_ends_a_stream_whatever_happens(on_socket: OnSocket) -> None:
    """An ordinary end, even if it had nothing to send."""

    async def story(server: Server) -> None:
        short = await server.listen(query="?maxMinutes=1", type="profilenotification.v1")
        long = await server.listen(query="?maxMinutes=2")
        for _ in range(3):
            await server.advance(39)
            await server.happen()
            if not long.status or _ < 3:
                await long.event()
        await server.advance(3)
        assert await long.chunk() == b""
        assert await short.answer() == 504, "idle and spent in the same instant: idle it is"

    on_socket(story)


def test_what_is_spent_before_any_event_is_an_empty_200(on_socket: OnSocket) -> None:
    """Reaching a limit is no error."""

    async def story(server: Server) -> None:
        listener = await server.listen(query="?maxMinutes=1")
        await server.advance(61)
        assert await listener.answer() == 200
        assert await listener.chunk() == b""

    on_socket(story, stream_idle=timedelta(minutes=5))


@pytest.mark.parametrize("query", ["maxNumber=x", "maxMinutes=1.5", "maxBytes=", "includeHttpHeaders=perhaps"])
def test_limits_that_are_no_numbers_are_refused_by_the_framework(client: Client, query: str) -> None:
    """Its stock problem, not the portal's error."""
    answer = client.stream(rest=f"?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    name, _, value = query.partition("=")
    assert answer.json() == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": f"Failed to convert '{name}' with value: '{value}'",
        "instance": f"/v1/prod/sse/{applications.stream_id('simaction.v1', 'portal-demo')}",
    }


def test_http_headers_carry_the_offset_for_a_replay(client: Client) -> None:
    """Only if asked for; the offset is a UUID of its own, not the event's id."""
    client.do(synthetic_events.make, "simaction.v1", MAIN, {})
    client.do(synthetic_events.make, "simaction.v1", MAIN, {})
    bare, full = (
        client.stream(params={"maxNumber": 1, "includeHttpHeaders": asked}).json() for asked in ("false", "true")
    )
    assert "httpHeaders" not in bare
    offset = full["httpHeaders"]["x-pubsub-offset-id"][0]
    assert offset != full["id"]
    assert offset[14] == "4"


def test_last_event_id_replays_everything_newer(client: Client) -> None:
    """What was delivered included; with headers; and again, whenever it is asked for. Then it goes on with the new."""
    for _ in range(4):
        client.do(synthetic_events.make, "simaction.v1", MAIN, {})
    first = client.stream(params={"maxNumber": 3, "includeHttpHeaders": "true"}).text.splitlines()
    offset = json.loads(first[0])["httpHeaders"]["x-pubsub-offset-id"][0]
    for _ in range(2):
        again = client.events(headers={"Last-Event-ID": offset})
        assert ids(again) == [706409462, 706409463, 706409464]
        assert all("httpHeaders" in event for event in again)


def test_an_unknown_last_event_id_changes_nothing_but_the_headers(client: Client) -> None:
    """Neither an event's id nor nonsense is an offset, nor is another stream's."""
    client.do(synthetic_events.make, "simaction.v1", MAIN, {})
    event = client.events(headers={"Last-Event-ID": "nonsense"})
    assert "httpHeaders" in event[0]
    foreign = client.stream("reader", params={"maxNumber": 1, "includeHttpHeaders": "true"}).json()
    for unknown in (
        event[0]["id"],
        foreign["httpHeaders"]["x-pubsub-offset-id"][0],
        "5c3f9f0e-3b0a-4b43-9a67-6a6f2e6c1d20",
    ):
        client.do(synthetic_events.make, "simaction.v1", MAIN, {})
        assert len(client.events(headers={"Last-Event-ID": unknown})) == 1


def test_offsets_encode_their_notification_and_look_random(client: Client) -> None:
    """Found without searching; a digit changed is another offset."""
    client.do(synthetic_events.make, "simaction.v1", MAIN, {})
    row: Notification = client.do(lambda world: world.notifications.find(fate=Fate.OWED, order="id")[0])
    offset = client.do(streams.offset_of, row.id)
    assert client.do(streams.find_offset, row.subscription, offset.upper()) == row.id
    changed = ("0" if offset[0] != "0" else "1") + offset[1:]
    assert client.do(streams.find_offset, row.subscription, changed) is None


# --------------------------------------------------------------------------------------------- whose stream


@pytest.mark.parametrize("client_id", ["other", "portal-demo-2"])
def test_another_applications_stream_and_an_unknown_one_are_both_forbidden(client: Client, client_id: str) -> None:
    """403 as a problem, never 404."""
    for method, rest in (("GET", ""), ("HEAD", ""), ("POST", "/terminate")):
        token = client.token()
        answer = client.http.request(
            method, stream_path(client=client_id) + rest, headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/problem+json"
        if method != "HEAD":
            assert answer.json()["title"] == "Forbidden"


def test_a_stream_under_another_event_type_is_forbidden(client: Client) -> None:
    """The id belongs to one type."""
    path = stream_path().replace("simaction.v1", "profilenotification.v1")
    answer = client.http.get(path, headers={"Authorization": f"Bearer {client.token()}"})
    assert answer.status_code == 403


def test_an_unknown_event_type_is_no_route_of_the_gateway(client: Client) -> None:
    """Not even a token is asked for."""
    answer = client.http.get("/horizon/sse/v1/simactions.v1/0")
    assert (answer.status_code, answer.json()) == (404, {"message": "no Route matched with those values"})
    assert client.http.get("/horizon/sse").status_code == 404


def test_no_token_no_stream(client: Client) -> None:
    """The gateway says so."""
    answer = client.http.get(stream_path())
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})


def test_a_token_is_looked_at_when_connecting_only(on_socket: OnSocket) -> None:
    """A busy stream outlives the five minutes of its token."""

    async def story(server: Server) -> None:
        listener = await server.listen()
        for _ in range(7):
            await server.advance(50)
            await server.happen()
            await listener.event()

    on_socket(story)


def test_a_read_only_application_may_listen(client: Client) -> None:
    """It looks, and changes nothing."""
    client.do(synthetic_events.make, "simaction.v1", MAIN, {})
    assert len(client.events("reader")) == 1


def test_removing_an_unknown_application_is_refused(client: Client) -> None:
    """There is nothing to take away."""
    with pytest.raises(UnknownUser):
        client.do(applications.remove_application, "nobody")


# --------------------------------------------------------------------------------------------- in the middle of things


class Hand:
    """A client that is called instead of calling: ``meanwhile`` happens while the server sends its first event."""

    def __init__(self, meanwhile: Callable[["Hand"], Awaitable[None]]) -> None:
        self.app = Portal()
        self.meanwhile = meanwhile
        self.pieces: list[bytes] = []
        self.ended = False
        self.gone = asyncio.Event()

    async def receive(self) -> Any:
        if not self.gone.is_set():
            await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message.get("body"):
            self.pieces.append(message["body"])
            if len(self.pieces) == 1:
                await self.meanwhile(self)
        self.ended = message["type"] == "http.response.body" and not message["more_body"]

    async def call(self, events: int = 3) -> int:
        """Open a stream with so many events; answer how many are still owed when it is over."""
        await self.app.engine.start()
        emulator = self.app.engine
        for _ in range(events):
            await emulator.write(synthetic_events.make, "simaction.v1", MAIN, {})
        claims = {"exp": 2**32, "iss": "http://portal.test/auth/realms/default", "clientId": "portal-demo"}
        token = signer().sign(claims)
        scope = {
            "type": "http",
            "method": "GET",
            "scheme": "http",
            "server": ("portal.test", 80),
            "client": None,
            "path": stream_path(),
            "query_string": b"",
            "headers": [(b"host", b"portal.test"), (b"authorization", f"Bearer {token}".encode())],
        }
        await asyncio.wait_for(self.app(scope, self.receive, self.send), 5)
        rows = await emulator.read(lambda world: world.notifications.find(fate=Fate.OWED))
        await emulator.stop()
        return sum(row.subscription == applications.stream_id("simaction.v1", "portal-demo") for row in rows)


def test_an_event_that_is_being_written_when_the_client_hangs_up_stays_owed() -> None:
    """As does everything after it."""

    async def hang_up(hand: Hand) -> None:
        hand.gone.set()

    hand = Hand(hang_up)
    assert asyncio.run(hand.call()) == 3
    assert (len(hand.pieces), hand.ended) == (1, False)


def test_a_stream_that_is_superseded_in_a_batch_stops_there() -> None:
    """What it had begun to write is delivered; the rest is the newer one's."""

    async def supersede(hand: Hand) -> None:
        caller = await hand.app.engine.read(applications.enter, "portal-demo")
        subscription = applications.stream_id("simaction.v1", "portal-demo")
        await hand.app.engine.write(streams.connect, caller, "simaction.v1", subscription)

    hand = Hand(supersede)
    assert asyncio.run(hand.call()) == 2
    assert (len(hand.pieces), hand.ended) == (1, True)


def test_a_stream_whose_world_begins_again_in_a_batch_stops_there() -> None:
    """Its events are of a world that is no more."""

    async def reset(hand: Hand) -> None:
        await hand.app.engine.reset()

    hand = Hand(reset)
    assert asyncio.run(hand.call()) == 0
    assert (len(hand.pieces), hand.ended) == (1, True)
