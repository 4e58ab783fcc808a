"""A service portal for tests: two partners with SIMs in every state, manual time, and tokens."""

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
import uvicorn
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from operator_emulator import resources
from operator_emulator.core.customers.model import Organisation
from operator_emulator.core.network import device
from operator_emulator.core.network.model import DeviceStatus
from operator_emulator.core.partners import applications, contracts
from operator_emulator.core.partners.model import (
    Application,
    ContractState,
    Partner,
    Pool,
    PoolType,
    Profile,
    Restriction,
    Threshold,
)
from operator_emulator.core.tester import synthetic_events
from operator_emulator.core.world.model import Clock, Fate, Origin
from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.world import World
from operator_emulator.portal.context import BASE
from operator_emulator.portal.context import Portal as Context
from operator_emulator.portal.keys import Signer
from operator_emulator.portal.surface import build
from operator_emulator.runtime.engine import Engine
from operator_emulator.runtime.journal import Journal
from operator_emulator.runtime.sender import OutboundRequest, Reply, Sender
from operator_emulator.serving import Protocol
from operator_emulator.store.sqlite.store import SqliteStore
from operator_emulator.web.context import RequestContext
from operator_emulator.web.journaled import Journaled
from operator_emulator.web.openapi import Document

BEGAN = datetime(2026, 3, 10, 12, tzinfo=UTC)
MAIN, BRANCH, OTHER = "100013", "100014", "100017"
ORDERED, INACTIVE, TEST, ACTIVE, SUSPENDED, BLOCKED, TERMINATED = (f"894902000000000000{n}" for n in range(1, 8))
BRANCHED, FOREIGN, ESIM = (f"894902000000000000{n}" for n in (8, 9, 0))
STATES = dict(zip((ORDERED, INACTIVE, TEST, ACTIVE, SUSPENDED, BLOCKED, TERMINATED), ContractState, strict=True))
EID = "89049032000000000000000000012345"
ORGANISATION = 4321
TOKEN = "/auth/realms/default/protocol/openid-connect/token"


def plant(world: World) -> None:
    world.clocks.put(Clock(world.real, BEGAN, rate=0))
    world.origins.put(Origin(7, BEGAN))
    world.organisations.put(Organisation(id=ORGANISATION, name="Example Fleet"))
    plant_partners(world)


def plant_partners(world: World) -> None:
    """Two partners, one with a subunit; applications, pools and profiles; SIMs in every state."""
    for position, (id, name, parent) in enumerate(
        ((MAIN, "Main Test Company", None), (BRANCH, "Branch", MAIN), (OTHER, "Secondary Test Company", None))
    ):
        world.partners.put(Partner(id=id, name=name, parent=parent, position=position))
    for name, how in {
        "portal-demo": {"partner": MAIN},
        "reader": {"partner": MAIN, "read_only": True},
        "branch": {"partner": MAIN, "subunits": (BRANCH,)},
        "at-home": {"partner": MAIN, "ip_whitelist": ("192.0.2.1", "192.0.2.2")},
        "other": {"partner": OTHER},
    }.items():
        applications.add_application(world, Application(client_id=name, client_secret=name, **how))  # type: ignore[arg-type]
    for iccid, state in STATES.items():
        contracts.sign(world, MAIN, iccid, state, organisation=ORGANISATION if iccid == ACTIVE else None)
    contracts.sign(world, BRANCH, BRANCHED, ContractState.ACTIVE)
    contracts.sign(world, OTHER, FOREIGN, ContractState.ACTIVE)
    contracts.sign(
        world, MAIN, ESIM, ContractState.INACTIVE, sim_type="VIRTUAL", euiccid=EID, eid_profile_status="RELEASED"
    )
    for kind, size in (("DATA", 10), ("SMS", 4), ("VOICE", 100)):
        pool = Pool(id=kind, partner=MAIN, name=f"{kind.capitalize()} Pool", type=PoolType(kind), size=size)
        world.pools.put(replace(pool, position=len(world.pools.find())))
    for profile in (
        Profile(
            id="708529655",
            partner=MAIN,
            name="Sessions",
            kind="limit",
            thresholds={"sessions": Threshold(2, 5), "usage": Threshold(None, 3)},
            restriction=Restriction.DATA,
        ),
        Profile(
            id="708529656",
            partner=MAIN,
            name="Fraud",
            kind="fraud",
            device=True,
            homes=("DE", "AT"),
            restriction=Restriction.SPEED,
        ),
        Profile(
            id="708529657",
            partner=MAIN,
            name="Cost",
            kind="cost",
            thresholds={"sms": Threshold(0.2, 0.5)},
            prices={"sms": 0.1},
        ),
        Profile(id="708529658", partner=MAIN, name="APN", kind="apn", apn="b2b.dtag.test"),
        Profile(
            id="708529659",
            partner=MAIN,
            name="Usage on one APN",
            kind="limit",
            thresholds={"usage": Threshold(1, 2)},
            restriction=Restriction.DATA,
            apn="b2b.dtag.test",
        ),
        Profile(id="708529660", partner=OTHER, name="Foreign", kind="limit"),
    ):
        world.profiles.put(profile)


