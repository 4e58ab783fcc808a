"""Redaction: what the journal shows of requests and responses, without tokens, passwords and secrets.

Names are compared as decoded: ``access%5Ftoken=`` and ``"access\\u005ftoken":`` are read like ``access_token``, too.
"""

import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote_plus

BLANKED: Final = "***"
SECRET_HEADERS: Final = frozenset({b"authorization", b"cookie", b"set-cookie", b"x-emulator-token"})
SECRETS: Final = frozenset(
    {
        "access_token",
        "apptoken",
        "assertion",
        "client_assertion",
        "client_secret",
        "id_token",
        "jwt",
        "password",
        "refresh_token",
    }
)
# A member of a JSON object whose value is no object or array; a body that was cut off may end within the value.
# The bound on the name, far above that of any secret, keeps a body of nothing but escaped quotes from taking minutes.
MEMBER: Final = re.compile(
    r'"(?P<name>(?:[^"\\]|\\.){0,100})"\s*:\s*(?P<value>"(?:[^"\\]|\\.)*(?:"|\\?$)|[^\s",{}\[\]]+)'
)
# Only the beginning of a name is tried, or a body of one long word would take minutes, too.
PARAMETER: Final = re.compile(r"(?<![^&=\s])(?P<name>[^&=\s]+)=(?P<value>[^&\s]*)")


def header(name: bytes, value: bytes) -> tuple[str, str]:
    lower = name.lower()
    return lower.decode("latin-1"), BLANKED if lower in SECRET_HEADERS else value.decode("latin-1")


def target(path: str) -> str:
    """A path or URL with its query, as it was sent otherwise."""
    bare, mark, query = path.partition("?")
    return bare + mark + form(query)


def body(octets: bytes) -> str:
    """JSON or a form; any other text is shown as it is."""
    text = octets.decode("utf-8", "backslashreplace")
    is_json = text.lstrip()[:1] in ("{", "[")
    if not may_name_secret(text, ("\\u",) if is_json else ("\\u", "%")):
        return text
    members = MEMBER.sub(_without_value, text)
    return members if is_json else form(members)


def form(text: str) -> str:
    """A query, or a body of the type ``application/x-www-form-urlencoded``."""
    return PARAMETER.sub(_without_parameter, text)


def may_name_secret(text: str, escapes: Iterable[str]) -> bool:
    """Whether the name of a secret is somewhere in it, or may be behind one of *escapes*.

    That takes a twentieth of the time of looking at each name, and a batch of 3,000 records has a hundred thousand.
    """
    if any(escape in text for escape in escapes):
        return True
    folded = text.casefold()
    return any(name in folded for name in SECRETS)


def is_secret(name: str) -> bool:
    return name.casefold() in SECRETS


def _without_parameter(one: re.Match[str]) -> str:
    return f"{one['name']}={BLANKED}" if is_secret(unquote_plus(one["name"])) else one[0]


def _without_value(member: re.Match[str]) -> str:
    if not is_secret(_unescaped(member["name"])):
        return member[0]
    start = member.start("value") - member.start()
    cut_off = member["value"].startswith('"') and not re.fullmatch(r'"(?:[^"\\]|\\.)*"', member["value"])
    return f'{member[0][:start]}"{BLANKED}' + ("" if cut_off else '"')


def _unescaped(name: str) -> str:
    try:
        return str(json.loads(f'"{name}"'))
    except ValueError:
        return name
