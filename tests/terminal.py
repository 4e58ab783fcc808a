"""What documents are made of, and a terminal to type them into: the blocks of a page, a process, a free port."""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any, NamedTuple

from operator_emulator import resources

TOP = Path(__file__).parents[1]
PATIENCE = 30  # seconds until a test gives up waiting for what should come at once


class Block(NamedTuple):
    section: str
    language: str
    text: str


class Page:
    """A document in Markdown, by its sections."""

    def __init__(self, path: str) -> None:
        self.path = TOP / path
        self.text = self.path.read_text(encoding="utf-8")

    @property
    def blocks(self) -> list[Block]:
        """The fenced blocks, each with the heading that it stands under."""
        found, section = [], ""
        for heading, language, text in re.findall(r"^## ([^\n]+)$|^```(\w+)\n(.*?)^```$", self.text, re.M | re.S):
            section = heading or section
            if language:
                found.append(Block(section, language, text))
        return found

    def of(self, section: str, language: str = "sh") -> list[str]:
        return [block.text for block in self.blocks if block.section == section and block.language == language]

    def section(self, heading: str) -> str:
        """What stands under a heading, up to the next."""
        return self.text.partition(f"## {heading}\n")[2].partition("\n## ")[0]

    def rows(self, section: str) -> list[list[str]]:
        """The rows of the tables under a heading, without their heads; a cell in backquotes without them."""
        lines = [line for line in self.section(section).splitlines() if re.match(r"\|(?!---)", line)]
        return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]

    def broken_links(self) -> list[str]:
        """Links to files that are not there, and to headings that are not there."""
        broken = []
        for link in re.findall(r"\]\(([^)]+)\)", self.text):
            name, _, heading = link.partition("#")
            if name.startswith(("http:", "https:")):
                continue
            target = self.path.parent / name if name else self.path
            if not target.is_file() or (heading and heading not in headings(target)):
                broken.append(link)
        return broken


def headings(path: Path) -> set[str]:
    """The anchors of a page's headings."""
    titles = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w-]", "", title.lower().replace(" ", "-")) for title in titles}


def body(said: str) -> Any:
    """The JSON in the last line."""
    return json.loads(said.splitlines()[-1])


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Process:
    """A process in a terminal of its own: what it says comes line by line."""

    def __init__(self, command: list[str], where: Path, **environment: str) -> None:
        own = {name: text for name, text in os.environ.items() if not name.startswith("OPERATOR_EMULATOR_")}
        path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
        self.process = subprocess.Popen(
            command,
            cwd=where,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**own, "PATH": path, "CURL_HOME": str(where), "PYTHONUNBUFFERED": "1", **environment},
        )
        self._lines: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def until(self, pattern: str) -> str:
        """What it says up to and with a line that matches."""
        said = ""
        while True:
            line = self._lines.get(timeout=PATIENCE)
            assert line, f"ended before it said {pattern!r}: {said}"
            said += line
            if re.search(pattern, line):
                return said

    def type(self, text: str) -> str:
        """For a shell: what the commands in *text* say."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{text}\nprintf '\\n%s\\n' ===done===\n")
        self.process.stdin.flush()
        return self.until("^===done===$").removesuffix("===done===\n").strip()

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait(PATIENCE)
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


class Terminals(NamedTuple):
    """Three of them, as the README has it: the emulator, the webhook, and where one types."""

    served: Process
    webhook: Process
    shell: Process
    base: str

    def type(self, text: str) -> str:
        return self.shell.type(text.replace("http://localhost:8080", self.base))


@contextmanager
def open_terminals(where: Path, **environment: str) -> Iterator[Terminals]:
    """The emulator and the webhook as the README starts them, on free ports; *environment* is the emulator's."""
    readme = Page("README.md")
    (where / ".curlrc").write_text(f"max-time = {PATIENCE}\n", encoding="utf-8")
    port = str(free_port())
    demo = resources.fixture("default.yaml").read_text(encoding="utf-8")
    assert ":9099" in demo, "the README's webhook is where the demo world sends to"
    (where / "demo.yaml").write_text(demo.replace(":9099", f":{port}"), encoding="utf-8")
    [webhook] = readme.of("The first minute", "python")
    assert ", 9099)" in webhook
    (where / "webhook.py").write_text(webhook.replace("9099", port), encoding="utf-8")

    commands = readme.of("The first minute", "console")[0].splitlines()
    [serve] = [command for command in commands if command.endswith("serve")]
    started: list[Process] = []

    def start(*command: str, **environment: str) -> Process:
        started.append(Process(list(command), where, **environment))
        return started[-1]

    try:
        receiver = start(sys.executable, "webhook.py")
        served = start(
            *shlex.split(serve),
            OPERATOR_EMULATOR_PORT="0",
            OPERATOR_EMULATOR_FIXTURE=str(where / "demo.yaml"),
            **environment,
        )
        said = served.until("Ctrl-C")
        assert "demo / demo" in said
        address = re.search(r"Control plane +(http://\S+)/_emulator", said)
        assert address is not None, said
        shell = start("bash", "-eu", OPERATOR_EMULATOR_URL=address[1])
        assert shell.type("command -v curl"), "the examples need curl, and so does their test"
        yield Terminals(served, receiver, shell, address[1])
    finally:
        for process in started:
            process.stop()


def shows(shown: str, said: str) -> list[str]:
    """The pieces of what a page shows that did not come, in this order; ``…`` is whatever comes between.

    Pieces are what stands between ellipses and line ends, so that lines may be left out.
    """
    missing, at = [], 0
    for piece in filter(None, re.split(r"…|\n", shown)):
        found = said.find(piece, at)
        if found < 0:
            missing.append(piece)
        else:
            at = found + len(piece)
    return missing