async def nobody(message: OutboundRequest) -> Reply:
    raise AssertionError("nothing is pushed to a partner")


@cache
def descriptions() -> tuple[Document, Document]:
    return (
        Document.load(resources.spec("portal.yaml"), base=BASE, raises=True),
        Document.load(resources.spec("portal-events.yaml"), raises=True),
    )


@cache
def signer() -> Signer:
    return Signer()


class Portal:
    """The portal as an ASGI app, its emulator and its journal; and as its customers see it."""

    def __init__(self, rate: float = 0, **policy: Any) -> None:
        self.policy = Policy(**policy)
        self.journal = Journal()
        self.engine = Engine(
            SqliteStore(None, self.policy),
            Sender(nobody, {}, self.journal, self.policy, self.now),
            self.plant,
            self.now,
        )
        self.rate = rate
        self.real = BEGAN
        apps = build(Context(*descriptions(), self.policy, signer()))
        self._surfaces = {prefix: Journaled(app, self.journal) for prefix, app in apps.items()}
        self._rest = Starlette(lifespan=self._lifespan)

    def now(self) -> datetime:
        return self.real

    def plant(self, world: World) -> None:
        plant(world)
        world.clocks.put(replace(world.clock, rate=self.rate))

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        await self.engine.start()
        running = asyncio.create_task(self.engine.run())
        yield
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await self.engine.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: ASGIApp = self._rest
        if scope["type"] == "http":
            scope["context"] = RequestContext(engine=self.engine)
            app = next(app for prefix, app in self._surfaces.items() if scope["path"].startswith(prefix))
        await app(scope, receive, send)


def stream_path(type: str = "simaction.v1", client: str = "portal-demo") -> str:
    return f"/horizon/sse/v1/{type}/{applications.stream_id(type, client)}"


