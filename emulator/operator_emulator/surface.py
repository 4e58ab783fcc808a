"""Surface: one API of the emulator as a value. A new one is a folder, a description, and one line in ``app``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp

from operator_emulator.core.tester.model import RateLimit
from operator_emulator.core.world.model import Event, Way
from operator_emulator.core.world.world import World
from operator_emulator.runtime.sender import Renderer
from operator_emulator.web.openapi import Document

Login = tuple[str, str, str]
"""Who owns it, name, secret."""


Describe = Callable[[Event], tuple[str, str] | None]
"""Severity and sentence of an event as its API has them; None if the API does not show it."""


Migration = Callable[[World, Callable[[int], Mapping[Any, Any]], int | None], dict[str, Any]]
"""A view: which calls of an ending version were made, as JSON. Takes the calls of an organisation, and which one."""


@dataclass(frozen=True, slots=True)
class Logins:
    """The credentials that the surface takes. *title* says what they are called there."""

    title: str
    view: Callable[[World], list[Login]]


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """The operator's network as its portal describes it: the SMSC's number, and the access point of each core."""

    smsc: str
    apns: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """All that the rest of the program knows of an API.

    *apps* answer the requests whose paths begin with their keys. *documents* are its descriptions by the addresses at
    which the explorer serves them. Both are made when they are first asked for. *renderers* make the requests that go
    to customers; *rate_limits* are those that the operator publishes; *describe* words an event; *migration* reports
    on a version that is about to end.
    """

    title: str
    address: str  # where its paths begin
    apps: Mapping[str, Callable[[], ASGIApp]]
    documents: Mapping[str, Callable[[], Document]]
    renderers: Mapping[Way, Renderer] = field(default_factory=dict)
    rate_limits: tuple[RateLimit, ...] = ()
    describe: Describe | None = None
    migration: Migration | None = None
    logins: Logins | None = None
    network: NetworkSettings | None = None
    journaled: bool = True
