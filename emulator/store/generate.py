"""A plausible fleet, written as a fixture: the same bytes for the same seed, however many SIMs."""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final, TypeVar

from faker import Faker

from emulator.core import networks, numbering
from emulator.core.model import Network

Choice = TypeVar("Choice", bound=tuple[Any, ...])

ORGANISATION: Final = 4321
STEP: Final = 500  # SIMs between two words of progress
CITIES: Final = 150  # drawn for each country

# Every choice ends with its weight. What the devices are, and the megabytes that they use in a month.
KINDS: Final = (
    ("Pump", 0.4, 14),
    ("Tracker", 1.5, 22),
    ("Vending machine", 3.0, 12),
    ("Smart meter", 0.2, 16),
    ("Charging point", 4.0, 8),
    ("Lift", 0.6, 6),
    ("Weather station", 1.0, 6),
    ("Parking sensor", 0.1, 6),
    ("Cold store", 2.0, 5),
    ("Irrigation", 0.3, 5),
)
# Where they are: the PLMN of the network and the language of its towns.
PLACES: Final = (
    ("26201", "de_DE", 40),
    ("26202", "de_DE", 15),
    ("26001", "pl_PL", 12),
    ("23201", "de_AT", 9),
    ("20408", "nl_NL", 9),
    ("20801", "fr_FR", 8),
    ("23430", "en_GB", 5),
    ("310410", "en_US", 2),
)
RATS: Final = (("LTE", 62), ("CAT-M", 20), ("2G", 12), ("3G", 1), ("NB-IoT", 5))
# What became of them: the SIM's status and the device's, None for one that never was on the air.
STATES: Final = (
    ("Enabled", "ONLINE", 60),
    ("Enabled", "ATTACHED", 18),
    ("Enabled", "OFFLINE", 12),
    ("Enabled", None, 4),
    ("Disabled", "OFFLINE", 2),
    ("Issued", None, 4),
)

HEADER: Final = """\
# A fleet of {sims} SIMs, made by: operator-emulator fixture generate --sims {sims} --seed {seed}
version: 1
seed: {seed}
organisations:
  - id: {organisation}
    name: {name}
    users:
      - {{username: demo, password: demo, role: api}}
    sms_forwarder: {{url: "http://127.0.0.1:9099/sms"}}
    sims:
"""


def generate(
    sims: int, seed: int, write: Callable[[str], object], progress: Callable[[int], object] = lambda _: None
) -> None:
    """Write a fixture of so many SIMs, line by line; tell *progress* how many more there are now.

    At most 9,900,000 (99 blocks of 100,000). Raises Malformed beyond.
    """
    faker = Faker(list(dict.fromkeys(locale for _, locale, _ in PLACES)))
    faker.seed_instance(seed)
    chance = Random(seed)
    towns = {locale: [faker[locale].city() for _ in range(CITIES)] for _, locale, _ in PLACES}
    name = quoted(faker["de_DE"].company())
    write(HEADER.format(sims=sims, seed=seed, organisation=ORGANISATION, name=name))
    if not sims:
        write("      []\n")
    told = 0
    for number, iccid in enumerate(cards(sims, seed), 1):
        write(line(number, iccid, chance, towns))
        if number % STEP == 0 or number == sims:
            progress(number - told)
            told = number


def cards(sims: int, seed: int) -> Iterator[str]:
    for block, first in enumerate(range(0, sims, numbering.LARGEST_BLOCK), 1):
        count = min(numbering.LARGEST_BLOCK, sims - first)
        yield from numbering.generate_iccids(block, count, seed=seed, organisation=ORGANISATION)


def line(number: int, iccid: str, chance: Random, towns: dict[str, list[str]]) -> str:
    """One SIM, as one line of YAML."""
    kind, megabytes, _ = pick(chance, KINDS)
    plmn, locale, _ = pick(chance, PLACES)
    status, device, _ = pick(chance, STATES)
    label = quoted(f"{kind} {number:04}, {chance.choice(towns[locale])}")
    shown = (
        f'iccid: "{iccid}", imsi: "{numbering.imsi_for(iccid)}", '
        f'msisdn: "{numbering.msisdn_for(iccid)}", label: {label}'
    )
    if status != "Enabled":
        shown += f", status: {status}"
    if status != "Issued":
        age = chance.randint(2, 1500)
        shown += f", activated: {age}d ago"
        if device is not None:
            shown += f", device: {holder(iccid, device, networks.find(plmn), chance)}, "
            shown += f"quota: {{{left(age, megabytes, chance)}}}"
    return f"      - {{{shown}}}\n"


def holder(iccid: str, status: str, network: Network, chance: Random) -> str:
    """The device that holds the SIM."""
    rat, _ = pick(chance, RATS)
    imei = numbering.imeisv_for(iccid)
    return f'{{status: {status}, imei: "{imei}", operator: "{networks.plmn(network)}", rat: {rat}}}'


def left(age: int, megabytes: float, chance: Random) -> str:
    """What a device that uses so many megabytes a month has left after so many days."""
    data = max(0.0, 500 - age / 30 * megabytes * chance.uniform(0.5, 2))
    sms = max(0, 250 - round(age / 30 * chance.uniform(0, 4)))
    return f"data: {{left: {data:.3f}}}, sms: {{left: {sms}}}"


def pick(chance: Random, choices: tuple[Choice, ...]) -> Choice:
    return chance.choices(choices, [choice[-1] for choice in choices])[0]


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
