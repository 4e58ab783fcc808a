"""Names of radio access technologies."""

import pytest

from operator_emulator.core.network import rats
from operator_emulator.core.network.model import Rat
from operator_emulator.core.world.errors import Malformed


@pytest.mark.parametrize("rat", Rat)
def test_a_name_is_read_in_any_case_with_any_mark_between(rat: Rat) -> None:
    for name in (rats.NAMES[rat], rat.name):
        bare = name.replace("-", "").replace("_", "")
        for text in (name, name.lower(), name.upper(), bare, name.replace("-", "_"), name.replace("_", "-")):
            assert rats.read(text) is rat


@pytest.mark.parametrize(("text", "rat"), [("4G", Rat.LTE), ("lte-m", Rat.CAT_M), ("umts", Rat.UTRAN_3G)])
def test_other_usual_names_are_read(text: str, rat: Rat) -> None:
    assert rats.read(text) is rat


@pytest.mark.parametrize("text", ["", "5G", "LTE!", "6"])
def test_an_unknown_name_is_refused_with_those_that_are_known(text: str) -> None:
    with pytest.raises(Malformed, match=r"rat: must be one of 2G, 3G, HSPA\+, LTE, CAT-M, NB-IoT"):
        rats.read(text)
