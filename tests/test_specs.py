"""The descriptions of the management API and of its pushes: valid, true to what is published, in our words."""

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from operator_emulator.web.openapi import METHODS, follow, read_yaml, replace_emulated

ROOT = Path(__file__).parent.parent
PUBLISHED = ROOT.parent / "shared" / "reference" / "published"  # the operator's own files, where somebody has them
PUBLISHED_V1 = [path for path in sorted(PUBLISHED.glob("*.yml")) if not path.stem.endswith("-v2")]
DRIFT = ROOT.parent / "shared" / "check" / "spec_drift.py"
OURS = ("management", "management-v2", "forwarder", "data-streamer")

Pointer = tuple[str, ...]

# Answers a request on a known path that belongs to no operation, so no operation can refer to it.
BELONGS_TO_NO_OPERATION = {("responses", "MethodNotAllowed"), ("headers", "Allow")}
# Published, and never sent: the emulator answers 201 (D§13).
NEVER_SENT = ("paths", "/v1/orders", "post", "responses", "200")

all_of_them = pytest.mark.parametrize("name", OURS)
needs_published = pytest.mark.skipif(not PUBLISHED.exists(), reason="the published files are not here")


@cache
def spec(name: str) -> dict[str, Any]:
    return read_yaml(ROOT / "specs" / f"{name}.yaml")


class Reference:
    """A document's schemas as jsonschema sees them, with what is emulated in place of what is published."""

    def __init__(self, name: str) -> None:
        document = DRAFT202012.create_resource(replace_emulated(spec(name)))
        self._registry: Registry[Any] = Registry().with_resource("urn:document", document)

    def accepts(self, pointer: Pointer, value: Any) -> bool:
        where = "/".join(part.replace("~", "~0").replace("/", "~1") for part in pointer)
        schema = {"$ref": f"urn:document#/{where}"}
        return Draft202012Validator(schema, registry=self._registry).is_valid(value)


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


def examples(document: dict[str, Any]) -> Iterator[tuple[Pointer, Any]]:
    """Every example, with the place of the schema that it must keep to."""
    for pointer, node in nodes(document):
        if "schema" in node:  # a media type, a parameter or a header
            if "example" in node:
                yield (*pointer, "schema"), node["example"]
            for example in node.get("examples", {}).values():
                yield (*pointer, "schema"), example["value"]
        else:
            for value in node.get("examples", ()):
                yield pointer, value


def operations(document: dict[str, Any]) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    for root in ("paths", "webhooks"):
        for path, item in document.get(root, {}).items():
            for method in METHODS:
                if method in item:
                    yield (root, path, method), item[method]


def contents(holder: dict[str, Any]) -> list[dict[str, Any]]:
    return list(holder.get("content", {}).values())


def spoilt(value: Any) -> Iterator[tuple[str, Any]]:
    """*value* with one unknown field or one null more, at each place where it could be, and the field's name."""
    if isinstance(value, dict):
        yield "surplus", value | {"surplus": 1}
        for key, child in value.items():
            yield key, value | {key: None}
            for field, other in spoilt(child):
                yield field, value | {key: other}
    elif isinstance(value, list):
        for index, child in enumerate(value):
            for field, other in spoilt(child):
                yield field, [*value[:index], other, *value[index + 1 :]]


