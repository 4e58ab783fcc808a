"""Clients with the operator's own address in their code, in many languages: not a line is changed."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interception import clients
from tests.interception.conftest import run
from tests.terminal import Process


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, authority: Path) -> Iterator[dict[str, str]]:
    """How ``run`` finds an emulator that runs already, with all its ports."""
    ports = ("--port", "0", "--tls-port", "0", "--proxy-port", "0")
    command = [sys.executable, "-m", "operator_emulator", "serve", *ports]
    process = Process(command, tmp_path_factory.mktemp("served"), OPERATOR_EMULATOR_CA_DIR=str(authority))
    said = process.until("Ctrl-C")
    url = said.partition("Control plane")[2].split("/_emulator")[0].strip()
    yield {"OPERATOR_EMULATOR_URL": url, "OPERATOR_EMULATOR_CA_DIR": str(authority)}
    process.stop()


PYTHON = [sys.executable, "client.py"]


@pytest.mark.parametrize(
    ("file", "text", "command"),
    [
        pytest.param("client.py", clients.REQUESTS, PYTHON, id="python-requests"),
        pytest.param("client.py", clients.HTTPX, PYTHON, id="python-httpx"),
        pytest.param("client.py", clients.HTTPX_ASYNC, PYTHON, id="python-httpx-async"),
        pytest.param("client.py", clients.AIOHTTP, PYTHON, id="python-aiohttp"),
        pytest.param("client.py", clients.URLLIB, PYTHON, id="python-urllib"),
        pytest.param("client.py", clients.HTTP_CLIENT, PYTHON, id="python-http-client"),
        pytest.param("client.sh", clients.CURL, ["sh", "client.sh"], id="curl"),
        pytest.param("client.mjs", clients.NODE_FETCH, ["node", "client.mjs"], id="node-fetch"),
        pytest.param("client.mjs", clients.NODE_HTTPS, ["node", "client.mjs"], id="node-https"),
        pytest.param("Client.java", clients.JAVA, ["java", "Client.java"], id="java"),
        pytest.param("client.go", clients.GO, ["go", "run", "client.go"], id="go"),
        pytest.param("client.php", clients.PHP.lstrip(), ["php", "client.php"], id="php"),
        pytest.param("client.rb", clients.RUBY, ["ruby", "client.rb"], id="ruby"),
    ],
)
def test_an_unchanged_client_reaches_the_emulator(
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    text: str,
    command: list[str],
) -> None:
    """By TLS and certificate, at https://api.1nce.com."""
    program = "curl" if file == "client.sh" else command[0]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed here")
    (tmp_path / file).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    code, said, errors = run("run", "--", *command, environment=environment)
    assert (code, said) == (0, "sims 10\n"), errors
