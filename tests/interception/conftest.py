"""Emulators whose certificate authority is kept in a folder of the test run, and those who trust it."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.terminal import Process

Serve = Callable[..., dict[str, str]]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the certificate authority."""
    return tmp_path_factory.mktemp("user") / "ca"


@pytest.fixture
def serve(tmp_path: Path, authority: Path) -> Iterator[Serve]:
    """Start ``serve`` with flags; what it says of its addresses: ``{"Management API": "http://…", "HTTPS": …}``."""
    with ExitStack() as stack:

        def start(*flags: str) -> dict[str, str]:
            command = [sys.executable, "-m", "operator_emulator", "serve", "--port", "0", *flags]
            process = Process(command, tmp_path, OPERATOR_EMULATOR_CA_DIR=str(authority))
            stack.callback(process.stop)
            return dict(re.findall(r"^  (\w[\w ]+?)  +(https?://\S+)", process.until("Ctrl-C"), re.M))

        yield start


def run(*words: str, environment: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Exit code, output and errors of a command of ours that should not take long."""
    done = subprocess.run(
        [sys.executable, "-m", "operator_emulator", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    return done.returncode, done.stdout, done.stderr