class Client:
    """An application of a partner, over HTTP."""

    def __init__(self, app: Portal, http: TestClient) -> None:
        self.app = app
        self.http = http
        self._tokens: dict[str, str] = {}

    # ---------------------------------------------------------------------------------- HTTP

    def ask_token(self, client: str = "portal-demo", **form: Any) -> Any:
        data = {
            "grant_type": "client_credentials",
            "client_id": client,
            "client_secret": client,
            "scope": "openid profile",
            **form,
        }
        return self.http.post(TOKEN, data={name: value for name, value in data.items() if value is not None})

    def token(self, client: str = "portal-demo") -> str:
        if client not in self._tokens:
            answer = self.ask_token(client)
            assert answer.status_code == 200, answer.text
            self._tokens[client] = answer.json()["access_token"]
        return self._tokens[client]

    def call(self, method: str, path: str, *, as_: str = "portal-demo", partner: str = MAIN, **how: Any) -> Any:
        """Call a resource of a partner; the response comes back as it is."""
        headers = {"Authorization": f"Bearer {self.token(as_)}", **how.pop("headers", {})}
        return self.http.request(method, f"{BASE}/partners/{partner}{path}", headers=headers, **how)

    def get(self, path: str, **how: Any) -> Any:
        """The JSON of a GET that must succeed."""
        return self.succeed("GET", path, 200, **how)

    def post(self, path: str, body: Any = None, status: int = 200, **how: Any) -> Any:
        """The JSON of a POST that must succeed."""
        return self.succeed("POST", path, status, **({} if body is None else {"json": body}), **how)

    def succeed(self, method: str, path: str, status: int, **how: Any) -> Any:
        answer = self.call(method, path, **how)
        assert answer.status_code == status, answer.text
        return answer.json()

    def refused(self, method: str, path: str, status: int, **how: Any) -> Any:
        """The JSON of a call that must be refused with *status*."""
        answer = self.call(method, path, **how)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/json"
        return answer.json()

    def act(self, kind: str, *iccids: str, status: int = 202, as_: str = "portal-demo", **parameters: Any) -> Any:
        """Start an action on SIMs by their ICCIDs."""
        body = {"sims": [{"iccid": iccid} for iccid in iccids], **parameters}
        return self.post(f"/sims/actions/{kind}", body, status, as_=as_)

    def done(self, kind: str, *iccids: str, **parameters: Any) -> Any:
        """An action, and what became of it."""
        signup = self.act(kind, *iccids, **parameters)["signupId"]
        self.advance(5)
        return self.get(f"/sims/actions/{signup}")

    def sim(self, iccid: str = ACTIVE) -> Any:
        return self.get(f"/sims/{iccid}")

    # ---------------------------------------------------------------------------------- the world

    def run(self, work: Any, *args: Any) -> Any:
        assert self.http.portal is not None
        return self.http.portal.call(work, *args)

    def advance(self, seconds: float = 0) -> int:
        self._tokens.clear()  # they live for five minutes of the world's time
        ran: int = self.run(self.app.engine.advance, timedelta(seconds=seconds))
        return ran

    def do(self, verb: Any, *args: Any, **kwargs: Any) -> Any:
        async def write() -> Any:
            return await self.app.engine.write(verb, *args, **kwargs)

        return self.run(write)

    def device(self, iccid: str = ACTIVE, status: str = "ONLINE", **how: Any) -> Any:
        return self.do(device.set_status, iccid, DeviceStatus(status), **how)

    def events(self, as_: str = "portal-demo", type: str = "simaction.v1", **how: Any) -> list[Any]:
        """What a stream has for the application, fetched until it is idle."""
        answer = self.until_idle(as_, type, **how)
        return [json.loads(line) for line in answer.text.splitlines()] if answer.status_code == 200 else []

    def until_idle(self, as_: str = "portal-demo", type: str = "simaction.v1", **how: Any) -> Any:
        """The whole answer of a stream that idles to its end, a minute of the world's time later."""
        found: list[Any] = []
        self.token(as_)
        fetching = threading.Thread(target=lambda: found.append(self.stream(as_, type, **how)))
        fetching.start()
        while fetching.is_alive():
            self.run(self.app.engine.advance, timedelta(seconds=61))
            fetching.join(0.01)
        self._tokens.clear()
        return found[0]

    def stream(self, as_: str = "portal-demo", type: str = "simaction.v1", rest: str = "", **how: Any) -> Any:
        """The answer of a stream once it is over."""
        headers = {"Authorization": f"Bearer {self.token(as_)}", **how.pop("headers", {})}
        return self.http.request(how.pop("method", "GET"), stream_path(type, as_) + rest, headers=headers, **how)


@pytest.fixture
def make_client() -> Iterator[Any]:
    """Make a portal with some choices of policy: ``make_client(single_sim_conflict="409")``."""
    with contextlib.ExitStack() as stack:

        def make(rate: float = 0, address: tuple[str, int] = ("192.0.2.1", 50000), **policy: Any) -> Client:
            app = Portal(rate, **policy)
            http = stack.enter_context(TestClient(app, base_url="http://portal.test", client=address))
            return Client(app, http)

        yield make


@pytest.fixture
def client(make_client: Any) -> Client:
    """The portal with the default policy, seen by the application ``portal-demo``."""
    made: Client = make_client()
    return made


# --------------------------------------------------------------------------------------------- real sockets


PATIENCE = 60  # seconds of real time, after which a test fails instead of waiting for what does not come


