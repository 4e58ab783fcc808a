"""The descriptions of the service portal and its events: valid, strict, complete by what is published, and marked."""

import copy
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from operator_emulator.core.partners import action_model, model
from operator_emulator.core.partners.applications import STREAMS, stream_id
from operator_emulator.core.partners.partners import IDENTIFIERS
from operator_emulator.web.openapi import METHODS, Document, follow, read_yaml

SPECS = Path(__file__).parent.parent / "specs"
EVIDENCE = {"published", "gateway", "equivalent", "assumption"}
PARTNER = "/partners/{partnerID}"

Pointer = tuple[str, ...]

both = pytest.mark.parametrize("name", ["portal", "portal-events"])


@cache
def spec(name: str) -> dict[str, Any]:
    return read_yaml(SPECS / f"{name}.yaml")


@cache
def registry(name: str) -> Registry[Any]:
    empty: Registry[Any] = Registry()
    whole: Registry[Any] = empty.with_resource("urn:document", DRAFT202012.create_resource(spec(name)))
    return whole


def problems(name: str, pointer: Pointer, value: Any) -> list[str]:
    """What the reference validator has against *value*, by the schema at *pointer*."""
    where = "/".join(part.replace("~", "~0").replace("/", "~1") for part in pointer)
    validator = Draft202012Validator({"$ref": f"urn:document#/{where}"}, registry=registry(name))
    return [error.message for error in validator.iter_errors(value)]


