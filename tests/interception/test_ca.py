"""``operator-emulator ca``: the certificate authority of this machine, made once."""

import json
import os
import re
from datetime import timedelta
from pathlib import Path

import pytest

from operator_emulator.interception.authority import create
from operator_emulator.interception.hosts import OPERATORS
from operator_emulator.runtime.engine import real_now
from tests.interception.conftest import run


def test_the_authority_is_made_once(tmp_path: Path) -> None:
    """It is kept in the folder of the user's settings unless another one is named; each user has one."""
    environment = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    first = run("ca", "--pem", environment=environment)
    assert first[0] == 0
    assert first[1].startswith("-----BEGIN CERTIFICATE-----\n")
    assert run("ca", "--pem", environment=environment) == first
    path = run("ca", "--path", environment=environment)[1].strip()
    assert path.startswith(str(tmp_path))
    assert Path(path).read_text(encoding="utf-8") == first[1]


def test_it_says_how_each_runtime_trusts_it(authority: Path) -> None:
    """With paths of files that are there."""
    code, said, _ = run("ca", "--ca-dir", str(authority))
    assert code == 0
    for name in ("curl", "Python", "Node", "Java", "Go", ".NET", "Ruby", "PHP", *OPERATORS):
        assert name in said
    files = re.findall(r"/\S+?\.(?:pem|p12)", said)
    assert len(files) > 10
    assert all(map(os.path.isfile, files))


def test_scripts_get_its_paths_as_json(authority: Path) -> None:
    """The certificate, the bundle with all others, Java's trust store."""
    found = json.loads(run("ca", "--json", "--ca-dir", str(authority))[1])
    certificate, bundle = (Path(found[name]).read_text(encoding="utf-8") for name in ("ca", "bundle"))
    assert bundle.endswith(certificate)
    assert Path(found["java"]).is_file()


def test_a_new_one_takes_its_place(tmp_path: Path) -> None:
    """Only when asked for."""
    folder = ("--ca-dir", str(tmp_path))
    first, second = run("ca", "--pem", *folder), run("ca", "--pem", "--renew", *folder)
    assert first[1] != second[1]
    assert run("ca", "--pem", *folder) == second


def test_an_authority_that_expired_is_a_clear_line(tmp_path: Path) -> None:
    """It is not replaced unasked: nobody would trust the new one."""
    create(tmp_path / "ca-key.pem", real_now() - timedelta(days=4000))
    for words in (("ca",), ("serve", "--port", "0", "--tls-port", "0")):
        code, _, errors = run(*words, "--ca-dir", str(tmp_path))
        assert code == 1
        assert "expired on 20" in errors
        assert "operator-emulator ca --renew" in errors
        assert errors.count("\n") == 1
    assert run("ca", "--renew", "--ca-dir", str(tmp_path))[0] == 0


@pytest.mark.parametrize("content", ["", "nonsense"])
def test_a_damaged_authority_is_a_clear_line(tmp_path: Path, content: str) -> None:
    """The same for one that was never finished."""
    (tmp_path / "ca-key.pem").write_text(content, encoding="utf-8")
    code, _, errors = run("ca", "--ca-dir", str(tmp_path))
    assert (code, "is damaged" in errors, errors.count("\n")) == (1, True, 1)


def test_a_folder_that_cannot_be_used_is_a_clear_line(tmp_path: Path) -> None:
    """What is wrong, and what to do."""
    (tmp_path / "file").touch()
    code, _, errors = run("ca", "--ca-dir", str(tmp_path / "file" / "ca"))
    assert (code, "choose another folder with --ca-dir" in errors, errors.count("\n")) == (1, True, 1)