@all_of_them
def test_the_document_is_valid_openapi_3_1(name: str) -> None:
    """A tool that reads OpenAPI 3.1 reads it."""
    assert spec(name)["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(spec(name)).iter_errors()] == []


def test_the_documents_have_every_operation_once() -> None:
    """Thirty operations of version 1, thirteen and three assumed ones of version 2; two webhooks and five."""
    names = {name: [operation["operationId"] for _, operation in operations(spec(name))] for name in OURS}
    assert {name: len(set(ids)) for name, ids in names.items()} == {name: len(ids) for name, ids in names.items()}
    assert (len(names["management"]), len(names["management-v2"])) == (30, 16)
    assert names["forwarder"] == ["mobileOriginatedSms", "deliveryReport"]
    assert names["data-streamer"] == ["ds1Events", "ds1Usage", "ds2Events", "ds2Usage", "ds2Sms"]


@all_of_them
def test_every_operation_says_what_it_is_and_shows_its_bodies(name: str) -> None:
    """Each has a name, a summary and a description, and an example of every body."""
    lacking: list[tuple[Pointer, Any]] = []
    for pointer, operation in operations(spec(name)):
        lacking += [(pointer, key) for key in ("operationId", "summary", "description") if not operation.get(key)]
        holders: dict[Pointer, Any] = {("requestBody",): operation.get("requestBody", {})}
        for status in operation["responses"]:
            if status.startswith("2"):
                _, response = follow(spec(name), (*pointer, "responses", status))
                holders["responses", status] = response
        for where, holder in holders.items():
            lacking += [(pointer, where) for content in contents(holder) if not content.get("examples")]
    assert lacking == []


@pytest.mark.parametrize("path", sorted((ROOT / "specs").glob("*.yaml")), ids=lambda path: path.stem)
def test_no_text_ends_at_a_comma(path: Path) -> None:
    """In braces YAML does that to text without quotes, and takes the rest for a key without a value."""
    empty = [
        (*pointer, key) for pointer, node in nodes(read_yaml(path)) for key, value in node.items() if value is None
    ]
    assert [pointer for pointer in empty if pointer[-1] not in ("const", "default")] == []


@all_of_them
def test_every_example_keeps_to_its_schema(name: str) -> None:
    """No example shows what the emulator would not send or the operator would not take."""
    reference = Reference(name)
    shown = list(examples(spec(name)))
    assert len(shown) > 5
    assert [pointer for pointer, value in shown if not reference.accepts(pointer, value)] == []


def test_a_surplus_field_or_a_null_in_an_answer_is_a_violation() -> None:
    """Answers leave out what is empty and have no fields of their own (D§6), and the contract can tell."""
    reference = Reference("management")
    answers = [
        (pointer, value)
        for pointer, value in examples(spec("management"))
        if "responses" in pointer and pointer[: len(NEVER_SENT)] != NEVER_SENT
    ]
    assert len(answers) > 40
    assert [
        (pointer, wrong)
        for pointer, value in answers
        for _, wrong in spoilt(value)
        if reference.accepts(pointer, wrong)
    ] == []


def test_a_surplus_field_or_a_null_in_a_callback_is_a_violation() -> None:
    """What is pushed has exactly the documented keys (D§10.2, 10.3)."""
    reference = Reference("forwarder")
    bodies = [(pointer, value) for pointer, value in examples(spec("forwarder")) if "requestBody" in pointer]
    assert len(bodies) == 7
    assert [
        (pointer, wrong) for pointer, value in bodies for _, wrong in spoilt(value) if reference.accepts(pointer, wrong)
    ] == []


def test_version_2_sends_null_only_where_the_operator_says_so() -> None:
    """Nullable are two fields of a message, and some of an event (V§4.3); a surplus field is a violation anywhere."""
    reference = Reference("management-v2")
    document = spec("management-v2")
    answers = [(pointer, value) for pointer, value in examples(document) if "responses" in pointer]
    assert len(answers) > 25
    accepted = {
        field for pointer, value in answers for field, wrong in spoilt(value) if reference.accepts(pointer, wrong)
    }
    assert accepted == {
        *("retry_date", "gsm_map_error", "user"),
        *("rac", "ci", "lac", "sac", "apn", "breakout_ip", "ipcan_session_id"),
    }


def test_a_batch_holds_records_of_one_kind_and_generation() -> None:
    """Each example is a batch of its own kind and of no other, and neither empty nor larger than 3,000 (S§3)."""
    reference = Reference("data-streamer")
    document = spec("data-streamer")
    for name, item in document["webhooks"].items():
        for example in item["post"]["requestBody"]["content"]["application/json"]["examples"].values():
            batch = example["value"]
            kinds = [
                kind
                for kind, schema in document["components"]["schemas"].items()
                if schema.get("maxItems") and reference.accepts(("components", "schemas", kind), batch)
            ]
            assert kinds == [name[0].upper() + name[1:]]
            schema = ("components", "schemas", kinds[0])
            assert reference.accepts(schema, batch[:1] * 3000)
            assert not reference.accepts(schema, [])
            assert not reference.accepts(schema, batch[:1] * 3001)


def test_callbacks_of_one_edition_are_wrong_in_the_other() -> None:
    """Numbers today, strings in 2019: no body passes as both (D§10.2)."""
    reference = Reference("forwarder")
    for kind, webhook, method in (
        ("MoSms", "mobileOriginatedSms", "post"),
        ("DeliveryReport", "deliveryReport", "patch"),
    ):
        body = spec("forwarder")["webhooks"][webhook][method]["requestBody"]["content"]["application/json"]
        for label, example in body["examples"].items():
            old = label == "edition2019"
            assert reference.accepts(("components", "schemas", kind), example["value"]) is not old
            assert reference.accepts(("components", "schemas", f"{kind}2019"), example["value"]) is old


@all_of_them
def test_where_the_emulator_departs_from_the_published_schema_it_says_why(name: str) -> None:
    """Each x-emulated stands beside a description that names both sides."""
    unexplained = [
        pointer
        for pointer, node in nodes(spec(name))
        if "x-emulated" in node and "Published" not in node.get("description", "")
    ]
    assert unexplained == []


@all_of_them
def test_every_component_is_used(name: str) -> None:
    """Nothing is described that nobody refers to."""
    used = {tuple(node["$ref"].split("/")[2:]) for _, node in nodes(spec(name)) if "$ref" in node}
    schemes = {
        ("securitySchemes", key)
        for _, operation in operations(spec(name))
        for one in operation.get("security", ())
        for key in one
    }
    kept = {(kind, key) for kind, entries in spec(name)["components"].items() for key in entries}
    assert kept - used - schemes - BELONGS_TO_NO_OPERATION == set()


@needs_published
@pytest.mark.parametrize(
    ("name", "published"),
    [("management", PUBLISHED_V1), ("management-v2", [PUBLISHED / "sim-management-v2.yml"])],
    ids=["v1", "v2"],
)
def test_nothing_published_is_missing_or_different(name: str, published: list[Path]) -> None:
    """Every path, parameter, status, header and schema facet of the operator's files is in ours."""
    command = [sys.executable, str(DRIFT), str(ROOT / "specs" / f"{name}.yaml"), *map(str, published)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def sentences(document: dict[str, Any]) -> set[str]:
    """The sentences of four words and more in a document's prose, without markup and case."""
    found = set()
    for _, node in nodes(document):
        for key in ("description", "summary"):
            if isinstance(node.get(key), str):
                for sentence in re.split(r"[.:;]\s|\.$|\n\n", re.sub(r"<[^>]*>|[`*\"]", " ", node[key])):
                    words = sentence.lower().split()
                    if len(words) >= 4:
                        found.add(" ".join(words).strip(" .,"))
    return found


@needs_published
@all_of_them
def test_no_sentence_is_the_operators(name: str) -> None:
    """Facts carry over, wording does not."""
    published = set().union(*(sentences(read_yaml(path)) for path in sorted(PUBLISHED.glob("*.yml"))))
    assert len(published) > 100
    assert sentences(spec(name)) & published == set()
