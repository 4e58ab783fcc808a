"""The control plane and its description."""

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from operator_emulator import resources
from operator_emulator.control import routes
from operator_emulator.web.openapi import METHODS, Document

SPEC = yaml.safe_load(resources.spec("control.yaml").read_bytes())
OPERATIONS = [
    (method, path, operation)
    for path, item in SPEC["paths"].items()
    for method, operation in item.items()
    if method in METHODS
]


def test_the_description_is_openapi() -> None:
    """Of version 3.1."""
    OpenAPIV31SpecValidator(SPEC).validate()


def test_every_operation_has_an_endpoint() -> None:
    """And every endpoint an operation, or ``route`` would have failed."""
    built = routes.build(Document.load(resources.spec("control.yaml"), base="/_emulator"))
    bound = {(route.operation.method.lower(), route.operation.path) for route in built}
    assert bound == {(method, path) for method, path, _ in OPERATIONS}


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=[f"{m} {p}" for m, p, _ in OPERATIONS])
def test_every_operation_explains_itself(method: str, path: str, operation: dict[str, object]) -> None:
    """It has an id, a summary, a known tag and a way to refuse."""
    assert operation["operationId"]
    assert operation["summary"]
    assert set(operation["tags"]) <= {tag["name"] for tag in SPEC["tags"]}  # type: ignore[call-overload]
    assert "default" in operation["responses"] or path == "/health"  # type: ignore[operator]


def test_operation_ids_are_unique() -> None:
    """Clients make methods of them."""
    ids = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(ids) == len(set(ids))


def test_examples_are_true() -> None:
    """Every example of a schema or body meets its schema."""
    document = Document.load(resources.spec("control.yaml"), base="/_emulator")
    for name, schema in SPEC["components"]["schemas"].items():
        if "example" in schema:
            assert document.components[name].is_valid(schema["example"]), name
    for method, path, operation in OPERATIONS:
        compiled = document.operations[method.upper(), path]
        for content in operation.get("requestBody", {}).get("content", {}).values():
            examples = [content["example"]] if "example" in content else []
            examples += [one["value"] for one in content.get("examples", {}).values()]
            for example in examples:
                assert compiled.body is None or compiled.body.is_valid(example), (path, example)
        for status, response in operation["responses"].items():
            for media, content in response.get("content", {}).items():
                if "example" in content and status != "default" and "json" in media:
                    validator = compiled.answers[int(status)]
                    assert validator is not None
                    assert validator.is_valid(content["example"]), (path, content["example"])
