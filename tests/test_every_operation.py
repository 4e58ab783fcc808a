"""Every operation of our descriptions, driven by the descriptions themselves: by all that they allow, and by what they
do not. Schemathesis makes the requests: each boundary of each field in turn, then arbitrary ones, and the same ones
on every run.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.schemas import OpenApiSchema

from operator_emulator import resources
from operator_emulator.core.partners import actions, applications, contracts, sim_transfers
from operator_emulator.core.partners.action_model import ActionKind
from operator_emulator.core.partners.actions import SimRequest
from operator_emulator.core.partners.model import (
    Application,
    ContractState,
    Partner,
    PartnerCaller,
    Pool,
    PoolType,
    Profile,
)
from operator_emulator.core.world.world import World
from operator_emulator.portal.context import BASE
from operator_emulator.settings import Settings
from operator_emulator.web.openapi import follow, read_yaml, replace_emulated
from tests.conftest import Customer
from tests.direct import Answer, Direct

# --------------------------------------------------------------------------------------------- a world to ask about

WORLD = """
version: 1
products:
  - {id: 1001, name: Standard, max_quantity: 3, one_time_charges: [{name: provisionCharge, amount_net: 10}]}
organisations:
  - id: 4321
    name: Example Fleet
    users: [{username: demo, password: demo, role: api}]
    sms_forwarder: {url: "http://customer.test/sms"}
    sims:
      - {iccid: "8988228066600000001", label: online, device: {status: ONLINE}, sms: [{payload: old}]}
      - {iccid: "8988228066600000002", label: attached, device: {status: ATTACHED}}
      - {iccid: "8988228066600000003", label: offline, quota: {sms: {left: 3}}}
      - {iccid: "8988228066600000004", label: disabled, status: Disabled}
      - {iccid: "8988228066600000005", label: never activated, status: Issued}
      - {iccid: "8988228066600000006", label: expired, status: Expired}
      - {iccid: "8988228066680000001", label: on the new core, core: 2, device: {status: ONLINE}}
    orders: [{number: 2000000001, products: [{product: 1001, quantity: 3}]}]
    support: [{subject: Hello, text: World}]
  - {id: 4322, parent: 4321, name: Example Fleet Branch}
  - id: 5136
    name: Somebody Else
    users: [{username: other, password: other, role: api}]
    sims: [{iccid: "8988228066600000901"}]
