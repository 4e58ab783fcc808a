"""Numbers: check digits, and plausible identities where a fixture leaves them out.

Identities are strings of ASCII digits. Each is a function of the ICCID, so the same fixture always makes the same
world.

A **card** is an ICCID without its check digit, 19 digits. Every derived identity consists of a prefix and the card's
last eight digits, the *serial*. The digits before the serial choose the numbering plan (`PLANS`). Within one plan,
different serials give different identities.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal

from operator_emulator.core.world.errors import Malformed


@dataclass(frozen=True, slots=True)
class Plan:
    """How one operator numbers its SIMs. Each prefix is followed by the eight digits of the serial."""

    iccid: str  # of new cards, 11 digits
    imsi: str  # 7 digits: MCC, MNC and two more
    msisdn: str
    check_digit: bool = False  # ICCIDs are written with their 20th digit


# D§15: 8988228066602306770 ↔ 901405102306770 ↔ 882285102306770.
GLOBAL: Final = Plan("89882280666", "9014051", "8822851")
# P§9: 8949020000157526886 and its check digit 0. The relation to IMSI and MSISDN is assumed.
GERMANY: Final = Plan("89490200001", "2620150", "49151", check_digit=True)
# P§9: 8999829699800485278 and 4367619128340; the relation is assumed, too.
AUSTRIA: Final = Plan("89998296998", "2320350", "43676")
# D§15 only says that cards 8988303… have numbers 883…. The middle digits differ from those of other plans.
GLOBAL_883: Final = Plan("89883030001", "9014052", "8830352")
# Any other card; its numbers are assumed to be those of the global operator.
UNKNOWN: Final = Plan("89882280666", "9014059", "8822859")

# The plan of a card, by the digits that it begins with.
PLANS: Final = (
    ("8988228", GLOBAL),  # 2021 and later
    ("8988280", GLOBAL),  # 2018
    ("8988303", GLOBAL_883),
    ("8949", GERMANY),
    ("8943", AUSTRIA),
    ("89998296", AUSTRIA),
    ("", UNKNOWN),
)

FIRST_ICCID: Final = "8988228066600000001"  # of the packaged world
LARGEST_BLOCK: Final = 100_000  # SIMs
BLOCKS: Final = 99  # in one world

# Type allocation codes of IoT modules, each seen in a maker's manual or a public device log.
TYPE_ALLOCATION_CODES: Final = (
    "86823905",  # recorded in the operator's own answers (D§7.1)
    "86642503",  # Quectel BG96
    "35265610",  # Nordic Semiconductor nRF9160
    "35752007",  # u-blox SARA-R4
    "86995103",  # SIMCom SIM7000G
    "86977702",  # SIMCom SIM7600
    "86973105",  # SIMCom A7670
    "86706003",  # Teltonika FM3001
    "35227910",  # Fibocom L860-GL
    "86520402",  # Fibocom L860
)

Node = Literal["msc", "vlr", "sgsn"]

# Recorded: MSC 491700160000, VLR 491700970000, SGSN 491600301340 (D§9.3, 11.2).
_NODES: Final[dict[Node, str]] = {"msc": "016", "vlr": "097", "sgsn": "030"}
# National destination codes of German networks; elsewhere 6 and the MNC: Plus in Poland is 48601.
_DESTINATIONS: Final = {("49", "01"): "170", ("49", "02"): "172", ("49", "03"): "177"}

_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)  # twice the digit, its own digits added


# --------------------------------------------------------------------------------------------- check digits


def luhn(digits: str) -> str:
    """The check digit that belongs after *digits* (ISO/IEC 7812-1, annex B).

    Why no library: this formula is all that we would use of one, and everybody who installs us would get it, too.
    """
    backwards = [int(digit) for digit in reversed(digits)]
    return str(-(sum(_DOUBLED[digit] for digit in backwards[::2]) + sum(backwards[1::2])) % 10)


def without_luhn(iccid: str) -> str:
    """The card: the first 19 digits of an ICCID, whether or not the check digit follows."""
    return iccid[:19]


def iccid_with_luhn(iccid: str) -> str:
    """All 20 digits. An ICCID that has 20 already keeps its last one, right or wrong."""
    return iccid if len(iccid) == 20 else iccid + luhn(iccid)


# --------------------------------------------------------------------------------------------- identities


def same_device(one: str, other: str) -> bool:
    """Whether two IMEIs or IMEISVs are of one device: type and serial, 14 digits, decide (P§9, D§15)."""
    return one[:14] == other[:14]


def plan_of(iccid: str) -> Plan:
    """The numbering plan of a card."""
    return next(plan for prefix, plan in PLANS if iccid.startswith(prefix))


def imsi_for(iccid: str) -> str:
    """15 digits. The relation to the ICCID is as recorded, where one was recorded (D§15)."""
    return plan_of(iccid).imsi + _serial(iccid)


def msisdn_for(iccid: str, core: int = 1) -> str:
    """13 or 15 digits without a plus sign. The relation to the ICCID is as recorded, where one was (D§15).

    On the second core network a number does not end like the IMSI (V§4.3: 901405180005433 has
    882285110127502). The relation is unknown; here the serial's first digit is replaced, 8 by 1.
    """
    serial = _serial(iccid)
    return plan_of(iccid).msisdn + (serial if core == 1 else f"{(int(serial[0]) + 3) % 10}{serial[1:]}")


def imeisv_for(iccid: str, n: int = 0) -> str:
    """The IMEISV, 16 digits, of the *n*th device that holds the card: type 8, serial 6, software version 2.

    The ten types alternate along a range of cards. Devices 0 to 9 of a card have different types; from 10 on the
    types repeat with newer software. Device *n* of two cards is never the same if the last seven digits of the
    cards differ.
    """
    serial = int(_serial(iccid))
    kind = TYPE_ALLOCATION_CODES[(serial + serial // 1_000_000 + n) % len(TYPE_ALLOCATION_CODES)]
    return f"{kind}{serial % 1_000_000:06}{n // len(TYPE_ALLOCATION_CODES) % 98 + 1:02}"  # 99 is reserved


def ip_address_for(organisation: int, index: int) -> str:
    """The static private address of an organisation's SIM number *index*, from 0 (D§15).

    Each organisation has its own network in 10.0.0.0/8, without addresses that end in 0 or 255. It begins at one of
    64 places, 260,096 addresses apart. Networks of organisations may overlap, as private networks do.
    """
    subnet, host = divmod(index, 254)
    subnet = (organisation * 1024 + subnet) % 65536
    return f"10.{subnet // 256}.{subnet % 256}.{host + 1}"


def network_node(country_code: str, mnc: str, kind: Node, n: int = 0) -> str:
    """The E.164 number, at most 13 digits, of the *n*th switch of a kind in a visited network, n < 10,000."""
    destination = _DESTINATIONS.get((country_code, mnc)) or mnc.rjust(3, "6")
    return f"{country_code}{destination}{_NODES[kind]}{n:04}"


# --------------------------------------------------------------------------------------------- ranges


def iccid_range(first: str, count: int) -> list[str]:
    """*count* consecutive cards from *first* on. If *first* has a check digit, each card gets one (D§15)."""
    card = without_luhn(first)
    cards = (f"{number:0{len(card)}}" for number in range(int(card), int(card) + count))
    return [card + luhn(card) for card in cards] if len(first) == 20 else list(cards)


def generate_iccids(block: int, count: int, *, seed: int, organisation: int, plan: Plan = GLOBAL) -> list[str]:
    """*count* consecutive ICCIDs for the generate block number *block*, 1 to 99, of a world.

    The serial is ``L BB NNNNN``: L from 1 to 9, drawn from seed and organisation; BB the block; NNNNN the index in
    the block. Blocks of a world have different numbers, so the last seven digits differ whatever L is, and no ICCID,
    IMSI, MSISDN or IMEI can occur twice. L is never 0: those 10 million serials, among them the demo world's and the
    recorded ones, are for fixtures that write ICCIDs by hand.

    Raises Malformed if there are more blocks, or more SIMs in one, than the digits can distinguish.
    """
    if not 1 <= block <= BLOCKS:
        raise Malformed("generate", f"is possible only {BLOCKS} times in one world")
    if not 0 <= count <= LARGEST_BLOCK:
        raise Malformed("sims", f"must be from 0 to {LARGEST_BLOCK} in one block")
    drawn = 1 + int.from_bytes(sha256(f"{seed} {organisation}".encode()).digest()) % 9
    card = f"{plan.iccid}{drawn}{block:02}00000"
    return iccid_range(card + luhn(card) if plan.check_digit else card, count)


def _serial(iccid: str) -> str:
    return without_luhn(iccid)[-8:]
