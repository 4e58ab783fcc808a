"""The refusals of this surface alone; all others are in ``core.world.errors``."""

from dataclasses import dataclass

from operator_emulator.core.world.errors import Refusal


@dataclass(eq=False)
class Rejected(Refusal):
    """The gateway refuses a request with a lone *message* (P§2.4)."""

    status: int
    message: str


@dataclass(eq=False)
class GrantRefused(Refusal):
    """The token issuer refuses a grant for a reason other than the client's id and secret (P§2.3)."""

    status: int
    error: str
    description: str


@dataclass(eq=False)
class WrongType(Refusal):
    """A parameter does not have its type, which is named as in Java (P§8)."""

    name: str
    value: str
    type: str


@dataclass(eq=False)
class Gone(Refusal):
    """A deprecated method is switched off by ``policy.deprecated_methods``."""
