"""The greeting of ``serve``: its URLs, and credentials that work."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Final

from operator_emulator.interception.hosts import Addresses
from operator_emulator.settings import Settings
from operator_emulator.surface import Login, Surface

CREDENTIALS_SHOWN: Final = 5


def greeting(
    surfaces: Sequence[Surface],
    logins: Sequence[tuple[str, Sequence[Login]]],
    settings: Settings,
    addresses: Addresses,
    *,
    continued: bool,
) -> str:
    base = addresses.http
    lines = [
        f"operator-emulator {version('operator-emulator')} is ready (edition {settings.edition}, "
        f"{settings.clock} clock, {settings.data or 'in memory'})",
        "",
        *(f"  {surface.title:16} {base}{surface.address}" for surface in surfaces),
        f"  {'Explorer':16} {base}/",
        *interception(addresses, settings),
        "",
    ]
    if continued:
        first = settings.fixture or "the demo world"
        lines += [f"  World            continued from the last run; POST /_emulator/reset loads {first}", ""]
    for title, found in logins:
        lines += credentials(title, found)
    if not any(found for _, found in logins):
        lines.append("  No logins: this fixture defines no users")
    lines += ["", "Stop it with Ctrl-C."]
    return "\n".join(lines)


def interception(addresses: Addresses, settings: Settings) -> list[str]:
    lines = []
    if addresses.https is not None:
        trust = "" if settings.tls_cert else "  (see 'operator-emulator ca')"
        lines.append(f"  {'HTTPS':16} {addresses.https}{trust}")
    if addresses.proxy is not None:
        lines.append(f"  {'Proxy':16} {addresses.proxy}  (see 'operator-emulator env')")
    return lines


def credentials(title: str, found: Sequence[Login]) -> list[str]:
    shown = found[:CREDENTIALS_SHOWN]
    lines = [f"  {'' if n else title:16} {name} / {secret}  ({owner})" for n, (owner, name, secret) in enumerate(shown)]
    if len(found) > len(shown):
        lines.append(f"  {'':16} … and {len(found) - len(shown)} more")
    return lines
