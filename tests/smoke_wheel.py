"""A smoke test of the installed package: run by a Python that has nothing but the wheel and what it requires.

Not collected by pytest; ``.ci/run`` calls it. It needs the standard library only, and says what it has seen.
"""

import json
import os
import re
import signal
import subprocess
import sysconfig
import time
import urllib.request
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import operator_emulator
from operator_emulator import resources

COMMAND = str(Path(sysconfig.get_path("scripts")) / "operator-emulator")


def main() -> None:
    package = Path(operator_emulator.__file__).parent
    assert package.is_relative_to(sysconfig.get_path("purelib")), f"not the installed package: {package}"
    assert relative_links() == [], f"a package index cannot follow {relative_links()}"
    print(output("--version"))
    print(output("fixture", "check", str(resources.fixture("default.yaml"))))
    environment = {name: text for name, text in os.environ.items() if not name.startswith("OPERATOR_EMULATOR_")}
    began = time.perf_counter()
    server = subprocess.Popen([COMMAND, "serve", "--port", "0"], stdout=subprocess.PIPE, text=True, env=environment)
    try:
        base = greeted(server)
        health = get(f"{base}/_emulator/health")
        assert health["status"] == "ready", health
        print(f"ready after {time.perf_counter() - began:.2f} s: {health}")
        assert get(f"{base}/management-api/api-docs")["servers"] == [{"url": f"{base}/management-api"}]
        with urllib.request.urlopen(f"{base}/explorer/swagger-ui-bundle.js", timeout=10) as script:
            assert len(script.read()) > 1_000_000
    finally:
        server.send_signal(signal.SIGTERM)
        code = server.wait(10)
    assert code == 0, f"stopped with {code}"
    print("stopped cleanly")


def relative_links() -> list[str]:
    """The links in the package's description that need the repository."""
    description = metadata("operator-emulator")["Description"]
    assert "docs/settings.md" in description
    return re.findall(r"\]\((?!https?:)[^)]*\)", description)


def output(*arguments: str) -> str:
    return subprocess.run([COMMAND, *arguments], check=True, capture_output=True, text=True).stdout.strip()


def greeted(server: "subprocess.Popen[str]") -> str:
    """The server's address, from what it says when it is ready."""
    assert server.stdout is not None
    for line in server.stdout:
        address = re.search(r"Explorer\s+(http://\S+)/", line)
        if address is not None:
            return address[1]
    raise AssertionError(f"the server ended with {server.wait()} and said nothing")


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main()
