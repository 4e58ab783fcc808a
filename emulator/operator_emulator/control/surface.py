"""Surface: the control plane, for the person who tests. Reset, move time, play the device, look back."""

from collections.abc import Iterable

from operator_emulator import resources
from operator_emulator.control import routes
from operator_emulator.control.admission import Admission
from operator_emulator.control.context import Control
from operator_emulator.control.errors import refuse
from operator_emulator.runtime.journal import Journal
from operator_emulator.settings import Settings
from operator_emulator.surface import Surface
from operator_emulator.web.openapi import Document
from operator_emulator.web.router import Router

BASE = "/_emulator"


def control(settings: Settings, journal: Journal, operators: Iterable[Surface]) -> Surface:
    """The surface beside those of *operators*."""
    document = Document.load(resources.spec("control.yaml"), base=BASE, raises=settings.raise_violations)
    router = Router(
        routes.build(document),
        base=BASE,
        refuse=refuse,
        admit=Admission(settings.control_token, settings.control_open),
        surface=Control(settings, journal, tuple(limit for operator in operators for limit in operator.rate_limits)),
    )
    return Surface(
        title="Control plane",
        address=BASE,
        apps={f"{BASE}/": lambda: router},
        documents={"/explorer/control.json": lambda: document},
        journaled=False,
    )
