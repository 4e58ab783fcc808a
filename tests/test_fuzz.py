"""A small run of the fuzz: every operation of every surface once or twice, and raw octets."""

from tests.fuzz import fuzz


def test_no_request_makes_the_emulator_fail() -> None:
    """Neither odd values nor odd HTTP bring about a 5xx that no description has, nor does anything hang."""
    report = fuzz(requests=400, seed=7)
    assert report.failures == []
    assert report.statuses[200] > 20
    assert report.statuses[400] > 20
