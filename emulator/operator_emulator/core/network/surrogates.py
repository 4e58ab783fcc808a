"""Half a surrogate pair: legal in JSON (RFC 8259, 8.2) and in what a device sends, which counts units of UCS-2 and may
cut a character in two. Neither UTF-8 nor a table can hold it, so a private-use character stands for it in here.

U+10D800 to U+10DFFF, for U+D800 to U+DFFF: nobody is known to use these, the last but some of all characters.
"""

import re
from typing import Final

OFFSET: Final = 0x10_0000
HALVES: Final = re.compile("[\ud800-\udfff]")
_HIDING: Final = {half: half + OFFSET for half in range(0xD800, 0xE000)}
_SHOWING: Final = {standing: half for half, standing in _HIDING.items()}
_STANDING: Final = re.compile(rb"\xf4\x8d[\xa0-\xbf][\x80-\xbf]")  # in UTF-8


def hide(text: str) -> str:
    """*text* with a character in place of each half pair."""
    return text.translate(_HIDING)


def show(text: str) -> str:
    """The halves again."""
    return text.translate(_SHOWING)


def name(half: str) -> str:
    """A half as JSON writes it."""
    return f"\\u{ord(half):04x}"


def escape(json: bytes) -> bytes:
    """JSON with the halves again, which it can only hold as escapes."""
    if b"\xf4\x8d" not in json:
        return json
    return _STANDING.sub(lambda found: name(show(found[0].decode())).encode(), json)
