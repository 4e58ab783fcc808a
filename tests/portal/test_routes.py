"""The table of paths against the description, the published facts, and requests that lead nowhere."""

import re
from typing import Any

import pytest

from operator_emulator.portal import routes
from operator_emulator.portal.context import BASE
from operator_emulator.portal.routes import Evidence
from operator_emulator.store import StoreFailure
from tests.portal.conftest import ACTIVE, MAIN, TOKEN, Client, descriptions, stream_path

MakeClient = Any
ALL = (*routes.RESOURCES, *routes.ISSUER, *routes.STREAMS)

# P§10: every name that the version history gives, and those of the identifier table.
NAMES = """
Get Partner, Get SIM List, Get SIM Details, Get SIM Session, Get SIM Session History, Get SMS History, Get API Usage,
Get Current Pool Usage, Get SIM Action List, Get SIM Action Status, SIM Action Cancellation, Create SIM Order,
Send Message, Check SIM in HLR, Reset SIM in HLR, SIM Activation, SIM Block, SIM Unblock, SIM Suspend, SIM Unsuspend,
SIM Restrict, SIM Unrestrict, SIM Termination, Enter Productive State, SIM Move, SIM Change Tariff, SIM Change Option,
SIM Book Option, SIM Terminate Option, SIM Modify Profiles, SIM Modify Remarks, Bind eUICCID, Reset Fraud Status,
Override Limit Status, Reset Limit Status, Restore Limit Status, Create SIM Transfer, Get SIM Transfer Details,
Update SIM Transfer
"""


def test_every_operation_of_the_description_has_an_endpoint() -> None:
    """And every endpoint an operation, or binding would have failed."""
    document, _ = descriptions()
    bound = {(route.operation.method, route.operation.path) for route in routes.bound(document, ALL)}
    assert bound == set(document.operations)


def test_every_published_name_is_there() -> None:
    """The version history names methods; the table has them all, and no other."""
    wanted = {" ".join(name.split()) for name in NAMES.split(",")}
    assert {one.name for one in routes.RESOURCES} == wanted


def test_every_path_says_how_sure_it_is_as_the_description_does() -> None:
    """One table, one truth."""
    document, _ = descriptions()
    for one in ALL:
        described = document.source["paths"][one.path][one.method.lower()]
        assert described["summary"].startswith(one.name) or one.evidence in (Evidence.EQUIVALENT, Evidence.GATEWAY)
        pattern = one.evidence is Evidence.PATTERN
        assert described["x-evidence"] == ("assumption" if pattern else SPELLED[one.evidence]), one


SPELLED = {
    Evidence.PUBLISHED: "published",
    Evidence.GATEWAY: "gateway",
    Evidence.EQUIVALENT: "equivalent",
    Evidence.ASSUMED: "assumption",
}


def test_the_published_paths_are_literally_these() -> None:
    """P§3: all that is known for sure."""
    published = {f"{one.method} {one.path}" for one in routes.RESOURCES if one.evidence is Evidence.PUBLISHED}
    partner = "/partners/{partnerID}"
    assert published == {
        f"GET {partner}",
        f"GET {partner}/sims",
        f"GET {partner}/sims/{{iccid}}",
        f"POST {partner}/sims/{{iccid}}/sms",
        f"GET {partner}/sims/actions/{{signupId}}",
        f"GET {partner}/sims/actions/simtransfer/{{transactionId}}",
        f"PATCH {partner}/sims/actions/simtransfer/{{transactionId}}",
    }


def test_nothing_is_called_by_its_old_name() -> None:
    """The signup id had another name before 3.6.5."""
    for document in descriptions():
        assert not re.search(r"\bactionid\b", str(document.source), re.IGNORECASE)


# --------------------------------------------------------------------------------------------- leading nowhere


def test_an_unknown_path_below_the_base_is_the_portals_404(client: Client) -> None:
    """In the words of its framework."""
    error = client.refused("GET", "/fleet", 404)
    text = f"No handler found for GET {BASE}/partners/{MAIN}/fleet"
    assert (error["status"], error["message"], error["errors"]) == ("NOT_FOUND", text, [text])


