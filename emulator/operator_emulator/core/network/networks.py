"""Visited networks and the numbers of their switches."""

from dataclasses import dataclass
from typing import Final

from operator_emulator.core.network import numbering
from operator_emulator.core.network.model import Network
from operator_emulator.core.world.errors import Malformed


@dataclass(frozen=True, slots=True)
class Country:
    """*id* is the operator's internal id: 74 and 157 are published (D§8.1), the others are assumed."""

    id: int
    name: str
    iso: str
    code: str
    mcc: str
    latitude: str
    longitude: str


GERMANY: Final = Country(74, "Germany", "de", "49", "262", "51.000000", "9.000000")
POLAND: Final = Country(157, "Poland", "pl", "48", "260", "52.000000", "20.000000")
AUSTRIA: Final = Country(13, "Austria", "at", "43", "232", "47.333333", "13.333333")
NETHERLANDS: Final = Country(138, "Netherlands", "nl", "31", "204", "52.500000", "5.750000")
FRANCE: Final = Country(69, "France", "fr", "33", "208", "46.000000", "2.000000")
UNITED_KINGDOM: Final = Country(202, "United Kingdom", "gb", "44", "234", "54.000000", "-2.000000")
UNITED_STATES: Final = Country(204, "United States", "us", "1", "310", "38.000000", "-97.000000")


def _network(id: int, name: str, country: Country, mnc: str) -> Network:
    return Network(
        id=id,
        name=name,
        mcc=country.mcc,
        mnc=mnc,
        country=country.name,
        iso=country.iso,
        country_id=country.id,
        country_code=country.code,
        latitude=country.latitude,
        longitude=country.longitude,
    )


# MCC and MNC are public (ITU-T E.212). Of the operator's ids, 90 for Plus was recorded; the others are assumed.
NETWORKS: Final = (
    _network(4, "T-Mobile", GERMANY, "01"),
    _network(5, "Vodafone", GERMANY, "02"),
    _network(6, "O2", GERMANY, "03"),
    _network(90, "Plus", POLAND, "01"),
    _network(91, "T-Mobile Polska", POLAND, "02"),
    _network(10, "A1", AUSTRIA, "01"),
    _network(11, "Magenta Telekom", AUSTRIA, "03"),
    _network(60, "KPN", NETHERLANDS, "08"),
    _network(61, "T-Mobile NL", NETHERLANDS, "16"),
    _network(30, "Orange", FRANCE, "01"),
    _network(31, "SFR", FRANCE, "10"),
    _network(70, "EE", UNITED_KINGDOM, "30"),
    _network(71, "Vodafone UK", UNITED_KINGDOM, "15"),
    _network(80, "AT&T", UNITED_STATES, "410"),
    _network(81, "T-Mobile US", UNITED_STATES, "260"),
)
DEFAULT: Final = NETWORKS[0]
ALIASES: Final = {"telekom": DEFAULT, "telekom deutschland": DEFAULT, "deutsche telekom": DEFAULT}


def plmn(network: Network) -> str:
    """MCC and MNC, such as "26201"."""
    return network.mcc + network.mnc


def find(text: str | None) -> Network:
    """The network with this name (in any case) or PLMN; None means the default network. Raises Malformed."""
    if text is None:
        return DEFAULT
    wanted = text.strip().casefold()
    for network in NETWORKS:
        if wanted in (network.name.casefold(), plmn(network)):
            return network
    if wanted in ALIASES:
        return ALIASES[wanted]
    known = ", ".join(f"{network.name} ({plmn(network)})" for network in NETWORKS)
    raise Malformed("operator", f"must be one of {known}")


def msc(network: Network) -> str:
    """The E.164 number of the MSC, which carries SMS (D§15)."""
    return numbering.network_node(network.country_code, network.mnc, "msc")


def vlr(network: Network) -> str:
    """The E.164 number of its visitor location register."""
    return numbering.network_node(network.country_code, network.mnc, "vlr")


def sgsn(network: Network) -> str:
    """The E.164 number of its data node."""
    return numbering.network_node(network.country_code, network.mnc, "sgsn")


def sgsn_ip(network: Network, plane: int = 0) -> str:
    """The address of the SGSN's control plane, or of its data plane with *plane* 1.

    It is from 198.18.0.0/15, which RFC 2544 reserves for tests.
    """
    return f"198.{18 + plane}.{network.id % 256}.{int(network.mnc) % 250 + 1}"


def realm(network: Network) -> str:
    """The domain of its packet core (3GPP TS 23.003, 19.2)."""
    return f"epc.mnc{network.mnc:0>3}.mcc{network.mcc}.3gppnetwork.org"


def mme(network: Network) -> str:
    """The host name of the node that looks after 4G devices (3GPP TS 23.003, 19.4.2.4)."""
    return f"mmec01.mmegi{0x8000 + network.id % 0x8000:04x}.mme.{realm(network)}"


def sgsn_name(network: Network) -> str:
    """The host name of the node that looks after 2G and 3G devices, in the form of its 4G neighbour."""
    return f"sgsn01.sgsn.{realm(network)}"
