"""The files of the console, without a browser."""

import pytest

from tests.conftest import Operator


@pytest.mark.parametrize("path", ["nowhere.js", "%00", "%2e%2e/surface.py", "x" * 3000])
def test_a_file_that_is_not_there_is_not_found(operator: Operator, path: str) -> None:
    """404, never an error of the server."""
    assert operator.http.get(f"/_emulator/ui/{path}").status_code == 404


def test_files_are_only_read(operator: Operator) -> None:
    """405 says which methods there are."""
    answer = operator.http.put("/_emulator/ui/console.js")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
