"""Names of radio access technologies, the same on every surface but where an operator publishes its own."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from operator_emulator.core.network.model import Rat
from operator_emulator.core.world.errors import Malformed

NAMES: Final[Mapping[Rat, str]] = MappingProxyType(
    {
        Rat.GERAN_2G: "2G",
        Rat.UTRAN_3G: "3G",
        Rat.HSPA_PLUS: "HSPA+",
        Rat.LTE: "LTE",
        Rat.CAT_M: "CAT-M",
        Rat.NB_IOT: "NB-IoT",
    }
)
OTHER_NAMES: Final[Mapping[str, Rat]] = MappingProxyType(
    {"GSM": Rat.GERAN_2G, "UMTS": Rat.UTRAN_3G, "HSPA": Rat.HSPA_PLUS, "4G": Rat.LTE, "LTE-M": Rat.CAT_M}
)


def _folded(text: str) -> str:
    return text.casefold().translate({ord(mark): None for mark in "-_ "})


_KNOWN: Final = {
    **{_folded(rat.name): rat for rat in Rat},
    **{_folded(name): rat for rat, name in NAMES.items()},
    **{_folded(name): rat for name, rat in OTHER_NAMES.items()},
}


def read(text: str) -> Rat:
    """The technology of this name, in any case, with or without hyphens, underscores and blanks. Raises Malformed."""
    try:
        return _KNOWN[_folded(text)]
    except KeyError:
        raise Malformed("rat", f"must be one of {', '.join(NAMES.values())}") from None
