"""docs/unchanged-clients.md is true: its blocks are typed into a terminal."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.terminal import Block, Page, Terminals, free_port, open_terminals, shows

PAGE = Page("docs/unchanged-clients.md")


@pytest.fixture
def shell(tmp_path: Path, authority: Path) -> Iterator[Terminals]:
    """The emulator as the page starts it, on free ports, and a shell of the same user, with the client of the page."""
    port = str(free_port())
    assert "operator-emulator serve --proxy-port 8081 --tls-port 8443" in PAGE.text
    (tmp_path / "client.py").write_text(PAGE.of("Run a client", "python")[0], encoding="utf-8")
    environment = {
        "OPERATOR_EMULATOR_PROXY_PORT": "0",
        "OPERATOR_EMULATOR_TLS_PORT": port,
        "OPERATOR_EMULATOR_CA_DIR": str(authority),
    }
    with open_terminals(tmp_path, **environment) as terminals:
        terminals.shell.type(f"export OPERATOR_EMULATOR_CA_DIR={authority} PORT={port}")
        yield terminals


def test_the_page_does_what_it_shows(shell: Terminals) -> None:
    """From top to bottom, in one terminal."""
    for block, after in pairwise([*PAGE.blocks, Block("", "", "")]):
        if block.language == "sh":
            said = shell.type(block.text.replace("8443", "$PORT"))
            assert shows(after.text if after.language == "text" else "", said) == [], f"{block.text}\n{said}"
