"""The journal: the newest exchanges, without secrets."""

import asyncio
from datetime import UTC, datetime

import pytest

from operator_emulator.runtime import redaction
from operator_emulator.runtime.journal import BODY_LIMIT, Exchange, Journal

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def exchange(path: str = "/") -> Exchange:
    return Exchange("inbound", "GET", path, NOW, NOW)


def test_the_newest_are_kept_and_the_others_counted() -> None:
    """Everything that is kept is bounded."""
    journal = Journal(limit=2)
    for path in ("/a", "/b", "/c"):
        journal.add(exchange(path))
    assert [(one.id, one.path) for one in journal] == [(2, "/b"), (3, "/c")]
    assert (len(journal), journal.let_go) == (2, 1)


def test_a_cleared_journal_numbers_anew() -> None:
    """After a reset the same story has the same numbers."""
    journal = Journal()
    journal.add(exchange())
    journal.clear()
    assert (len(journal), journal.let_go) == (0, 0)
    assert journal.add(exchange()).id == 1


def test_the_bell_rings_for_each_exchange() -> None:
    """So that a wait needs no polling."""

    async def listen() -> None:
        journal = Journal()
        heard = journal.bell.listen()
        journal.add(exchange())
        assert heard.is_set()

    asyncio.run(listen())


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"access_token":"abc","scope":"all"}', '{"access_token":"***","scope":"all"}'),
        (b'{"access_token" : "a\\"b"}', '{"access_token" : "***"}'),
        (b'{"id_token":"cut off', '{"id_token":"***'),
        (b"grant_type=x&client_secret=abc&scope=y", "grant_type=x&client_secret=***&scope=y"),
        (b"password=abc", "password=***"),
        (b"access%5Ftoken=abc&Client_Secret=d", "access%5Ftoken=***&Client_Secret=***"),
        (b'{"payload":"my password=no"}', '{"payload":"my password=no"}'),
        (b'{"payload":"a&password=no"}', '{"payload":"a&password=no"}'),
        (b'{"pass\\u0077ord": "x", "a": {"Password": 1234}}', '{"pass\\u0077ord": "***", "a": {"Password": "***"}}'),
        (b'{"password":null,"b\\q":1}', '{"password":"***","b\\q":1}'),
        (b'{"password":"cut\\', '{"password":"***'),
        (b"\xff", "\\xff"),
    ],
)
def test_secrets_in_bodies_are_blanked(body: bytes, shown: str) -> None:
    """Tokens, passwords, client secrets; in JSON and in forms, and cut off too."""
    assert redaction.body(body) == shown


@pytest.mark.parametrize("text", ["a" * BODY_LIMIT, '\\"' * (BODY_LIMIT // 2), '{"' + '\\"' * (BODY_LIMIT // 2)])
def test_a_long_body_without_secrets_is_shown_as_it_is(text: str) -> None:
    """One long word, or nothing but escaped quotes: looking for names in it once took most of a minute."""
    assert redaction.body(text.encode()) == text
    assert redaction.target("/?" + text) == "/?" + text


def test_secrets_in_headers_are_blanked() -> None:
    """Whatever their case."""
    one = exchange()
    one.raw_request_headers = [(b"Authorization", b"Bearer abc"), (b"Accept", b"*/*")]
    one.raw_response_headers = [(b"Set-Cookie", b"abc")]
    one.request_body, one.response_body = b"password=x", b'{"appToken":"x"}'
    assert one.request_headers == [("authorization", "***"), ("accept", "*/*")]
    assert one.response_headers == [("set-cookie", "***")]
    assert (one.request_text, one.response_text) == ("password=***", '{"appToken":"***"}')