"""
UNKNOWN = "8988228066600000777"
ICCIDS: Final = (*(f"898822806660000000{n}" for n in range(1, 7)), "8988228066600000901", UNKNOWN)

MAIN, BRANCH, OTHER = "100013", "100014", "100017"
CONTRACTS: Final = {f"894902000000000000{n}": state for n, state in enumerate(reversed(ContractState), 1)}
TERMINATED, MOVING, FOREIGN = (f"894902000000000000{n}" for n in (1, 8, 9))
SIGNUP, OFFERED, TRANSACTION = "708855306", "708855307", "1002946614"  # ids of what is planted


def plant_partners(world: World) -> None:
    """A partner with a subunit, a SIM in each state, an action and a transfer; and another partner."""
    for id, parent in ((MAIN, None), (BRANCH, MAIN), (OTHER, None)):
        world.partners.put(Partner(id=id, name=f"Partner {id}", parent=parent))
    for client, partner in (("portal-demo", MAIN), ("other", OTHER)):
        applications.add_application(world, Application(client_id=client, client_secret=client, partner=partner))
    for iccid, state in CONTRACTS.items():
        contracts.sign(world, MAIN, iccid, state)
    contracts.sign(world, MAIN, MOVING, ContractState.ACTIVE)
    contracts.sign(world, OTHER, FOREIGN, ContractState.ACTIVE)
    world.pools.put(Pool(id="1", partner=MAIN, name="Data Pool", type=PoolType.DATA, size=10))
    world.profiles.put(Profile(id="708529655", partner=MAIN, name="Limits", kind="limit"))
    me = PartnerCaller("portal-demo", MAIN)
    suspending = actions.start(world, me, MAIN, ActionKind.SUSPEND, [SimRequest({"iccid": TERMINATED})])
    transfer, offered = sim_transfers.create(world, me, MAIN, OTHER, [SimRequest({"iccid": MOVING})])
    assert (suspending.id, offered.id, transfer.id) == (SIGNUP, OFFERED, TRANSACTION)


# --------------------------------------------------------------------------------------------- documents

Case = schemathesis.Case[Any]
Values = Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Surface:
    """A document of ours, and what is known of its surface.

    *values* are what parameters and fields of these names are given, the most promising one first, so that requests
    reach further than to a 404. *needs* are fields that the emulator asks for, though the published file does not.
    *shapes* are the keys that the body of a refusal has.
    """

    document: str
    base: str
    shapes: tuple[frozenset[str], ...]
    values: Values
    needs: frozenset[str] = frozenset()
    edition: str = "1nce"
    strict: bool = False  # it takes nothing that its document does not allow


def keys(*names: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(one.split()) for one in names)


PAYLOADS: Final = ("hello", "4142", "x" * 161, "€" * 71, "\0", "😀", "")

MANAGEMENT_VALUES: Final[Values] = {
    **dict.fromkeys(("iccid", "iccids", "from", "to", ""), ICCIDS),  # "" is a body that is a list
    "id": (1, 2, 99),
    "order_number": (2000000001, 2000000002, 7),
    "productId": (1001, 1002),
    "quantity": (1, 2, 4),
    "target_organisation": (4322, 4321, 5136, 7),
    "payload": PAYLOADS,
    "udh": ("", "050003010201", "0500030102", "zz"),
    "dcs": (0, 4, 8, 245),
    "expiry_date": ("", "2026-01-03T00:00:00+0100", "2026-01-01T00:00:30.000Z", "2025-12-31", "9999-12-31T23:59:59Z"),
}
PORTAL_VALUES: Final[Values] = {
    **dict.fromkeys(("partnerID", "targetPartnerID"), (MAIN, BRANCH, OTHER, "1")),
    "receivingPartnerID": (OTHER, MAIN, "1"),
    "subunitPartnerID": (BRANCH,),
    "iccid": ("8949020000000000004", *CONTRACTS, FOREIGN, UNKNOWN),
    "signupId": (SIGNUP, OFFERED, "1"),
    "transactionId": (TRANSACTION, "1"),
    "action": ("cancel", "accept", "reject"),
    "client_id": ("portal-demo", "other"),
    "client_secret": ("portal-demo", "wrong"),
    "scope": ("openid profile", "", "everything"),
    "subscriptionId": ("0" * 40, applications.stream_id("simaction.v1", "other")),
    "materialID": ("M2M-PLUGIN", "M2M-ESIM", "1"),
    "quantity": (1, 2, 100000),
    "payload": PAYLOADS,
    **dict.fromkeys(("dateFrom", "dateTo"), ("2025-12-31", "2026-01-01T00:00:00.000Z", "2026-02-30")),
    **dict.fromkeys(("limitProfileID", "fraudProfileID", "costLimitProfileID"), ("708529655", "1")),
}
CONTROL_VALUES: Final[Values] = {
    "iccid": ICCIDS,
    "id": (1, 2, 99),
    "payload": PAYLOADS,
    "operator": ("26201", "KPN", "Nobody"),
    **dict.fromkeys(("now", "to"), ("2026-01-01T00:00:00Z", "2026-01-02T01:00:00+01:00", "2025-01-01T00:00:00Z")),
    "effect": ({"status": 503}, {"mangle": "truncated"}, {"cause": "call barred"}, {"problem": "timeout"}),
}

SPRING = keys("timestamp status error message path", "message", "statusCode errorCode message")
(NEEDS,) = keys("payload enabled iccids senderName replyToMail subject text from to products productId quantity")

SURFACES: Final = {
    "management": Surface("management.yaml", "/management-api", SPRING, MANAGEMENT_VALUES, NEEDS),
    "management_v2": Surface(
        "management-v2.yaml",
        "/management-api",
        keys("error_code error_token message", "message"),
        MANAGEMENT_VALUES,
        NEEDS,
    ),
    "easyconnect": Surface(
        "management.yaml",
        "/management-api",
        (*SPRING, *keys("error error_description")),
        MANAGEMENT_VALUES,
        NEEDS,
        edition="easyconnect",
    ),
    "portal": Surface(
        "portal.yaml",
        BASE,
        keys(
            "status message errors timestamp",
            "message",
            "type title status instance",
            "type title status detail instance",
            "error",
            "error error_description",
        ),
        PORTAL_VALUES,
    ),
    "control": Surface(
        "control.yaml",
        "/_emulator",
        keys("error", "error field", "error problems", "error field problems")
        + keys("error count near_misses", "error count matched"),
        CONTROL_VALUES,
        strict=True,
    ),
}


def document(surface: Surface) -> dict[str, Any]:
    """The document as the emulator keeps it, in which requests are about what there is in the world."""
    source: dict[str, Any] = replace_emulated(read_yaml(resources.spec(surface.document)))
    source["servers"] = [{"url": surface.base}]
    for item in source["paths"].values():
        for holder in (item, *(one for one in item.values() if isinstance(one, dict))):
            for parameter in inlined(source, holder, "parameters"):
                parameter["schema"] = about(parameter["name"], parameter["schema"], surface)
            for media in dict(inlined(source, holder, "requestBody")).get("content", {}).values():
                media["schema"] = about("", media["schema"], surface)
    return source


def inlined(source: dict[str, Any], holder: dict[str, Any], name: str) -> Any:
    """A part of *holder*, from now on without references: what is changed in it, nobody else sees."""

    def inline(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                _, target = follow(source, tuple(node["$ref"].removeprefix("#/").split("/")))
                node = target | {key: value for key, value in node.items() if key != "$ref"}
            return {key: inline(value) for key, value in node.items() if key not in ("example", "examples")}
        return [inline(one) for one in node] if isinstance(node, list) else node

    if name not in holder:
        return ()
    holder[name] = inline(holder[name])
    return holder[name]


def about(name: str, schema: Any, surface: Surface) -> Any:
    """The schema of something of this name, with the values that are known for it and for what is in it."""
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "array":
        schema["items"] = about(name, schema.get("items", {}), surface)
        if name in surface.needs:
            schema["minItems"] = 1
        return schema
    if name in surface.values and not {"enum", "properties"} & schema.keys():
        # What is not among them is not allowed; or, where that must be refused, it still is.
        known = list(surface.values[name])
        return schema | {"examples": known} if surface.strict else {"enum": known}
    if name in surface.needs and schema.get("type") == "string":
        schema["minLength"] = 1
    inner = schema.get("properties", {})
    for one in inner:
        inner[one] = about(one, inner[one], surface)
    if inner.keys() & surface.needs:
        schema["required"] = sorted({*schema.get("required", ()), *(inner.keys() & surface.needs)})
    for word in ("allOf", "anyOf", "oneOf"):
        if word in schema:
            schema[word] = [about(name, one, surface) for one in schema[word]]
    return schema


CONFORMANCE: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
)


def described(name: str) -> OpenApiSchema:
    surface = SURFACES[name]
    checks = {
        "enabled": False,
        **{check: {"enabled": True} for check in CONFORMANCE},
        "response_schema_conformance": {"enabled": True, "validate-formats": False},
        "negative_data_rejection": {"enabled": surface.strict},
    }
    generation = {"mode": "all", "deterministic": True, "database": "none", "with-security-parameters": False}
    phases = {"coverage": {"unexpected-methods": ["DELETE", "TRACE"]}}
    config = SchemathesisConfig.from_dict({"seed": 1, "generation": generation, "checks": checks, "phases": phases})
    return schemathesis.openapi.from_dict(document(surface), config=config)


MANAGEMENT, MANAGEMENT_V2, EASYCONNECT, PORTAL, CONTROL = (described(name) for name in SURFACES)

# --------------------------------------------------------------------------------------------- the one who asks


class Client:
    """A customer of one surface, who also looks behind it: what is refused must have changed nothing."""

    def __init__(self, direct: Direct, surface: Surface) -> None:
        self.direct = direct
        self.surface = surface
        self._headers: dict[str, str] = {}
        self._before: dict[str, list[Any]] | None = None

    def begin(self) -> None:
        """The world as at its beginning, and a token."""
        assert self.direct.ask("POST", "/_emulator/reset").status == 200
        self.direct.write(plant_partners)
        if self.surface.base != "/_emulator":
            self._headers = {"Authorization": "Bearer " + self._token()}

    def _token(self) -> str:
        form = b"grant_type=client_credentials"
        headers = [(b"content-type", b"application/x-www-form-urlencoded")]
        if self.surface.base == BASE:
            path = "/auth/realms/default/protocol/openid-connect/token"
            form += b"&client_id=portal-demo&client_secret=portal-demo"
        else:
            path = "/management-api/oauth/token"
            headers.append((b"authorization", DEMO.encode()))
        return str(self.direct.ask("POST", path, headers=headers, body=form).json()["access_token"])

    def send(self, case: Case) -> tuple[requests.PreparedRequest, Answer]:
        if self._before is None:
            self._before = self._state()
        headers = {"Authorization": DEMO} if case.path == "/oauth/token" else self._headers
        base = "" if case.path.startswith(("/auth/", "/horizon/")) else self.surface.base
        made = requests.Request(**case.as_transport_kwargs("http://operator.test" + base, headers)).prepare()
        answer = self.direct.ask(
            str(made.method),
            made.path_url,
            headers=[(octets(name.lower()), octets(value)) for name, value in made.headers.items()],
            body=octets(made.body or b""),
        )
        return made, answer

    def _state(self) -> dict[str, list[Any]]:
        return self.direct.everything(but=["api_usage"])  # counts what was asked, refused or not (P§3.2)

    def require_nothing_changed(self) -> None:
        assert self._state() == self._before

    def something_may_have_changed(self) -> None:
        self._before = None

    def live_on(self) -> None:
        """What was accepted can be lived through: every job of the days to come runs."""
        assert self.direct.ask("DELETE", "/_emulator/faults").status == 204
        assert self.direct.ask("PUT", "/_emulator/clock", json={"mode": "manual"}).status == 200
        for _ in range(3):
            answer = self.direct.ask("POST", "/_emulator/clock/advance", json={"seconds": 86400})
            assert answer.status == 200, answer.text


DEMO = "Basic " + b64encode(b"demo:demo").decode()


def octets(text: Any) -> bytes:
    return text.encode("latin-1") if isinstance(text, str) else bytes(text)


@pytest.fixture(scope="module")
def directs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Direct]]:
    """An emulator of each edition."""
    path = tmp_path_factory.mktemp("world") / "fixture.yaml"
    path.write_text(WORLD, encoding="utf-8")
    with ExitStack() as stack:
        yield {
            edition: stack.enter_context(
                Direct(Settings(fixture=path, clock="manual", raise_violations=True, edition=edition), Customer())
            )
            for edition in sorted({surface.edition for surface in SURFACES.values()})
        }


@pytest.fixture
def client(directs: dict[str, Direct], request: pytest.FixtureRequest) -> Iterator[Client]:
    """One who asks the surface that the test is named after."""
    surface = SURFACES[request.function.__name__.removeprefix("test_").removesuffix("_answers_as_described")]
    client = Client(directs[surface.edition], surface)
    client.begin()
    yield client
    client.live_on()


# The network writes down whom it turned away.
NOTED: Final = {("POST", "/sims/{iccid}/mo", 409), ("POST", "/sims/{iccid}/usage", 409)}


def examine(client: Client, case: Case) -> None:
    """No 500; no status, header, type or body that is not described; no refusal that changes a thing or is not JSON."""
    request, answer = client.send(case)
    recorded_empty = client.surface.edition != "1nce" and (answer.status, answer.body) == (200, b"")  # D§3.2
    if not recorded_empty:
        headers = {name: [value] for name, value in answer.headers.items()}
        case.validate_response(schemathesis.Response(answer.status, headers, answer.body, request, 0.0, verify=False))
    if answer.status < 400 or (case.method, case.path, answer.status) in NOTED:
        client.something_may_have_changed()
        return
    client.require_nothing_changed()
    if case.method != "HEAD":
        assert "json" in answer.headers["content-type"]
        assert answer.json().keys() in client.surface.shapes


thoroughly = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@MANAGEMENT.parametrize()
@thoroughly
def test_management_answers_as_described(case: Case, client: Client) -> None:
    """The management API of today."""
    examine(client, case)


@MANAGEMENT_V2.parametrize()
@thoroughly
def test_management_v2_answers_as_described(case: Case, client: Client) -> None:
    """Its second version."""
    examine(client, case)


@EASYCONNECT.parametrize()
@thoroughly
def test_easyconnect_answers_as_described(case: Case, client: Client) -> None:
    """The same as IoT Easy Connect has it: with Spring's tokens, and without some routes."""
    examine(client, case)


@PORTAL.parametrize()
@thoroughly
def test_portal_answers_as_described(case: Case, client: Client) -> None:
    """The service portal with its token issuer and its streams."""
    examine(client, case)


# The stream of changes never ends; tests/control/test_changes.py follows it.
@CONTROL.exclude(operation_id="followChanges").parametrize()
@thoroughly
def test_control_answers_as_described(case: Case, client: Client) -> None:
    """The control plane."""
    if not takes_long(case):
        examine(client, case)


def takes_long(case: Case) -> bool:
    """A hundred years are 36,525 days, each with its jobs; what a device does each second, it does 259,200 times
    in the days that it then has to live through."""
    if not isinstance(case.body, dict):
        return False
    if case.path == "/sims/{iccid}/behaviour":
        doings = [one for one in case.body.values() if isinstance(one, dict)]
        return any(0 < number(one.get("seconds")) < 600 for one in doings)
    return case.path == "/clock/advance" and 1e7 < number(case.body.get("seconds")) <= 3155760000


def number(value: Any) -> float:
    return value if isinstance(value, int | float) else 0
