"""Lead the operators' hosts to the emulator, in Python programs whose HTTP client asks no environment for a proxy.

Python imports a module of this name when it starts. ``operator-emulator run`` and ``env`` put this one into PYTHONPATH;
another one, further down the path, is run as well.
"""

from __future__ import annotations  # programs may be of older Pythons

import json
import os
import socket
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

TYPE_CHECKING = False
if TYPE_CHECKING:  # the module takes its time
    from typing import Any

SERVICES = {"http": "80", "https": "443"}


def redirect(hosts: list[str], address: str, ports: dict[str, int]) -> None:
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        name = host.decode("latin-1") if isinstance(host, bytes) else host
        target = ports.get(SERVICES.get(str(port), str(port)))
        if isinstance(name, str) and name.lower().rstrip(".") in hosts and target is not None:
            return resolve(address, target, *rest, **named)
        return resolve(host, port, *rest, **named)

    socket.getaddrinfo = getaddrinfo  # asyncio asks it, too


def run_next() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    spec = PathFinder.find_spec("sitecustomize", [path for path in sys.path if os.path.abspath(path) != here])
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(module_from_spec(spec))


if "OPERATOR_EMULATOR_REDIRECT" in os.environ:
    redirect(**json.loads(os.environ["OPERATOR_EMULATOR_REDIRECT"]))
run_next()
