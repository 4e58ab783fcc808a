"""The refusals that only this surface knows, beside those of ``core.world.errors``."""

from dataclasses import dataclass

from operator_emulator.core.world.errors import Refusal


@dataclass(eq=False)
class Rejected(Refusal):
    """The gateway does not let a request through; *message* is all that it says (P§2.4)."""

    status: int
    message: str


@dataclass(eq=False)
class GrantRefused(Refusal):
    """The token issuer does not grant it, for another reason than the client's name and secret (P§2.3)."""

    status: int
    error: str
    description: str


@dataclass(eq=False)
class WrongType(Refusal):
    """A parameter that is not of its type, as Java calls it (P§8)."""

    name: str
    value: str
    type: str


@dataclass(eq=False)
class Gone(Refusal):
    """A deprecated method, switched off by ``policy.deprecated_methods``."""