def accepts(name: str, component: str, value: Any) -> bool:
    return not problems(name, ("components", "schemas", component), value)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation, all of the portal's."""
    for path, item in spec("portal")["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def operation(operation_id: str) -> tuple[str, str, dict[str, Any]]:
    return next(one for one in operations() if one[2]["operationId"] == operation_id)


def nodes(node: Any, pointer: Pointer = ()) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    """Every object of a document that describes something; what is inside examples does not."""
    if isinstance(node, dict):
        yield pointer, node
        for key, value in node.items():
            if key not in ("example", "examples"):
                yield from nodes(value, (*pointer, str(key)))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from nodes(value, (*pointer, str(index)))


def examples(name: str) -> Iterator[tuple[Pointer, Any]]:
    """Every example, with the place of the schema that it must keep to."""
    document = spec(name)
    for pointer, node in nodes(document):
        if "schema" in node:  # a media type, a parameter or a header
            if "example" in node:
                yield (*pointer, "schema"), node["example"]
            for key in node.get("examples", {}):
                _, example = follow(document, (*pointer, "examples", key))
                yield (*pointer, "schema"), example["value"]
        elif isinstance(node.get("examples"), list):
            for value in node["examples"]:
                yield pointer, value


def bodies(*within: str) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    """Media types of a request body or response, with where they really stand."""
    where, holder = follow(spec("portal"), within)
    for media, content in holder.get("content", {}).items():
        yield (*where, "content", media), content


def inner_objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from inner_objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from inner_objects(inner)


def names_of(operation_id: str) -> set[str]:
    """Every name that an operation uses: its summary and path, its parameters, all properties of all its bodies."""
    path, _, described = operation(operation_id)
    found, seen = {path, described["summary"]}, set()

    def collect(node: Any) -> None:
        if isinstance(node, list):
            for value in node:
                collect(value)
        elif isinstance(node, dict):
            if "$ref" in node:
                pointer = tuple(node["$ref"].removeprefix("#/").split("/"))
                if pointer not in seen:
                    seen.add(pointer)
                    collect(follow(spec("portal"), pointer)[1])
            if "in" in node and "name" in node:
                found.add(node["name"])
            if isinstance(node.get("enum"), list):
                found.update(value for value in node["enum"] if isinstance(value, str))
            if isinstance(node.get("properties"), dict):
                found.update(node["properties"])
            for key, value in node.items():
                if key not in ("example", "examples"):
                    collect(value)

    collect(described)
    collect(spec("portal")["paths"][path].get("parameters", []))
    return found


# --------------------------------------------------------------------------------------------- valid and marked


@both
def test_is_a_valid_description(name: str) -> None:
    """Both documents are OpenAPI 3.1."""
    assert [str(error) for error in OpenAPIV31SpecValidator(spec(name)).iter_errors()] == []


def test_every_operation_has_an_id_of_its_own() -> None:
    """No two operations share an id."""
    ids = [described["operationId"] for _, _, described in operations()]
    assert len(ids) == len(set(ids)) == 54


def test_every_operation_says_what_it_does_and_how_sure_that_is() -> None:
    """An operation has a summary, a description, a known tag and a mark of evidence."""
    tags = {tag["name"] for tag in spec("portal")["tags"]}
    for path, method, described in operations():
        assert described["summary"], (method, path)
        assert described["description"].endswith("."), (method, path)
        assert described["x-evidence"] in EVIDENCE, (method, path)
        assert len(described["tags"]) == 1, (method, path)
        assert set(described["tags"]) <= tags, (method, path)


@both
def test_every_component_says_what_it_is_and_how_sure_that_is(name: str) -> None:
    """Parameters, schemas, responses, headers and security schemes carry a description and a mark of evidence."""
    for kind, components in spec(name)["components"].items():
        for key, component in components.items():
            if kind != "examples":
                assert component["description"], (kind, key)
                assert component["x-evidence"] in EVIDENCE, (kind, key)


@both
def test_marks_of_single_properties_are_known_ones(name: str) -> None:
    """A mark deeper inside is one of the four too."""
    marks = {node["x-evidence"] for _, node in nodes(spec(name)) if "x-evidence" in node}
    assert marks <= EVIDENCE


def test_parameters_and_bodies_are_components() -> None:
    """Nothing is described in passing: so everything has its mark of evidence."""
    for path, item in spec("portal")["paths"].items():
        for holder in (item, *(item[method] for method in METHODS if method in item)):
            assert all(set(one) == {"$ref"} for one in holder.get("parameters", ())), path
    for pointer, node in nodes(spec("portal")):
        if "content" in pointer[-2:-1]:
            schema = node["schema"]
            kinds = schema.get("oneOf", [schema])
            assert all(set(kind) == {"$ref"} for kind in kinds) or schema["type"] == "string", pointer


@both
def test_every_reference_leads_somewhere_and_every_component_is_used(name: str) -> None:
    """References resolve, and nothing is left over but what only code refers to."""
    document, used = spec(name), set()

    def collect(node: Any) -> None:
        if isinstance(node, dict):
            if "$ref" in node:
                pointer = tuple(node["$ref"].removeprefix("#/").split("/"))
                follow(document, pointer)
                used.add(pointer[1:])
            for value in node.values():
                collect(value)
        elif isinstance(node, list):
            for value in node:
                collect(value)

    collect(document)
    everything = {
        (kind, key)
        for kind, components in document["components"].items()
        if kind != "securitySchemes"
        for key in components
    }
    assert everything - used == {("schemas", "AccessTokenClaims" if name == "portal" else "Event")}


# --------------------------------------------------------------------------------------------- examples


@both
def test_every_example_keeps_to_its_schema(name: str) -> None:
    """All examples, of media types, parameters, headers and schemas, validate."""
    found = list(examples(name))
    assert len(found) > (200 if name == "portal" else 8)
    assert [(pointer, why) for pointer, value in found if (why := problems(name, pointer, value))] == []


@both
def test_the_compiled_contract_says_the_same_as_the_reference(name: str) -> None:
    """jsonschema-rs takes every example of a schema that jsonschema takes, and refuses each with a key too many."""
    document = Document.load(SPECS / f"{name}.yaml", raises=False)
    for pointer, value in examples(name):
        if pointer[:2] == ("components", "schemas") and len(pointer) == 3:
            assert document.findings(pointer[2], value) == (), pointer
            if isinstance(value, dict) and pointer[2] != "OptionAttributes":
                assert document.findings(pointer[2], {**value, "unexpected": 1}) != (), pointer


def test_every_body_has_an_example() -> None:
    """No request and no answer goes without an example."""
    for path, method, described in operations():
        holders: list[Pointer] = [("responses", status) for status in described["responses"]]
        holders += [("requestBody",)] if "requestBody" in described else []
        for holder in holders:
            for pointer, content in bodies("paths", path, method, *holder):
                assert "example" in content or content.get("examples"), pointer


@both
def test_an_unknown_key_anywhere_breaks_the_contract(name: str) -> None:
    """Schemas are strict: one key too many, however deep, is found, but for the two maps whose keys are free."""
    tried = 0
    for pointer, value in examples(name):
        if "x-www-form-urlencoded" in "".join(pointer):
            continue  # the token issuer takes what it does not know
        whole = copy.deepcopy(value)
        for inner in inner_objects(whole):
            if inner in ({}, {"bandwidth": 64}) or "x-pubsub-offset-id" in inner:
                continue
            inner["unexpected"] = "x"
            assert problems(name, pointer, whole), (pointer, inner)
            del inner["unexpected"]
            tried += 1
    assert tried >= 40


def test_examples_show_companies_that_are_ours() -> None:
    """Partners in examples are the two of our own world and its subunit."""
    partners = {
        value
        for name in ("portal", "portal-events")
        for _, example in examples(name)
        for inner in inner_objects(example)
        for key, value in inner.items()
        if key.lower().endswith("partnerid") and value is not None
    }
    assert partners == {"100013", "100014", "100017"}


# --------------------------------------------------------------------------------------------- all that is published

# P§10: the release, the operation that shows it, and the names that must be there. Names that the operator did not
# publish (a data consumption, a cancellation link, a release of one APN) stand here as we call them.
HISTORY: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("3.4.11", "createSimOrder", ("Create SIM Order",)),
    ("3.5.1", "getSimDetails", ("Get SIM Details", "restrictionStatus", "limitStatus", "fraudStatus")),
    ("3.5.1", "getSimSessionHistory", ("Get SIM Session History", "dateFrom", "dateTo")),
    ("3.5.2", "sendMessage", ("Send Message",)),
    ("3.5.3", "getSimDetails", ("options",)),
    ("3.5.3", "restrictSims", ("SIM Restrict",)),
    ("3.5.3", "unrestrictSims", ("SIM Unrestrict",)),
    ("3.5.6", "enterProductiveState", ("Enter Productive State",)),
    ("3.5.6", "restoreLimitStatus", ("Restore Limit Status",)),
    ("3.5.6", "resetLimitStatus", ("Reset Limit Status",)),
    ("3.5.6", "resetFraudStatus", ("Reset Fraud Status",)),
    ("3.5.8", "checkSimInHlr", ("Check SIM in HLR",)),
    ("3.5.8", "resetSimInHlr", ("Reset SIM in HLR",)),
    ("3.5.8", "getSimList", ("Get SIM List", "dataUsage")),
    ("3.5.9", "getPartner", ("/partners/{partnerID}", "simCounts")),
    ("3.5.11", "getSimActionList", ("Get SIM Action List",)),
    ("3.6.1", "getCurrentPoolUsage", ("Get Current Pool Usage",)),
    ("3.6.1", "getSmsHistory", ("Get SMS History", "dateFrom", "dateTo")),
    ("3.6.1", "getSimActionStatus", ("Get SIM Action Status", "links", "cancel")),
    ("3.6.1", "getSimSession", ("Get SIM Session", "restrictionReason")),
    ("3.6.1", "getSimSessionHistory", ("restrictionReason",)),
    ("3.6.2", "modifyProfiles", ("SIM Modify Profiles", "staticIpsPerApn")),
    ("3.6.2", "getSimDetails", ("bindingPeriod",)),
    (
        "3.6.3",
        "getSimSession",
        ("network", "sessionStart", "volumeUpload", "volumeDownload", "volumeRounded"),
    ),
    ("3.6.4", "createSimOrder", ("overrideMoq",)),
    ("3.6.4", "getSimDetails", ("activationCode",)),
    ("3.6.5", "getSimActionStatus", ("signupId",)),
    ("3.6.5", "getSimActionList", ("signupId",)),
    ("3.6.10", "getSimSession", ("parallelSessions",)),
    ("3.6.11", "getSimDetails", ("simAggregatedData",)),
    ("3.7.1", "bindEuiccid", ("Bind eUICCID",)),
    ("3.7.1", "getSimDetails", ("eidProfileStatus",)),
    ("3.7.2", "getSimList", ("euiccid",)),
    ("3.7.5", "postSimDetails", ("Get SIM Details (by identifier)", *IDENTIFIERS)),
    ("3.7.5", "postSimSession", ("Get SIM Session (by identifier)", *IDENTIFIERS)),
    ("3.7.5", "postSimSessionHistory", ("Get SIM Session History (by identifier)", *IDENTIFIERS)),
    ("3.7.5", "postSmsHistory", ("Get SMS History (by identifier)", *IDENTIFIERS)),
    ("3.7.5", "checkSimInHlrByIdentifier", ("Check SIM in HLR (by identifier)", *IDENTIFIERS)),
    ("3.7.5", "resetSimInHlrByIdentifier", ("Reset SIM in HLR (by identifier)", *IDENTIFIERS)),
    ("3.7.7", "changeOption", ("SIM Change Option",)),
    ("3.7.8", "bookOption", ("SIM Book Option",)),
    ("3.7.8", "terminateOption", ("SIM Terminate Option",)),
    ("3.7.9", "unrestrictSims", ("apnName",)),
    ("3.7.12", "getApiUsage", ("Get API Usage",)),
    ("3.7.12", "checkSimInHlr", ("Check SIM in HLR",)),
    ("3.8.1", "updateSimTransfer", ("Update SIM Transfer", "subunitPartnerID")),
    ("3.8.1", "getSimTransferDetails", ("Get SIM Transfer Details", "subunitPartnerID")),
)


