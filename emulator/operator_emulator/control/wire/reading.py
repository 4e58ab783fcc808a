"""From requests of the control plane to plain values.

The description is the judge of every request here: unlike the operator's, this API takes nothing that it
does not describe, so a misspelt field is a 400 and never a silent no.
"""

from collections.abc import Collection, Iterable
from typing import Any, Final

from starlette.requests import Request

from operator_emulator.core.world.errors import Malformed
from operator_emulator.web.context import operation_of
from operator_emulator.web.openapi import sentence
from operator_emulator.web.receive import has_body, read_json, typed

LARGEST: Final = 2**63 - 1  # what a table holds


async def read_object(request: Request, may_halve: Collection[str] = ()) -> dict[str, Any]:
    """The JSON body, as described; ``{}`` if there is none and none is required.

    Raises Malformed with the field, UnsupportedMediaType, TooLarge.
    """
    operation = operation_of(request)
    assert operation.body is not None, "the description says what the body is"
    if not operation.body_required and not has_body(request):
        return {}
    value = await read_json(request, may_halve)
    for error in operation.body.iter_errors(value):
        raise Malformed(*place_and_problem(error))
    body: dict[str, Any] = plain(value)
    return body


def plain(value: Any, place: str = "") -> Any:
    """The same JSON with an int for each whole number: a schema takes 4.0 for an integer, the nouns do not.

    Raises Malformed for integers of more than 64 bits, which no table could hold.
    """
    if isinstance(value, dict):
        return {name: plain(one, join(place, name)) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one, f"{place}[{index}]") for index, one in enumerate(value)]
    if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST:
        return int(value)
    if isinstance(value, int) and abs(value) > LARGEST:
        raise Malformed(place, "is too large")
    return value


def check(request: Request, component: str, value: Any, field: str) -> None:
    """Hold part of a body against a schema of the description by its name. Raises Malformed."""
    operation = operation_of(request)
    for error in operation.document.components[component].iter_errors(value):
        inner, problem = place_and_problem(error)
        raise Malformed(join(field, inner), problem)


def read_query(request: Request) -> dict[str, Any]:
    """The query parameters, typed as described. Raises Malformed for any that is not."""
    operation = operation_of(request)
    found: dict[str, Any] = {}
    for name, text in request.query_params.multi_items():
        parameter = operation.query.get(name)
        if parameter is None:
            raise Malformed(name, "is not a parameter of this operation")
        if name in found:
            raise Malformed(name, "is given twice")
        value = typed(text, parameter.type)
        for error in parameter.validator.iter_errors(value):
            raise Malformed(name, place_and_problem(error)[1])
        found[name] = plain(value, name)
    return found


def read_id(text: str) -> int:
    """A number in a path; whatever else stands there is the id of nothing, which 0 is."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def place_and_problem(error: Any) -> tuple[str, str]:
    """Where a value breaks the description, as field.field[index], and why."""
    path = dotted(error.instance_path)
    match error.kind.name:
        case "required":
            return join(path, error.kind.property), "is required"
        case "additionalProperties":
            return join(path, error.kind.unexpected[0]), "is not a known field"
        case "pattern":
            return path, f"must look like {error.kind.pattern}"
    return path, sentence(error)


def dotted(path: Iterable[str | int]) -> str:
    text = ""
    for part in path:
        text = f"{text}[{part}]" if isinstance(part, int) else join(text, part)
    return text


def join(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name
