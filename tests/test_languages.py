"""The test files of docs/from-any-language.md run as they stand, where their language is installed."""

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.terminal import Page

PAGE = Page("docs/from-any-language.md")
JARS = Path("/usr/share/java")  # where Debian's junit5 puts them


def run(where: Path, *command: str) -> str:
    """What a command says, which must end well."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed here")
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    done = subprocess.run(
        command, cwd=where, capture_output=True, text=True, timeout=150, check=False, env={**os.environ, "PATH": path}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def save(where: Path, language: str, name: str) -> None:
    [text] = PAGE.of("Tests", language)
    assert f"`{name}`" in PAGE.text
    (where / name).write_text(text, encoding="utf-8")


def test_node(tmp_path: Path) -> None:
    """By its own test runner."""
    save(tmp_path, "js", "emulator.test.mjs")
    assert "pass 1" in run(tmp_path, "node", "--test", "emulator.test.mjs")


def test_go(tmp_path: Path) -> None:
    """By ``go test``."""
    save(tmp_path, "go", "emulator_test.go")
    assert "ok" in run(tmp_path, "go", "test", "emulator_test.go")


def test_php(tmp_path: Path) -> None:
    """By PHPUnit."""
    save(tmp_path, "php", "EmulatorTest.php")
    assert "OK (1 test" in run(tmp_path, "phpunit", "EmulatorTest.php")


def test_java(tmp_path: Path) -> None:
    """By JUnit 5's console."""
    save(tmp_path, "java", "EmulatorTest.java")
    if not (JARS / "junit-platform-console.jar").is_file():
        pytest.skip("junit5 is not installed here")
    names = ("junit-jupiter", "junit-platform", "opentest4j", "apiguardian", "picocli", "univocity")
    jars = [str(jar) for jar in JARS.glob("*.jar") if jar.name.startswith(names) and "standalone" not in jar.name]
    path = os.pathsep.join([".", *jars])
    run(tmp_path, "javac", "-cp", path, "EmulatorTest.java")
    launcher = "org.junit.platform.console.ConsoleLauncher"
    assert "1 tests successful" in run(tmp_path, "java", "-cp", path, launcher, "-c", "EmulatorTest")


def test_dotnet(tmp_path: Path) -> None:
    """By xUnit, in a project that is made from the template."""
    if shutil.which("dotnet") is None:
        pytest.skip("dotnet is not installed here")
    run(tmp_path, "dotnet", "new", "xunit")
    (tmp_path / "UnitTest1.cs").unlink()
    save(tmp_path, "csharp", "EmulatorTest.cs")
    assert "Passed!" in run(tmp_path, "dotnet", "test")