@pytest.mark.parametrize(("release", "operation_id", "names"), HISTORY)
def test_every_name_of_the_version_history_is_where_it_belongs(
    release: str, operation_id: str, names: tuple[str, ...]
) -> None:
    """What the operator's history says came with a release is in that operation, and the release is told (P§10)."""
    assert set(names) <= names_of(operation_id)
    assert release in (SPECS / "portal.yaml").read_text()


@both
def test_the_old_name_of_the_signup_id_is_gone(name: str) -> None:
    """3.6.5 renamed it everywhere (P§11, trap 14)."""
    assert not re.search(r"\baction_?id\b", (SPECS / f"{name}.yaml").read_text(), re.IGNORECASE)


def test_spelling_is_that_of_the_place() -> None:
    """signupId and transactionId in REST, signupID and transactionID in events, partnerID in both (trap 14)."""
    properties = {
        name: {
            key
            for _, node in nodes(spec(name))
            if isinstance(node.get("properties"), dict)
            for key in node["properties"]
        }
        for name in ("portal", "portal-events")
    }
    rest, streamed = properties["portal"], properties["portal-events"]
    assert {"signupId", "transactionId", "partnerID", "subunitPartnerID", "euiccid", "iccid"} <= rest
    assert {"signupID", "transactionID", "partnerID", "euiccid", "iccid"} <= streamed
    assert not rest & {"signupID", "transactionID", "partnerId", "subunitPartnerId", "eUICCID", "ICCID"}
    assert not streamed & {"signupId", "transactionId", "partnerId", "eUICCID", "ICCID"}


