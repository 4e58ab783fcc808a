"""Who may know whom: the imports, read and held against the architecture."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "emulator" / "operator_emulator"

# Each layer may import those before it, and itself.
LAYERS = ("core", "store", "fixtures", "runtime", "web", "surface")
SURFACES = ("management", "portal", "control", "console")
TOP = ("app", "cli", "client", "interception", "pytest_plugin", "serving", "testing", "__main__")
FREE = ("resources", "settings")  # plain values, for everybody outside core

# Which third-party packages a layer may use, and a module alone.
THIRD_PARTY = {
    "core": {"msgspec"},  # nouns are its Structs
    "store": {"msgspec"},
    "fixtures": {"msgspec", "yaml", "faker", "jsonschema"},
    "runtime": set(),
    "web": {"starlette", "msgspec", "yaml"},
    "surface": {"starlette"},
    "management": {"starlette", "msgspec"},
    "portal": {"starlette", "msgspec"},
    "control": {"starlette", "msgspec"},
    "console": {"starlette"},
}
ALONE = {
    "runtime/sender.py": {"aiohttp"},
    "runtime/problems.py": {"aiohttp"},
    "control/metrics.py": {"prometheus_client"},
    "web/openapi.py": {"jsonschema_rs"},
    "fixtures/read/shape.py": {"jsonschema_rs"},
    "portal/keys.py": {"joserfc"},
}

MODULES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))


def imports(module: str) -> Iterator[str]:
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are absolute"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer_of(module: str) -> str:
    return module.split("/")[0].removesuffix(".py")


def ours(module: str) -> Iterator[str]:
    """The layers and top modules of this package that a module imports."""
    for name in imports(module):
        parts = name.split(".")
        if parts[0] == "operator_emulator" and len(parts) > 1:
            yield parts[1]


def test_every_module_belongs_to_a_layer() -> None:
    """A new folder or module has its place here before it is used."""
    assert {layer_of(module) for module in MODULES} == {*LAYERS, *SURFACES, *TOP, *FREE, "__init__"}


@pytest.mark.parametrize("module", [one for one in MODULES if layer_of(one) == "core"])
def test_nouns_are_replaced_by_msgspec(module: str) -> None:
    """dataclasses.replace fails for a Struct, and the type checker does not see it."""
    assert "dataclasses.replace" not in set(imports(module))


@pytest.mark.parametrize("module", [one for one in MODULES if layer_of(one) in (*LAYERS, *SURFACES)])
def test_a_layer_imports_only_those_below_it(module: str) -> None:
    """Core knows nobody, surfaces know everything below and never each other."""
    layer = layer_of(module)
    allowed = set(LAYERS if layer in SURFACES else LAYERS[: LAYERS.index(layer) + 1]) | {layer}
    if layer != "core":
        allowed |= set(FREE)
    assert set(ours(module)) <= allowed


@pytest.mark.parametrize("module", [one for one in MODULES if layer_of(one) in THIRD_PARTY])
def test_a_layer_uses_only_its_own_third_party_packages(module: str) -> None:
    """What a layer may use of others is short, and on one page."""
    allowed = {*THIRD_PARTY[layer_of(module)], *ALONE.get(module, ()), "operator_emulator", *sys.stdlib_module_names}
    assert {name.split(".")[0] for name in imports(module)} <= allowed


@pytest.mark.parametrize("module", [one for one in MODULES if layer_of(one) == "core"])
def test_core_never_awaits_and_never_looks_at_a_clock(module: str) -> None:
    """A verb is a plain function; real time and chance come through the world."""
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Await | ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in ("now", "today", "utcnow", "uuid4", "uuid1", "sleep")
    assert not {"random", "time", "secrets", "asyncio"} & {name.split(".")[0] for name in imports(module)}


@pytest.mark.parametrize("module", MODULES)
def test_real_time_is_read_in_one_place(module: str) -> None:
    """Only the engine asks what time it is."""
    if module == "runtime/engine.py":
        return
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) not in {
                ("datetime", "now"),
                ("datetime", "utcnow"),
                ("datetime", "today"),
                ("date", "today"),
                ("time", "time"),
                ("time", "monotonic"),
            }
