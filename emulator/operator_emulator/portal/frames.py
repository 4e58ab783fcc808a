"""Frames of an event stream, as the platform writes them (P§6.2): no id, event, retry or comment lines."""

from typing import Final

EVENT_STREAM: Final = "text/event-stream"
LINES: Final = "application/stream+json"


def media_type(accept: str) -> str:
    """Server-sent events for exactly that type; lines for anything else, even a list or a parameter that has it."""
    return EVENT_STREAM if accept == EVENT_STREAM else LINES


def frame(document: bytes, media_type: str) -> bytes:
    """One event, whose JSON document has no line breaks."""
    return b"data: " + document + b"\n\n" if media_type == EVENT_STREAM else document + b"\n"