def test_deprecated_methods_are_still_there_and_marked() -> None:
    """Deprecated is not removed (trap 30)."""
    deprecated = {described["operationId"] for _, _, described in operations() if described.get("deprecated")}
    assert deprecated == {"getApiUsage", "checkSimInHlr", "checkSimInHlrByIdentifier"}


# P§3.1, the 37 rows: method, name, path below the partner, and how many SIMs.
ROWS: tuple[tuple[str, str, str, str], ...] = (
    ("get", "Get SIM List", "/sims", "–"),
    ("get", "Get SIM Details", "/sims/{iccid}", "single"),
    ("post", "Get SIM Details", "/sims/details", "single"),
    ("get", "Get SIM Session", "/sims/{iccid}/session", "single"),
    ("post", "Get SIM Session", "/sims/session", "single"),
    ("get", "Get SIM Session History", "/sims/{iccid}/sessionhistory", "single"),
    ("post", "Get SIM Session History", "/sims/sessionhistory", "single"),
    ("get", "Get SMS History", "/sims/{iccid}/smshistory", "single"),
    ("post", "Get SMS History", "/sims/smshistory", "single"),
    ("post", "SIM Activation", "/sims/actions/activation", "bulk"),
    ("post", "SIM Block", "/sims/actions/block", "bulk"),
    ("post", "Bind eUICCID", "/sims/actions/bindeuiccid", "bulk"),
    ("post", "Reset Fraud Status", "/sims/actions/resetfraudstatus", "bulk"),
    ("post", "Override Limit Status", "/sims/actions/overridelimitstatus", "bulk"),
    ("post", "Reset Limit Status", "/sims/actions/resetlimitstatus", "bulk"),
    ("post", "Restore Limit Status", "/sims/actions/restorelimitstatus", "bulk"),
    ("post", "Enter Productive State", "/sims/actions/enterproductivestate", "bulk"),
    ("post", "SIM Modify Profiles", "/sims/actions/modifyprofiles", "bulk"),
    ("post", "SIM Modify Remarks", "/sims/actions/modifyremarks", "bulk"),
    ("post", "SIM Move", "/sims/actions/move", "bulk"),
    ("post", "SIM Suspend", "/sims/actions/suspend", "bulk"),
    ("post", "SIM Change Tariff", "/sims/actions/changetariff", "bulk"),
    ("post", "SIM Change Option", "/sims/actions/changeoption", "one"),
    ("post", "SIM Book Option", "/sims/actions/bookoption", "bulk"),
    ("post", "SIM Terminate Option", "/sims/actions/terminateoption", "bulk"),
    ("post", "SIM Termination", "/sims/actions/termination", "bulk"),
    ("post", "SIM Unblock", "/sims/actions/unblock", "bulk"),
    ("post", "SIM Unrestrict", "/sims/actions/unrestrict", "bulk"),
    ("post", "SIM Unsuspend", "/sims/actions/unsuspend", "bulk"),
    ("post", "Check SIM in HLR", "/sims/{iccid}/hlr/check", "single"),
    ("post", "Check SIM in HLR", "/sims/hlr/check", "single"),
    ("post", "Reset SIM in HLR", "/sims/{iccid}/hlr/reset", "single"),
    ("post", "Reset SIM in HLR", "/sims/hlr/reset", "single"),
    ("post", "Send Message", "/sims/{iccid}/sms", "single"),
    ("post", "Send Message", "/sims/sms", "single"),
    ("post", "Create SIM Transfer", "/sims/actions/simtransfer", "bulk"),
    ("post", "SIM Restrict", "/sims/actions/restrict", "bulk"),
)
VALUES = {
    "iccid": "8949020000000000011",
    "euiccid": "89049032000000000000000000012345",
    "imsi": "262011234567890",
    "imei": "356938035643809",
    "msisdn": "4915123456789",
}


def test_the_identifier_table_has_all_its_rows() -> None:
    """There are 37 of them (P§3.1), no two alike."""
    assert len(ROWS) == len({(method, path) for method, _, path, _ in ROWS}) == 37


def body_of(path: str, method: str) -> tuple[Pointer, dict[str, Any]]:
    """The schema of an operation's body, and its first example."""
    pointer, content = next(bodies("paths", path, method, "requestBody"))
    _, example = follow(spec("portal"), (*pointer, "examples", next(iter(content["examples"]))))
    return (*pointer, "schema"), example["value"]


