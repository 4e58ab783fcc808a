"""A batch reader of the event streams: on a schedule it sends one GET for each subscription and reads it to its end.

A public integration of the same platform is such a client (an Airflow workflow that reads two streams of Horizon
through the gateway, in production since 2025): a blocking client without an Accept header of its own, for which a 504
means that there is nothing to process, and which parses each line of a 200 as a JSON object (P§6.2, 6.4, 6.5).
"""

import asyncio
import json
from http.client import HTTPConnection
from typing import Any

from operator_emulator.core.partners import applications
from tests.portal.conftest import Server, stream_path
from tests.portal.test_stream import OnSocket

PROFILES = "profilenotification.v1"


class BatchReader:
    """Reads streams to their ends, all with one token."""

    def __init__(self, server: Server, token: str) -> None:
        self.server = server
        self.token = token

    async def fetch(self, *types: str) -> list[tuple[int, list[Any]]]:
        """The status and the events of each stream, which are read in parallel."""
        started = [await self.start(type) for type in types]
        while not all(one.done() for one in started):  # a minute of the world's time passes, in which nothing happens
            await self.server.advance(60)
            await asyncio.sleep(0)
        return [one.result() for one in started]

    async def start(self, type: str) -> asyncio.Task[tuple[int, list[Any]]]:
        """Begin to read a stream, and wait until the emulator knows of it."""
        subscription = applications.stream_id(type, "portal-demo")
        before = await self.server.connection(subscription)
        task = asyncio.create_task(asyncio.to_thread(self.read, stream_path(type)))
        while await self.server.connection(subscription) == before:
            await asyncio.sleep(0)
        return task

    def read(self, path: str) -> tuple[int, list[Any]]:
        """Raises IncompleteRead if the answer is cut off."""
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        connection.request("GET", path, headers={"Host": "portal.test", "Authorization": f"Bearer {self.token}"})
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        if answer.status != 200:
            return answer.status, []
        return answer.status, [json.loads(line) for line in body.removesuffix("\n").split("\n")]


def test_one_get_returns_the_events_that_wait_a_line_each_and_ends_cleanly(on_socket: OnSocket) -> None:
    """There is no heartbeat and no blank line between them; the last chunk comes when the stream has been idle."""

    async def story(server: Server) -> None:
        await server.happen(3)
        reader = BatchReader(server, await server.token())
        [(status, events)] = await reader.fetch("simaction.v1")
        assert status == 200
        assert [event["type"] for event in events] == ["simaction.v1"] * 3
        assert len({event["id"] for event in events}) == 3
        assert await server.owed() == 0

    on_socket(story)


def test_a_get_when_no_event_waits_returns_504(on_socket: OnSocket) -> None:
    """Until the next run; nothing has been lost."""

    async def story(server: Server) -> None:
        reader = BatchReader(server, await server.token())
        assert await reader.fetch("simaction.v1") == [(504, [])]
        await server.happen()
        reader.token = await server.token()
        [(status, events)] = await reader.fetch("simaction.v1")
        assert (status, len(events)) == (200, 1)

    on_socket(story)


def test_two_subscriptions_are_read_in_parallel_with_one_token(on_socket: OnSocket) -> None:
    """One has events, the other has none."""

    async def story(server: Server) -> None:
        await server.happen(2)
        reader = BatchReader(server, await server.token())
        actions, profiles = await reader.fetch("simaction.v1", PROFILES)
        assert (actions[0], len(actions[1])) == (200, 2)
        assert profiles == (504, [])

    on_socket(story)
