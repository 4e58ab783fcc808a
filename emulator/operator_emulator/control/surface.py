"""Surface: the control plane, for the person who tests. Reset, move time, play the device, look back."""

from collections.abc import Iterable, Sequence
from functools import partial

from operator_emulator import resources
from operator_emulator.control import routes
from operator_emulator.control.admission import Admission
from operator_emulator.control.context import Control
from operator_emulator.control.errors import refuse
from operator_emulator.core.world.model import Event
from operator_emulator.runtime.journal import Journal
from operator_emulator.settings import Settings
from operator_emulator.surface import Describe, Surface
from operator_emulator.web.openapi import Document
from operator_emulator.web.router import Router

BASE = "/_emulator"


def describe(words: Iterable[Describe], event: Event) -> tuple[str, str]:
    """Severity and sentence of an event, by the first operator that has words for it."""
    for described in (say(event) for say in words):
        if described is not None:
            return described
    return "Info", event.type.replace("-", " ").capitalize() + "."


def control(settings: Settings, journal: Journal, operators: Sequence[Surface]) -> Surface:
    """The surface beside those of *operators*."""
    document = Document.load(resources.spec("control.yaml"), base=BASE, raises=settings.raise_violations)
    router = Router(
        routes.build(document),
        base=BASE,
        refuse=refuse,
        admit=Admission(settings.control_token, settings.control_open),
        surface=Control(
            settings,
            journal,
            tuple(limit for operator in operators for limit in operator.rate_limits),
            partial(describe, [operator.describe for operator in operators if operator.describe is not None]),
            next((operator.migration for operator in operators if operator.migration is not None), None),
            next((operator.network for operator in operators if operator.network is not None), None),
        ),
    )
    return Surface(
        title="Control plane",
        address=BASE,
        apps={f"{BASE}/": lambda: router},
        documents={"/explorer/control.json": lambda: document},
        journaled=False,
    )