@pytest.mark.parametrize(("method", "title", "path", "quantity"), ROWS)
def test_every_row_of_the_identifier_table_takes_its_identifiers(
    method: str, title: str, path: str, quantity: str
) -> None:
    """A path names an ICCID; a body exactly one of five identifiers, once or in a list (P§3.1)."""
    described = spec("portal")["paths"][PARTNER + path][method]
    assert described["summary"] in (title, f"{title} (by identifier)")
    if method == "get":
        assert "requestBody" not in described
        return
    if "{iccid}" in path:
        if "requestBody" in described:
            pointer, example = body_of(PARTNER + path, "post")
            assert all(problems("portal", pointer, {**example, name: VALUES[name]}) for name in IDENTIFIERS)
        return
    pointer, example = body_of(PARTNER + path, "post")
    listed = "sims" in example
    assert listed == (quantity != "single")
    rest = {key: value for key, value in example.items() if key not in (*IDENTIFIERS, "sims")}
    if path.endswith("bindeuiccid"):
        rest = {"operation": "UNBIND"}

    def with_sims(*sims: dict[str, str]) -> dict[str, Any]:
        return {**rest, "sims": list(sims)} if listed else {**rest, **dict(sims[0])}

    for name in IDENTIFIERS:
        assert problems("portal", pointer, with_sims({name: VALUES[name]})) == [], name
        assert problems("portal", pointer, with_sims({name: "12ab"})), name
    assert problems("portal", pointer, with_sims({"iccid": VALUES["iccid"], "imsi": VALUES["imsi"]}))
    assert problems("portal", pointer, with_sims({}))
    if listed:
        one = {"iccid": VALUES["iccid"]}
        assert problems("portal", pointer, with_sims())
        assert bool(problems("portal", pointer, with_sims(*[one] * 1000))) == (quantity == "one")
        assert problems("portal", pointer, with_sims(*[one] * 1001))


@pytest.mark.parametrize(
    ("component", "value"),
    [
        ("Iccid", "8999829698800485278"),
        ("Iccid", "8925475978255758883"),
        ("Iccid", "89490200001575268860"),
        ("Euiccid", "22233356789100043"),
        ("Imsi", "254759782866388"),
        ("Msisdn", "4367619128340"),
        ("Imei", "3569380356438017"),
    ],
)
def test_published_identifiers_are_taken_as_they_are(component: str, value: str) -> None:
    """Neither check digit nor length is enforced, because published samples break both (P§9, trap 21)."""
    assert accepts("portal", component, value)


# --------------------------------------------------------------------------------------------- shapes


def test_only_what_is_beside_the_base_path_has_a_server_of_its_own() -> None:
    """Token issuer and stream hang at the root, everything else below the base path (P§1, 2, 6)."""
    assert [one["url"] for one in spec("portal")["servers"]] == ["/iot/connectivity/management/v1"]
    for path, item in spec("portal")["paths"].items():
        beside = path.startswith(("/auth/realms/default", "/horizon/sse/v1/"))
        assert [one["url"] for one in item.get("servers", ())] == (["/"] if beside else []), path
        assert beside or path.startswith(PARTNER)


def test_parameters_of_a_path_are_those_in_its_braces() -> None:
    """Every brace of a path is described, and nothing else is in the path."""
    for path, item in spec("portal")["paths"].items():
        described = [follow(spec("portal"), tuple(one["$ref"][2:].split("/")))[1] for one in item.get("parameters", ())]
        braces = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        assert [one["name"] for one in described if one["in"] == "path"] == braces


def test_parallel_sessions_change_the_shape() -> None:
    """One session is an object, several are a list, and never both (P§3.5, trap 27)."""
    components = spec("portal")["components"]["examples"]
    one, many = components["OnlineSession"]["value"], components["ParallelSessions"]["value"]
    assert accepts("portal", "CurrentSession", one)
    assert not accepts("portal", "ParallelSessions", one)
    assert accepts("portal", "ParallelSessions", many)
    assert not accepts("portal", "CurrentSession", many)
    assert not accepts("portal", "Session", {**one, "sessions": []})


def test_a_transfer_decision_may_be_in_query_and_body() -> None:
    """The published links differ in nothing, so both places are open (P§3.3, trap 19)."""
    _, _, described = operation("updateSimTransfer")
    parameters = [follow(spec("portal"), tuple(one["$ref"][2:].split("/")))[1] for one in described["parameters"]]
    assert [(one["name"], one["in"]) for one in parameters] == [
        ("action", "query"),
        ("subunitPartnerID", "query"),
    ]
    for body in ({}, {"action": "accept"}, {"subunitPartnerID": "100014"}, {"action": "cancel"}):
        assert accepts("portal", "UpdateTransferRequest", body)
    assert not accepts("portal", "UpdateTransferRequest", {"action": "ACCEPT"})
    assert described["requestBody"]["required"] is False


