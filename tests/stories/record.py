"""Plays the story in ``story.txt`` and records every exchange, byte for byte.

Run ``python -m tests.stories.record`` in the root of the repository to record it again. Do so when an answer is meant
to change, and review the difference in ``recorded_story.txt`` together with the change that caused it.

Each chapter is played against an emulator of its own: the demo world, in process, with a manual clock. The lines of
the script:

* ``chapter NAME {settings}`` starts a chapter. Chapters that follow each other directly share the lines below them.
* ``METHOD target <header: value> body`` sends a request. The body is JSON, ``form:...`` or ``text:...``. ``[a|b]`` in
  the target, or ``||`` between bodies, sends one request for each. Requests joined by ``&`` run concurrently.
* ``let name = value`` defines ``$name`` for the lines that follow; ``let name < key.0.key`` takes the value from the
  last JSON answer. While ``$bearer`` is set, every request carries it as its token.
* ``customer 500 refused`` sets the next answers of the customer's endpoint. After those it answers 200.
* ``#`` starts a comment.
"""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from string import Template
from typing import Any, Final

from operator_emulator.settings import Settings
from tests.conftest import Customer
from tests.direct import Answer, Direct

HERE: Final = Path(__file__).parent
SCRIPT: Final = HERE / "story.txt"
RECORDED: Final = HERE / "recorded_story.txt"

NOW: Final = datetime(2026, 3, 18, 9, 30, tzinfo=UTC)  # real time, which the journal shows
CHAPTER, EXCHANGE, CALLBACK = "##### chapter ", "### ", "--> "

# These vary from run to run or from machine to machine: the duration of an exchange, the size of a snapshot (it
# depends on the SQLite library), and the version of the release. Nothing else is normalised.
VARYING: Final = re.compile(r'("(?:milliseconds|octets)":)\d[\d.e-]*|("version":)"[^"]*"')
METHODS: Final = ("get", "put", "post", "patch", "delete")


class Story:
    """Plays the lines of one chapter; *records* are the exchanges so far."""

    def __init__(self, direct: Direct, customer: Customer) -> None:
        self.records: list[str] = []
        self._direct = direct
        self._customer = customer
        self._names: dict[str, str] = {}
        self._last: Any = None

    def play(self, line: str) -> None:
        line = Template(line).safe_substitute(self._names)
        word, _, rest = line.partition(" ")
        if word == "let":
            self._define(rest)
        elif word == "customer":
            self._customer.answers = [int(one) if one.isdigit() else one for one in rest.split()]
        elif " & " in line:
            self._send_concurrently(line.split(" & "))
        else:
            for request in requests_of(line):
                self._send(request)

    def _define(self, rest: str) -> None:
        name, equals, value = rest.partition(" = ")
        if not equals:
            name, _, path = rest.partition(" < ")
            value = self._last.json()
            for key in path.split("."):
                value = value[int(key) if key.isdigit() else key]
        self._names[name] = str(value).removeprefix("http://operator.test")

    def _send(self, line: str) -> None:
        method, target, headers, body = parse(line)
        bearer = self._names.get("bearer")
        if bearer and "authorization" not in headers:
            headers["authorization"] = f"Bearer {bearer}"
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        try:
            self._record(line, self._direct.ask(method, target, headers=raw, body=body))
        except ConnectionResetError as error:
            self._record(line, error)

    def _send_concurrently(self, lines: list[str]) -> None:
        parsed = [(method, target, json.loads(body or b"null")) for method, target, _, body in map(parse, lines)]
        answers = self._direct.ask_at_once(*parsed, token=self._names["bearer"])
        for line, answer in zip(lines, answers, strict=True):
            self._record(line, answer)

    def _record(self, line: str, answer: Answer | ConnectionResetError) -> None:
        """Append the exchange, followed by the callbacks that were sent before its answer arrived."""
        text = [f"{EXCHANGE}{len(self.records) + 1} {line}"]
        text += lines_of(answer) if isinstance(answer, Answer) else [repr(answer)]
        for callback in self._customer.received:
            text += [f"{CALLBACK}{callback.method} {callback.url}", *headers_of(callback.headers), ""]
            text.append(callback.body.decode())
        self._customer.received.clear()
        self.records.append("\n".join(text) + "\n")
        self._last = answer


def requests_of(line: str) -> Iterator[str]:
    """``[GET|PUT] /[a|b] {} || []`` is eight requests."""
    head, *bodies = re.split(r" (?=[{[]|form:|text:)", line, maxsplit=1)
    parts = re.split(r"\[([^][\s]*\|[^][\s]*)\]", head)  # the odd ones are alternatives
    choices = [part.split("|") if number % 2 else [part] for number, part in enumerate(parts)]
    for *chosen, body in product(*choices, bodies[0].split(" || ") if bodies else [""]):
        yield f"{''.join(chosen)} {body}".rstrip()


def parse(line: str) -> tuple[str, str, dict[str, str], bytes]:
    """Method, target, headers and body of a request."""
    match = re.fullmatch(r"([A-Z]+) (\S+)((?: <[^>]*>)*)(?: (form:|text:|)(.*))?", line)
    assert match, f"not a request: {line}"
    method, target, given, kind, body = match.groups(default="")
    types = {"form:": "application/x-www-form-urlencoded", "": "application/json"}
    headers = {"content-type": types[kind]} if body and kind in types else {}
    return method, target, headers | dict(re.findall(r"<([^:]+): ([^>]*)>", given)), body.encode()


def lines_of(answer: Answer) -> list[str]:
    """Status, headers and body. Of an OpenAPI document only the operations: its wording is not behaviour."""
    body, headers = answer.text, dict(answer.headers)
    if body.startswith('{"openapi":'):
        body = "\n".join(operations_of(json.loads(body)))
    body = VARYING.sub(r'\1\2"..."', body)
    if body != answer.text and "content-length" in headers:
        headers["content-length"] = "..."
    return [str(answer.status), *headers_of(headers.items()), "", body]


def headers_of(headers: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{name}: {value}" for name, value in headers]


def operations_of(document: Any) -> Iterator[str]:
    """``get /clock getClock`` for each operation of an OpenAPI document."""
    for path, item in document["paths"].items():
        yield from (f"{method} {path} {item[method]['operationId']}" for method in METHODS if method in item)


def chapters() -> dict[str, list[str]]:
    """The lines of each chapter, by its name and settings."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    shared = False
    for line in SCRIPT.read_text(encoding="utf-8").splitlines():
        if line.startswith("chapter "):
            lines = lines if shared else []
            found[line.removeprefix("chapter ")] = lines
            shared = True
        elif line and not line.startswith("#"):
            lines.append(line)
            shared = False
    return found


def play(chapter: str) -> list[str]:
    """The exchanges of a chapter, one text each."""
    _, _, settings = chapter.partition(" ")
    customer = Customer()
    with Direct(Settings(clock="manual", seed=7, **json.loads(settings)), customer, now=lambda: NOW) as direct:
        story = Story(direct, customer)
        for line in chapters()[chapter]:
            story.play(line)
    return story.records


def recorded() -> dict[str, list[str]]:
    """The recorded exchanges of each chapter."""
    found = {}
    for part in RECORDED.read_bytes().decode().split(CHAPTER)[1:]:
        chapter, _, text = part.partition("\n")
        found[chapter] = re.split(rf"(?m)^(?={EXCHANGE}\d)", text)[1:]
    return found


def main() -> None:
    texts = [f"{CHAPTER}{chapter}\n{''.join(play(chapter))}" for chapter in chapters()]
    RECORDED.write_bytes("".join(texts).encode())


if __name__ == "__main__":
    main()
