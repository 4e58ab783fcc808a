"""What version 2 and the Data Streamer know of a data session beyond version 1 (V§7, S§5.4)."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Final
from uuid import UUID

from operator_emulator.core.customers.model import CoreNetwork
from operator_emulator.core.network.model import PdpContext, Rat

# The default access points (V§1).
APNS: Final[Mapping[CoreNetwork, str]] = {
    CoreNetwork.PLATFORM_1: "iot.1nce.net",
    CoreNetwork.PLATFORM_2: "sensor.net",
}
REGION: Final = "eu-central-1"  # where data leaves for the internet, unless a customer chooses (S§1)
FOURTH_GENERATION: Final = frozenset({Rat.LTE, Rat.CAT_M, Rat.NB_IOT})


def is_4g(rat: Rat | None) -> bool:
    return rat in FOURTH_GENERATION


def session_name(iccid: str, number: int) -> str:
    """``ipcan_session_id``: a UUID, the same in status, events and usage records."""
    return str(UUID(bytes=blake2b(f"{iccid} {number}".encode(), digest_size=16).digest(), version=4))


def tunnels(pdp: PdpContext) -> dict[str, int]:
    """The endpoints of its tunnels, which nothing is known of; even ones are control."""
    first = 4 * pdp.id
    return {
        "tx_teid_data_plane": first + 1,
        "tx_teid_control_plane": first,
        "rx_teid": first + 3,
        "rx_teid_data_plane": first + 3,
        "rx_teid_control_plane": first + 2,
    }


def location_of(rat: Rat | None, lac: int, cell: int) -> dict[str, dict[str, int]]:
    """The user's location as GTP has it, in version 1 or 2, never both. The routing area is made up."""
    if is_4g(rat):
        return {"gtp_v2_uli": {"tac": lac, "eci": cell}}
    return {"gtp_v1_uli": {"lac": lac, "ci": cell, "rac": lac % 256}}