def test_single_sim_rules_of_single_actions() -> None:
    """An APN is released for one SIM at a time, and a binding needs a profile and a chip."""
    sims = [{"iccid": "8949020000000000011"}, {"iccid": "8949020000000000029"}]
    assert accepts("portal", "UnrestrictRequest", {"sims": sims})
    assert accepts("portal", "UnrestrictRequest", {"sims": sims[:1], "apnName": "internet.example"})
    assert not accepts("portal", "UnrestrictRequest", {"sims": sims, "apnName": "internet.example"})
    bound = {"iccid": "8949020000000000029", "euiccid": VALUES["euiccid"]}
    assert accepts("portal", "BindEuiccidRequest", {"sims": [bound]})
    assert not accepts("portal", "BindEuiccidRequest", {"sims": sims})
    assert not accepts("portal", "BindEuiccidRequest", {"sims": [{"euiccid": VALUES["euiccid"]}]})
    assert not accepts("portal", "BindEuiccidRequest", {"sims": [bound], "operation": "UNBIND"})


def test_the_error_body_is_the_published_one() -> None:
    """Status is a name and the timestamp has a blank (P§7, 8, trap 26)."""
    published = {
        "status": "FORBIDDEN",
        "message": "Limit exceeded",
        "errors": ["Too Many Concurrent Requests on Platform."],
        "timestamp": "2025-08-28 11:25:49",
    }
    assert accepts("portal", "PortalError", published)
    for key, value in (
        ("status", 403),
        ("errors", "Too Many Concurrent Requests on Platform."),
        ("timestamp", "2025-08-28T11:25:49"),
        ("timestamp", "2025-08-28 11:25:49.000"),
    ):
        assert not accepts("portal", "PortalError", {**published, key: value})


def test_each_dialect_of_no_is_told_from_the_others() -> None:
    """A body is of one dialect only (P§8, trap 1)."""
    dialects = {"PortalError", "GatewayMessage", "RelayError", "Problem", "TokenError"}
    responses = spec("portal")["components"]["responses"]
    found = set()
    for pointer, value in examples("portal"):
        if pointer[:2] == ("components", "responses") and pointer[2] in responses and "content" in pointer:
            takers = {one for one in dialects if accepts("portal", one, value)}
            if pointer[2] != "ActionStarted":
                assert len(takers) == 1, value
                found |= takers
    assert found == dialects


def test_business_operations_share_their_refusals() -> None:
    """Whatever stands behind gateway and portal can be refused by both, and writing can be too large or no JSON."""
    for path, _, described in operations():
        if path.startswith(PARTNER):
            responses = set(described["responses"])
            assert {"400", "401", "403", "404", "429", "500", "503", "504"} <= responses
            assert ("requestBody" in described) == ({"413", "415"} <= responses)
            assert len([status for status in responses if status.startswith("2")]) == 1


def test_words_of_the_description_are_those_of_the_core() -> None:
    """The enumerations here and the state machines in the core never drift apart."""
    schemas = spec("portal")["components"]["schemas"]

    def same(enum: Iterable[Any], kind: Iterable[str]) -> bool:
        return set(enum) == {str(one) for one in kind}

    details = schemas["SimDetails"]["properties"]
    assert same(schemas["SimStatus"]["enum"], model.ContractState)
    assert same(schemas["SimCounts"]["properties"], model.ContractState)
    assert same(schemas["RestrictionStatus"]["enum"], model.Restriction)
    assert same(details["limitStatus"]["enum"], model.Alarm)
    assert set(details["fraudStatus"]["enum"]) < {str(one) for one in model.Alarm}
    assert same(schemas["ActionName"]["enum"], [*action_model.ActionKind, "simtransfer"])
    assert same(schemas["ActionStatus"]["enum"], action_model.ActionStatus)
    assert same(schemas["TransferStatus"]["enum"], action_model.TransferStatus)
    assert same(schemas["TransferDecision"]["enum"], ("accept", "reject", "cancel"))
    assert same(schemas["Pool"]["properties"]["type"]["enum"], model.PoolType)
    assert same(spec("portal")["components"]["parameters"]["EventType"]["schema"]["enum"], STREAMS)
    example = spec("portal")["components"]["parameters"]["SubscriptionId"]["example"]
    assert example == stream_id("simaction.v1", "portal-demo")


def test_state_machines_are_told_in_full() -> None:
    """The tables of states, actions and transfers name every state and every action (P§4)."""
    tags = {tag["name"]: tag["description"] for tag in spec("portal")["tags"]}
    assert all(f"| `{state}` |" in tags["SIMs"] for state in model.ContractState)
    assert all(str(kind) in tags["SIM actions"] for kind in action_model.ActionKind)
    assert all(f"`{status}`" in tags["SIM actions"] for status in action_model.ActionStatus)
    assert all(f"`{status}`" in tags["SIM transfer"] for status in action_model.TransferStatus)


# --------------------------------------------------------------------------------------------- events