class Listener:
    """One end of a socket at which a stream comes in."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.status = 0
        self.headers: dict[str, str] = {}

    async def answer(self) -> int:
        """The status, when the head of the answer is there."""
        async with asyncio.timeout(PATIENCE):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        self.status = int(head[0].split()[1])
        self.headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        return self.status

    async def chunk(self) -> bytes:
        """The next piece of a chunked body; empty at its end."""
        async with asyncio.timeout(PATIENCE):
            size = int(await self.reader.readline(), 16)
            data = await self.reader.readexactly(size)
            await self.reader.readline()
        return data

    async def event(self) -> Any:
        """The next event, of a stream of lines."""
        if not self.status:
            assert await self.answer() == 200
        return json.loads(await self.chunk())

    async def body(self) -> bytes:
        """The body of an answer that is no stream."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readexactly(int(self.headers["content-length"]))

    async def silent(self) -> bool:
        """Whether nothing has come, although everything that was going to had the time to."""
        for _ in range(50):
            await asyncio.sleep(0)
        await asyncio.sleep(0.05)
        return not self.reader._buffer  # type: ignore[attr-defined]

    def hang_up(self) -> None:
        self.writer.transport.abort()


class Server:
    """A portal behind a real socket."""

    def __init__(self, app: Portal, server: uvicorn.Server) -> None:
        self.app = app
        self.port: int = server.servers[0].sockets[0].getsockname()[1]
        self.server = server
        self._listeners: list[Listener] = []

    async def request(self, method: str, path: str, body: bytes = b"", **headers: str) -> Listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        listener = Listener(reader, writer)
        self._listeners.append(listener)
        head = {"Host": "portal.test", "Content-Length": str(len(body)), **headers}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name.replace('_', '-')}: {text}" for name, text in head.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()
        return listener

    async def token(self, client: str = "portal-demo") -> str:
        form = f"grant_type=client_credentials&client_id={client}&client_secret={client}".encode()
        answer = await self.request("POST", TOKEN, form, Content_Type="application/x-www-form-urlencoded")
        await answer.answer()
        token: str = json.loads(await answer.body())["access_token"]
        return token

    async def listen(
        self, client: str = "portal-demo", type: str = "simaction.v1", query: str = "", **headers: str
    ) -> Listener:
        """Open a stream, and wait until the emulator knows of it."""
        subscription = applications.stream_id(type, client)
        before = await self.connection(subscription)
        token = f"Bearer {await self.token(client)}"
        path = stream_path(type, client) + query
        listener = await self.request("GET", path, b"", Authorization=token, **headers)
        while await self.connection(subscription) == before:
            await asyncio.sleep(0)
        return listener

    async def connection(self, subscription: str) -> int:
        row = await self.app.engine.read(lambda world: world.subscriptions.get(subscription))
        return 0 if row is None else row.connection

    async def advance(self, seconds: float = 0) -> None:
        await self.app.engine.advance(timedelta(seconds=seconds))

    async def happen(self, times: int = 1, partner: str = MAIN, **given: Any) -> None:
        """Let events of actions happen."""
        for _ in range(times):
            await self.app.engine.write(synthetic_events.make, "simaction.v1", partner, given)

    async def owed(self, client: str = "portal-demo", type: str = "simaction.v1") -> int:
        subscription = applications.stream_id(type, client)
        return await self.app.engine.read(
            lambda world: world.notifications.count(subscription=subscription, fate=Fate.OWED)
        )

    def close(self) -> None:
        for listener in self._listeners:
            listener.hang_up()


@contextlib.asynccontextmanager
async def serving(rate: float = 0, **policy: Any) -> AsyncIterator[Server]:
    app = Portal(rate, **policy)
    config = uvicorn.Config(app, port=0, lifespan="on", log_config=None, access_log=False, http=Protocol, ws="none")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
    made = Server(app, server)
    try:
        yield made
    finally:
        made.close()
        server.should_exit = True
        await running


@pytest.fixture
def on_socket() -> Callable[..., None]:
    """Run a story against a portal behind a real socket: ``on_socket(story, stream_batch=2)``."""

    def run(story: Callable[[Server], Awaitable[None]], rate: float = 0, **policy: Any) -> None:
        async def whole() -> None:
            async with asyncio.timeout(2 * PATIENCE), serving(rate, **policy) as server:
                await story(server)

        asyncio.run(whole())

    return run
