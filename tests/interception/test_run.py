"""``operator-emulator run`` and ``env``: commands that call the operator's own address, and reach the emulator."""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from tests.interception import clients
from tests.interception.conftest import Serve, run
from tests.terminal import Process


@pytest.fixture
def environment(authority: Path) -> dict[str, str]:
    return {"OPERATOR_EMULATOR_CA_DIR": str(authority)}


def test_an_emulator_is_started_for_the_command(environment: dict[str, str], tmp_path: Path) -> None:
    """With the flags of serve, and for as long as the command runs; nothing but the command's own words is said."""
    program = tmp_path / "client.py"
    program.write_text(clients.REQUESTS + "import os; print(os.environ['OPERATOR_EMULATOR_URL'])", encoding="utf-8")
    code, said, errors = run("run", "--clock", "manual", "--", sys.executable, str(program), environment=environment)
    assert (code, errors) == (0, "")
    sims, url = said.splitlines()
    assert sims == "sims 10"
    assert run("clock", environment={"OPERATOR_EMULATOR_URL": url})[0] == 1  # it has gone


@pytest.mark.parametrize("status", [0, 1, 7, 255])
def test_it_ends_with_the_status_of_the_command(environment: dict[str, str], status: int) -> None:
    """Whatever that is."""
    command = (sys.executable, "-c", f"raise SystemExit({status})")
    assert run("run", "--", *command, environment=environment) == (status, "", "")


def test_flags_behind_the_command_are_its_own(environment: dict[str, str]) -> None:
    """The two hyphens may be left out."""
    code, said, _ = run("run", sys.executable, "-c", "import sys; print(sys.argv)", "--help", environment=environment)
    assert (code, said) == (0, "['-c', '--help']\n")


def test_a_command_that_is_not_there_is_127(environment: dict[str, str]) -> None:
    """As shells have it."""
    code, _, errors = run("run", "--", "no-such-command", environment=environment)
    assert (code, errors) == (127, "operator-emulator: no-such-command: command not found\n")


@pytest.mark.skipif(os.name != "posix", reason="elsewhere every file can be run")
def test_a_file_that_is_no_program_is_126(environment: dict[str, str], tmp_path: Path) -> None:
    """It may lack the permission, or be nothing that this machine can run."""
    file = tmp_path / "file"
    file.write_bytes(b"\x00\x01")
    assert run("run", "--", str(file), environment=environment)[0] == 126
    file.chmod(0o755)
    assert run("run", "--", str(file), environment=environment)[0] == 126


def test_no_command_is_wrong_usage() -> None:
    """With a word on how it is used."""
    code, _, errors = run("run")
    assert (code, "Usage" in errors) == (2, True)


SLEEPER = """
import signal, sys, threading
told = threading.Event()
def leave(number, _):
    print("told", number, flush=True)
    told.set()
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, leave)
print("ready", flush=True)
told.wait()
sys.exit(5)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_decides_what_a_signal_means(environment: dict[str, str], tmp_path: Path, number: int) -> None:
    """Ctrl-C reaches both from the terminal; a SIGTERM is passed on. The command tidies up, and its status counts."""
    (tmp_path / "sleeper.py").write_text(SLEEPER, encoding="utf-8")
    terminal = "import os, sys; os.setsid(); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    ours = ["-m", "operator_emulator", "run", "--", sys.executable, "sleeper.py"]
    process = Process([sys.executable, "-c", terminal, *ours], tmp_path, **environment)
    try:
        process.until("ready")
        if number == signal.SIGINT:
            os.killpg(process.process.pid, number)
        else:
            process.process.send_signal(number)
        process.until(f"told {number}")
        assert process.process.wait(30) == 5
    finally:
        process.stop()


@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
def test_a_command_that_a_signal_ends_is_128_and_its_number(environment: dict[str, str]) -> None:
    """As shells have it."""
    command = (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")
    assert run("run", "--", *command, environment=environment)[0] == 128 + 9


def test_an_emulator_without_a_proxy_is_no_use(serve: Serve, environment: dict[str, str]) -> None:
    """One line says how to start it; so does one for an emulator that is not there."""
    url = serve()["Explorer"].rstrip("/")
    for words in (("run", "--url", url, "--", "true"), ("env", "--url", url)):
        code, _, errors = run(*words, environment=environment)
        assert (code, "serve --proxy-port" in errors, errors.count("\n")) == (1, True, 1)
    code, _, errors = run("run", "--url", "http://127.0.0.1:1", "--", "true", environment=environment)
    assert (code, errors.count("\n")) == (1, 1)


def test_a_shell_takes_over_the_environment(serve: Serve, environment: dict[str, str], tmp_path: Path) -> None:
    """What ``env`` prints is a program for sh; what was set before goes on."""
    url = serve("--proxy-port", "0", "--tls-port", "0")["Explorer"].rstrip("/")
    environment |= {"OPERATOR_EMULATOR_URL": url, "NO_PROXY": "intranet.test", "NODE_OPTIONS": "--no-warnings"}
    ours = f"{sys.executable} -m operator_emulator"
    (tmp_path / "client.py").write_text(clients.REQUESTS, encoding="utf-8")
    script = f'eval "$({ours} env)"; {sys.executable} {tmp_path}/client.py; echo $NO_PROXY; echo "$NODE_OPTIONS"'
    shell = Process(["sh", "-c", script], tmp_path, **environment)
    try:
        said = shell.until("--no-warnings").splitlines()
    finally:
        shell.stop()
    assert said[0] == "sims 10"
    assert said[1] == "intranet.test,localhost,127.0.0.1,::1"


def test_the_environment_is_written_for_powershell_and_for_files(serve: Serve, environment: dict[str, str]) -> None:
    """The same variables in each form."""
    environment["OPERATOR_EMULATOR_URL"] = serve("--proxy-port", "0")["Explorer"].rstrip("/")
    values = json.loads(run("env", "--json", environment=environment)[1])
    powershell = run("env", "--format", "powershell", environment=environment)[1].splitlines()
    dotenv = run("env", "--format", "dotenv", environment=environment)[1].splitlines()
    assert powershell == [f"$env:{name} = '{value}'" for name, value in values.items()]
    assert dotenv == [f"{name}='{value}'" for name, value in values.items()]
    assert Path(values["SSL_CERT_FILE"]).is_file()


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_other_hosts_are_left_alone_in_node(environment: dict[str, str], tmp_path: Path) -> None:
    """The hook leads the operators' hosts only, whatever way a connection is made."""
    program = """
    const http = require("node:http"), net = require("node:net");
    const server = http.createServer((_, answer) => answer.end("mine")).listen(0, "127.0.0.1", async () => {
      const { port } = server.address();
      console.log(await (await fetch(`http://127.0.0.1:${port}/`)).text());
      net.connect(port, "127.0.0.1", function () { this.end(); server.close(); server.closeAllConnections(); });
    });
    """
    (tmp_path / "own.cjs").write_text(program, encoding="utf-8")
    code, said, errors = run("run", "--", "node", str(tmp_path / "own.cjs"), environment=environment)
    assert (code, said) == (0, "mine\n"), errors
