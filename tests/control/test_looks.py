"""Looking at all SIM cards at once, through HTTP."""

from typing import Any

import pytest

from tests.conftest import ATTACHED, DISABLED, FOREIGN, ISSUED, OFFLINE, ONLINE, Operator


def test_all_sims_are_listed_with_their_devices(operator: Operator) -> None:
    """Whoever owns them: organisation after organisation, each SIM as it is shown alone."""
    sims = operator.control("GET", "/sims")["sims"]
    assert [sim["iccid"] for sim in sims] == [ONLINE, ATTACHED, OFFLINE, DISABLED, ISSUED, FOREIGN]
    assert sims[0] == operator.control("GET", f"/sims/{ONLINE}")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"organisation": 5136}, [FOREIGN]),
        ({"state": "Suspended"}, [DISABLED]),
        ({"status": "ATTACHED"}, [ATTACHED]),
        ({"label": "o*line"}, [ONLINE, OFFLINE]),
        ({"iccid": "*5", "organisation": 4321}, [ISSUED]),
        ({"limit": 2}, [ONLINE, ATTACHED]),
        ({"status": "OFFLINE", "limit": 2}, [OFFLINE, FOREIGN]),
        ({"status": "INACTIVE"}, [DISABLED, ISSUED]),
        ({"organisation": 1}, []),
    ],
)
def test_sims_are_found_by_what_they_are(operator: Operator, query: dict[str, Any], found: list[str]) -> None:
    """Whose they are, what state they and their devices are in, and patterns for ICCID and label."""
    assert [sim["iccid"] for sim in operator.control("GET", "/sims", params=query)["sims"]] == found