def test_a_wrong_method_is_the_portals_405(client: Client) -> None:
    """With those that would do."""
    answer = client.call("DELETE", f"/sims/{ACTIVE}/sms")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert answer.json()["status"] == "METHOD_NOT_ALLOWED"
    assert answer.json()["errors"] == [
        "DELETE method is not supported for this request. Supported methods are GET, POST"
    ]


def test_fixed_segments_are_no_iccids_and_no_signup_ids(client: Client) -> None:
    """/sims/details, /sims/actions and /sims/actions/simtransfer are matched first."""
    for path in ("/sims/details", "/sims/actions/block", "/sims/actions/simtransfer"):
        assert client.call("GET", path).status_code == 405
    assert "actions" in client.get("/sims/actions")


def test_errors_have_a_blank_and_no_zone_in_their_time(client: Client) -> None:
    """And a name for a status; always a list of errors."""
    client.advance(3661)
    error = client.refused("GET", "/sims/x", 400)
    assert error["timestamp"] == "2026-03-10 13:01:01"
    assert (error["status"], list(error)) == ("BAD_REQUEST", ["status", "message", "errors", "timestamp"])


def test_a_failing_disk_is_the_portals_503(client: Client) -> None:
    """Whoever speaks says it in his dialect; the reason is in the log."""
    emulator = client.app.engine
    token = client.token()
    write = emulator.write

    async def failing(verb: Any, *args: Any, **kwargs: Any) -> Any:
        raise StoreFailure("full")

    emulator.write = failing  # type: ignore[method-assign]
    headers = {"Authorization": f"Bearer {token}"}
    resource = client.http.get(f"{BASE}/partners/{MAIN}", headers=headers)
    assert (resource.status_code, resource.json()["status"]) == (503, "SERVICE_UNAVAILABLE")
    stream = client.http.get(stream_path(), headers=headers)
    assert (stream.status_code, stream.json()["title"]) == (503, "Something went wrong.")
    issuer = client.ask_token()
    assert (issuer.status_code, issuer.json()) == (500, {"error": "unknown_error"})
    emulator.write = write  # type: ignore[method-assign]


def test_a_refusal_that_breaks_the_description_is_marked(client: Client, served: None) -> None:
    """A bug of ours: logged, and the answer says so."""
    document, _ = descriptions()
    operation = document.operations["GET", "/partners/{partnerID}/sims/{iccid}"]
    described = operation.answers.pop(404)  # type: ignore[attr-defined]
    answer = client.call("GET", "/sims/8949020000000999999")
    operation.answers[404] = described  # type: ignore[index]
    assert (answer.status_code, answer.headers["x-emulator-contract"]) == (404, "violated")
    exchange = list(client.app.journal)[-1]
    assert exchange.findings == ["answer status 404 is not described"]


@pytest.fixture
def served() -> Any:
    """As when it is served: what breaks the contract does not raise."""
    document, _ = descriptions()
    document.raises = False
    yield
    document.raises = True


# --------------------------------------------------------------------------------------------- a strict contract


def test_a_strict_contract_refuses_what_the_portal_would_take(make_client: MakeClient, strict: None) -> None:
    """Each door in its dialect."""
    client = make_client()
    assert client.call("GET", "/sims?colour=red").json()["errors"] == ["query colour: is not described"]
    assert client.http.get(f"{BASE}/partners/{MAIN}", params={"jwt": client.token()}).status_code == 200
    assert client.stream(rest="?maxNumber=1&colour=red").json()["detail"] == "query colour: is not described"
    answer = client.http.post(f"{TOKEN}?colour=red", data={"grant_type": "client_credentials"})
    assert answer.json() == {"error": "invalid_request", "error_description": "query colour: is not described"}


@pytest.fixture
def strict() -> Any:
    document, _ = descriptions()
    document.strict = True
    yield
    document.strict = False
