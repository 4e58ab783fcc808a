"""What the endpoints of the control plane may ask for beside the engine."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from operator_emulator.core.tester.model import RateLimit
from operator_emulator.core.world.model import Event
from operator_emulator.runtime.journal import Journal
from operator_emulator.settings import Settings
from operator_emulator.surface import Migration, NetworkSettings
from operator_emulator.web.context import context_of


@dataclass(frozen=True, slots=True)
class Control:
    """What the surface hands to its endpoints; *rate_limits* are those that the operators publish, *describe*
    gives severity and sentence of an event."""

    settings: Settings
    journal: Journal
    rate_limits: tuple[RateLimit, ...]
    describe: Callable[[Event], tuple[str, str]]
    migration: Migration | None = None
    network: NetworkSettings | None = None


def control_of(request: Request) -> Control:
    control: Control = context_of(request).surface
    return control


def journal_of(request: Request) -> Journal:
    return control_of(request).journal


def settings_of(request: Request) -> Settings:
    return control_of(request).settings
