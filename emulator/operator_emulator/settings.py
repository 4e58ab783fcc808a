"""Settings: one frozen value, read once from flags and environment."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

EDITIONS: Final = ("1nce", "1nce-2019", "bsc-2019", "easyconnect")  # as management.editions has them, the default first


@dataclass(frozen=True, slots=True)
class Option:
    """A setting that is a flag of ``serve`` and an environment variable; numbers go from *low* to *high*, in *unit*."""

    help: str
    default: str = ""  # how the help names a default that is no value
    low: float = -math.inf
    high: float = math.inf
    unit: str = ""
    choices: tuple[str, ...] = ()
    existing: bool = False  # a file that must be there
    folder: bool = False  # a folder, not a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of ``serve`` and ``create_app``. Raises ValueError for values out of range.

    *policy* overrides fields of ``core.world.policy.Policy``.
    """

    host: Annotated[str, Option("Address to listen on; localhost means 127.0.0.1 and ::1.")] = "localhost"
    port: Annotated[int, Option("Port to listen on; 0 picks a free one.", low=0, high=65535)] = 8080
    tls_port: Annotated[
        int | None, Option("Additional port for HTTPS; 0 picks a free one.", "none", low=0, high=65535)
    ] = None
    tls_cert: Annotated[
        Path | None,
        Option("Certificate chain for HTTPS (PEM).", "signed by the authority of --ca-dir", existing=True),
    ] = None
    tls_key: Annotated[Path | None, Option("Private key of --tls-cert (PEM).", "in the same file", existing=True)] = (
        None
    )
    proxy_port: Annotated[
        int | None,
        Option(
            "Additional port for an HTTP proxy to the operators' hosts; 0 picks a free one.", "none", low=0, high=65535
        ),
    ] = None
    proxy_pass: Annotated[bool, Option("Let the proxy forward requests to all other hosts.")] = False
    ca_dir: Annotated[
        Path | None, Option("Folder of the certificate authority.", "in the user's configuration folder", folder=True)
    ] = None
    fixture: Annotated[
        Path | None, Option("YAML file that describes the initial world.", "the packaged demo world", existing=True)
    ] = None
    webhook: Annotated[
        str | None, Option("URL that receives the callbacks of every organisation.", "that of the fixture")
    ] = None
    data: Annotated[
        Path | None, Option("SQLite file that keeps the world across restarts; created if absent.", "in memory")
    ] = None
    clock: Annotated[
        Literal["real", "manual"], Option("real: the clock runs by itself; manual: only you advance it.")
    ] = "real"
    speed: Annotated[
        float,
        Option(
            "Speed of the clock: 60 makes each real second a minute.", low=0.001, high=1_000_000, unit="times real time"
        ),
    ] = 1.0
    edition: Annotated[str, Option("Edition of the management API to emulate.", choices=EDITIONS)] = "1nce"
    seed: Annotated[
        int | None, Option("Seed of all random choices.", "the fixture's", low=-(2**63), high=2**63 - 1)
    ] = None
    contract: Annotated[
        Literal["note", "strict"],
        Option("Requests that violate the API description: note them in the journal, or refuse them."),
    ] = "note"
    portal_key: Annotated[
        Path | None,
        Option(
            "RSA private key (PEM) that signs the service portal's tokens.", "a test key in the package", existing=True
        ),
    ] = None
    control_token: Annotated[
        str | None, Option("Secret that clients of /_emulator must send in X-Emulator-Token.", "none")
    ] = None
    control_open: Annotated[bool, Option("Let other machines use /_emulator without a token.")] = False
    journal: Annotated[
        int,
        Option(
            "Number of exchanges that the journal keeps, with up to 64 MB of their bodies.",
            low=1,
            high=1_000_000,
            unit="exchanges",
        ),
    ] = 1000
    policy: Annotated[
        Mapping[str, Any], Option("Change a setting of the emulation, such as token_ttl=14400; may be repeated.")
    ] = field(default_factory=dict)
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Option("Lowest level of messages to log.")] = (
        "info"
    )
    raise_violations: bool = False  # for tests: an answer that breaks the contract raises

    def __post_init__(self) -> None:
        for name, (kind, option) in options().items():
            value = getattr(self, name)
            choices = choices_of(kind, option)
            if choices and value not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
            is_number = isinstance(value, int | float)
            if is_limited(kind, option, value) and not (is_number and option.low <= value <= option.high):
                raise ValueError(f"{name} must be from {option.low} to {option.high}, not {value!r}")
        if self.webhook is not None and not is_url(self.webhook):
            raise ValueError(f"webhook must be a URL such as http://localhost:9099/sms, not {self.webhook!r}")
        if self.tls_key is not None and self.tls_cert is None:
            raise ValueError("tls_key requires tls_cert")
        if self.tls_cert is not None and self.tls_port is None:
            raise ValueError("tls_cert requires tls_port")
        if self.proxy_pass and self.proxy_port is None:
            raise ValueError("proxy_pass requires proxy_port")

    @property
    def rate(self) -> float:
        """The pace of the world's clock."""
        return 0.0 if self.clock == "manual" else self.speed


@cache
def options() -> dict[str, tuple[Any, Option]]:
    """The settings that are flags, each with its type."""
    hints = get_type_hints(Settings, include_extras=True)
    annotated = {one.name: get_args(hints[one.name]) for one in fields(Settings)}
    return {name: (kind[0], kind[1]) for name, kind in annotated.items() if kind and isinstance(kind[-1], Option)}


def is_limited(kind: Any, option: Option, value: Any) -> bool:
    """Whether a setting is a number that has bounds. An optional one may be None."""
    return kind in (int, float) or (int in get_args(kind) and option.low > -math.inf and value is not None)


def is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def choices_of(kind: Any, option: Option) -> tuple[str, ...]:
    return get_args(kind) if get_origin(kind) is Literal else option.choices