ENVELOPE = ["time", "id", "source", "specversion", "type", "datacontenttype", "data"]
LINK = ["rel", "href", "type", "name"]
KEYS: dict[str, list[str]] = {  # in the order in which they are published (P§5)
    "SimActionEvent": ["partnerID", "signupID", "message", "actionLink"],
    "SimTransferEvent": ["partnerID", "signupID", "transactionID", "message", "actionLinks"],
    "ProfileNotificationEvent": ["partnerID", "sim", "profileStatus"],
    "PoolLimitNotificationEvent": ["partnerID", "poolLimitNotification"],
    "CostLimitNotificationEvent": ["partnerID", "costLimitNotification"],
}
INNER: dict[str, list[str]] = {
    "actionLink": LINK,
    "actionLinks": ["accept", "reject", "sims"],
    "accept": LINK,
    "reject": LINK,
    "sims": LINK,
    "sim": ["iccid", "restrictionStatus:", "restrictionStatus"],
    "profileStatus": ["barring", "barringType", "barringLevel", "allowed", "detected", "note", "apn"],
    "apn": ["apnName", "restrictionStatus"],
    "poolLimitNotification": ["poolName", "offeringName", "offeringID", "typeOfThreshold", "limit", "date"],
    "costLimitNotification": [
        "iccid",
        "euiccid",
        "imsi",
        "msisdn",
        "offeringName",
        "offeringID",
        "typeOfThreshold",
        "limit",
        "date",
        "profileName",
        "profileID",
    ],
}
SOURCES = {
    "SimActionEvent": ("simaction.v1", "/v1/partners/simaction"),
    "SimTransferEvent": ("simaction.v1", "/v1/partners/simaction"),
    "ProfileNotificationEvent": ("profilenotification.v1", "/notification/limit"),
    "PoolLimitNotificationEvent": ("poollimitnotification.v1", "/notification/poollimit"),
    "CostLimitNotificationEvent": ("costlimitnotification.v1", "/notification/costlimit"),
}


