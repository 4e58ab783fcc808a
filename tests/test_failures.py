"""What a client sees when the emulator itself fails: an answer in the shape of the surface, and never plain text."""

import logging
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from starlette.testclient import TestClient

from operator_emulator.app import create_app
from operator_emulator.core.world.world import World
from operator_emulator.settings import Settings

ISSUER = "/auth/realms/default/protocol/openid-connect/token"
PARTNER = "/iot/connectivity/management/v1/partners/100013"
USER = {"auth": ("demo", "demo"), "data": {"grant_type": "client_credentials"}}
CLIENT = {"grant_type": "client_credentials", "client_id": "portal-demo", "client_secret": "portal-demo"}

RELAY = {"service", "timestamp", "message", "error", "status", "method", "traceId", "tardisTraceId"}
SPRING = {"timestamp", "status", "error", "message", "path"}


class Demo:
    """The demo world as it is served: an answer that breaks the contract does not raise."""

    def __init__(self, http: TestClient) -> None:
        self.http = http
        self.user = bearer(http.post("/management-api/oauth/token", **USER))  # type: ignore[arg-type]
        self.client = bearer(http.post(ISSUER, data=CLIENT))
        listed = http.get("/_emulator/portal/subscriptions").json()["applications"]
        demo = next(one for one in listed if one["client_id"] == "portal-demo")
        self.stream = demo["subscriptions"][0]["url"].removeprefix("http://operator.test")

    def ask(self, what: str) -> Any:
        requests: dict[str, tuple[str, str, Any]] = {
            "management": ("GET", "/management-api/v1/sims", {"headers": self.user}),
            "token": ("POST", "/management-api/oauth/token", USER),
            "portal": ("GET", PARTNER, {"headers": self.client}),
            "issuer": ("POST", ISSUER, {"data": CLIENT}),
            "stream": ("GET", self.stream, {"headers": self.client}),
            "control": ("GET", "/_emulator/sims", {}),
        }
        method, path, how = requests[what]
        return self.http.request(method, path, **how)


def bearer(answer: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def demo_app(data: Path | None = None) -> TestClient:
    return TestClient(create_app(Settings(clock="manual", data=data)), base_url="http://operator.test")


@pytest.mark.parametrize(
    ("what", "shape", "broken"),
    [
        ("management", SPRING, {"sims": {"data_quota": 7}}),
        ("token", SPRING, {"users": {"password": None}}),
        ("portal", RELAY, {"applications": {"ip_whitelist": 7}}),
        ("issuer", {"error"}, {"applications": {"client_secret": None}}),
        ("stream", RELAY, {"applications": {"ip_whitelist": 7}}),
        ("control", {"error"}, {"sims": {"data_quota": 7}}),
    ],
)
def test_an_error_that_nobody_foresaw_is_a_500_in_the_shape_of_the_surface(
    what: str, shape: set[str], broken: dict[str, dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged once, and the journal has it. The world is broken here as no verb would break it."""

    def break_rows(world: World) -> None:
        for table, changes in broken.items():
            for row in getattr(world, table).find():
                getattr(world, table).put(replace(row, **changes))

    with demo_app() as http:
        demo = Demo(http)
        http.portal.call(http.app.engine.write, break_rows)  # type: ignore[union-attr, attr-defined]
        with caplog.at_level(logging.WARNING):
            answer = demo.ask(what)
        assert answer.status_code == 500
        assert set(answer.json()) == shape
        assert [record.exc_info is not None for record in caplog.records] == [True]
        if what != "control":
            exchange = http.get("/_emulator/journal").json()["exchanges"][-1]
            assert (exchange["status"], "Error(" in exchange["problem"]) == (500, True)


@pytest.mark.parametrize(
    ("what", "table", "status"),
    [
        ("management", "sims", 503),
        ("token", "users", 503),
        ("portal", "partners", 503),
        ("issuer", "applications", 500),  # Keycloak's own for any trouble
        ("stream", "subscriptions", 503),
        ("control", "sims", 503),
    ],
)
def test_a_row_that_cannot_be_read_is_damaged(
    what: str, table: str, status: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """503; the log says which row it is and what to do, and so does the answer where the surface has room for it."""
    path = tmp_path / "world.sqlite"
    with demo_app(path) as http:
        demo = Demo(http)
    with sqlite3.connect(path) as world:
        world.execute(f"UPDATE {table} SET doc = '{{'")
    world.close()
    with demo_app(path) as http:
        demo.http = http
        answer = demo.ask(what)
        assert answer.status_code == status
        says = answer.text + caplog.text
        assert f"of {table} is damaged" in says
        assert "/_emulator/reset" in says
        assert "Traceback" not in says


@pytest.mark.parametrize("levels", [101, 300, 500, 700, 900, 1100, 50_000])
def test_a_body_that_is_nested_too_deep_is_a_400_on_every_surface(levels: int) -> None:
    """No validator and no reader meets its limit of recursion."""
    with demo_app() as http:
        demo = Demo(http)
        deep = b"[" * levels + b"]" * levels
        for path, headers, body in (
            ("/management-api/v1/orders", demo.user, deep),
            (f"{PARTNER}/sims/actions/block", demo.client, deep),
            ("/_emulator/journal/verify", {}, b'{"match": {"body": ' + deep + b"}}"),
            ("/_emulator/fixture", {}, deep),
        ):
            answer = http.post(path, content=body, headers={**headers, "Content-Type": "application/json"})
            assert answer.status_code == 400, path
            assert answer.headers["content-type"].startswith("application/json")
