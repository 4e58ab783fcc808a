"""Settings: one frozen value, read once from flags and environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What ``serve`` and ``create_app`` can be told. *policy* overrides fields of ``core.world.policy.Policy``."""

    host: str = "127.0.0.1"
    port: int = 8080
    fixture: Path | None = None  # None: the packaged demo world
    data: Path | None = None  # None: in memory
    clock: Literal["real", "manual"] = "real"
    speed: float = 1.0  # virtual seconds in a real one, when the clock is real
    edition: str = "1nce"
    seed: int | None = None  # None: the fixture's own
    log_level: str = "info"
    contract: Literal["note", "strict"] = "note"
    raise_violations: bool = False  # for tests: an answer that breaks the contract raises
    portal_key: Path | None = None  # RSA, PEM: signs the portal's tokens; None: the package's test key
    control_token: str | None = None  # opens /_emulator from anywhere
    control_open: bool = False  # /_emulator answers to other machines too
    journal: int = 1000  # how many exchanges are kept
    policy: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """The pace of the world's clock."""
        return 0.0 if self.clock == "manual" else self.speed