def events(component: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = copy.deepcopy(spec("portal-events")["components"]["schemas"][component]["examples"])
    return found


def in_order(keys: Iterable[str], order: list[str]) -> bool:
    """Whether *keys* come as *order* has them, some perhaps left out."""
    keys = list(keys)
    return keys == [key for key in order if key in keys]


@pytest.mark.parametrize("component", KEYS)
def test_event_examples_have_the_published_order_of_keys(component: str) -> None:
    """Envelope, data and everything inside come in the order of the published samples (P§5.1, 5.2)."""

    def check(node: dict[str, Any]) -> None:
        for key, value in node.items():
            if isinstance(value, dict):
                assert in_order(value, INNER[key]), value
                check(value)

    for event in events(component):
        assert list(event) in (ENVELOPE, [*ENVELOPE, "httpHeaders"])
        assert in_order(event["data"], KEYS[component])
        assert (event["type"], event["source"]) == SOURCES[component]
        check(event["data"])


@pytest.mark.parametrize("component", KEYS)
def test_an_event_is_of_one_kind_only(component: str) -> None:
    """Each event passes as an Event and as its own kind, and as no other."""
    for event in events(component):
        assert [one for one in KEYS if accepts("portal-events", one, event)] == [component]
        assert accepts("portal-events", "Event", event)


@pytest.mark.parametrize("component", KEYS)
def test_every_part_of_the_envelope_is_held_to(component: str) -> None:
    """No attribute may be missing or of another form; httpHeaders are lists and may be left out."""
    event = events(component)[0]
    for key in ENVELOPE:
        assert not accepts("portal-events", component, {name: value for name, value in event.items() if name != key})
    for key, value in (
        ("time", "2025-08-02T09:54:15Z"),
        ("id", "708855306"),
        ("specversion", 1.0),
        ("datacontenttype", "text/plain"),
        ("type", "other.v1"),
        ("source", "/elsewhere"),
        ("httpHeaders", {"x-pubsub-offset-id": "no list"}),
        ("data", {}),
    ):
        assert not accepts("portal-events", component, {**event, key: value}), key
    headers = {"x-pubsub-offset-id": ["5c3f9f0e-3b0a-4b43-9a67-6a6f2e6c1d20"]}
    assert accepts("portal-events", component, {**event, "httpHeaders": headers})


@pytest.mark.parametrize(
    ("component", "path", "wrong"),
    [
        ("SimActionEvent", ("signupID",), 708855306),
        ("SimActionEvent", ("partnerID",), 100013),
        ("SimActionEvent", ("actionLink", "type"), "PATCH"),
        ("SimTransferEvent", ("transactionID",), 1002946614),
        ("ProfileNotificationEvent", ("profileStatus", "allowed"), 5),
        ("ProfileNotificationEvent", ("profileStatus", "detected"), 6),
        ("ProfileNotificationEvent", ("profileStatus", "barringLevel"), "2"),
        ("ProfileNotificationEvent", ("profileStatus", "barringLevel"), 3),
        ("ProfileNotificationEvent", ("profileStatus", "barringType"), "Fraud"),
        ("PoolLimitNotificationEvent", ("poolLimitNotification", "limit"), "50.0"),
        ("PoolLimitNotificationEvent", ("poolLimitNotification", "offeringID"), "800206106"),
        ("PoolLimitNotificationEvent", ("poolLimitNotification", "typeOfThreshold"), "Level 1"),
        ("CostLimitNotificationEvent", ("costLimitNotification", "profileID"), "708529655"),
        ("CostLimitNotificationEvent", ("costLimitNotification", "iccid"), 8949020000000000029),
        ("CostLimitNotificationEvent", ("costLimitNotification", "euiccid"), None),
        ("CostLimitNotificationEvent", ("costLimitNotification", "typeOfThreshold"), "Data Limit 1"),
    ],
)
def test_numbers_are_numbers_and_strings_are_strings(component: str, path: Pointer, wrong: Any) -> None:
    """Types are those of the published samples (P§5.2, 5.3, trap 16)."""
    event = events(component)[0]
    place = event["data"]
    for key in path[:-1]:
        place = place[key]
    assert accepts("portal-events", component, event)
    place[path[-1]] = wrong
    assert not accepts("portal-events", component, event)


def test_the_limit_of_a_pool_keeps_its_decimal_point() -> None:
    """A pool's limit is 50.0, a cost limit may be 25 (P§5.3, trap 16)."""
    pool = events("PoolLimitNotificationEvent")[0]["data"]["poolLimitNotification"]
    cost = events("CostLimitNotificationEvent")[0]["data"]["costLimitNotification"]
    assert '"limit": 50.0,' in json.dumps(pool)
    assert '"limit": 25,' in json.dumps(cost)


@pytest.mark.parametrize(
    "keys", [["restrictionStatus:"], ["restrictionStatus"], ["restrictionStatus:", "restrictionStatus"]]
)
def test_the_restriction_key_may_be_published_clean_or_both(keys: list[str]) -> None:
    """With its colon as published, without, or twice; but never not at all (P§5.3, trap 15)."""
    event = events("ProfileNotificationEvent")[0]
    event["data"]["sim"] = {"iccid": "8949020000000000011", **dict.fromkeys(keys, "Data Restricted")}
    assert accepts("portal-events", "ProfileNotificationEvent", event)
    event["data"]["sim"] = {"iccid": "8949020000000000011"}
    assert not accepts("portal-events", "ProfileNotificationEvent", event)


def test_the_restriction_key_of_an_apn_is_always_clean() -> None:
    """The colon is inside sim only (P§5.3)."""
    event = events("ProfileNotificationEvent")[0]
    event["data"]["profileStatus"]["apn"] = {
        "apnName": "internet.example",
        "restrictionStatus:": "No Restriction",
    }
    assert not accepts("portal-events", "ProfileNotificationEvent", event)
    del event["data"]["profileStatus"]["apn"]
    assert accepts("portal-events", "ProfileNotificationEvent", event)


def test_only_the_request_for_a_transfer_has_links() -> None:
    """Notice 1 has three links to one address, notices 2 to 4 have none (P§4.5, 5.3)."""
    request, *others = events("SimTransferEvent")
    links = request["data"]["actionLinks"]
    assert len({link["href"] for link in links.values()}) == 1
    assert [link["type"] for link in links.values()] == ["PATCH", "PATCH", "GET"]
    assert len(others) == 3
    for notice in others:
        assert "actionLinks" not in notice["data"]
        notice["data"]["actionLinks"] = links
        assert not accepts("portal-events", "SimTransferEvent", notice)
    del request["data"]["actionLinks"]
    assert not accepts("portal-events", "SimTransferEvent", request)


def test_the_notices_of_a_transfer_have_the_published_words() -> None:
    """The four messages, with our companies in them (P§4.5)."""
    assert [event["data"]["message"] for event in events("SimTransferEvent")] == [
        "You have received a request from 'Secondary Test Company' to add SIM cards to your inventory. "
        "Please follow the link to accept or reject them.",
        "'Main Test Company' has rejected your SIM Transfer request.",
        "'Secondary Test Company' has cancelled the request to transfer SIM cards.",
        "The SIM Transfer between 'Secondary Test Company' and 'Main Test Company' has been completed.",
    ]
    assert {event["data"]["signupID"] for event in events("SimTransferEvent")} == {"708855337"}


def test_ids_of_event_examples_are_their_own() -> None:
    """No two examples share an event id, and none is a signup id (P§5.1, trap 13)."""
    every = [event for component in KEYS for event in events(component)]
    assert len({event["id"] for event in every}) == len(every)
    assert not {event["id"][-9:] for event in every} & {event["data"].get("signupID") for event in every}


@pytest.mark.parametrize("media", ["text/event-stream", "application/stream+json"])
def test_the_stream_examples_are_frames_of_events(media: str) -> None:
    """A frame is data, a blank and one line; or just the line (P§6.2)."""
    _, _, described = operation("openEventStream")
    example = described["responses"]["200"]["content"][media]["example"]
    if media == "text/event-stream":
        assert example.startswith("data: ")
        assert example.endswith("\n\n")
        example = example.removeprefix("data: ")[:-1]
    assert example.count("\n") == 1
    event = json.loads(example)
    assert accepts("portal-events", "Event", event)
    assert list(event) == ENVELOPE
