"""Where the files are that come with the program: specs and fixtures.

In the installed package they lie in its folder ``data``, in a checkout at the top of the repository.
"""

from pathlib import Path

PACKAGE = Path(__file__).parent


def spec(name: str) -> Path:
    """A description in OpenAPI or JSON Schema, such as ``management.yaml``. Raises FileNotFoundError."""
    return find("specs", name)


def fixture(name: str) -> Path:
    """A world to begin from, such as ``default.yaml``. Raises FileNotFoundError."""
    return find("fixtures", name)


def find(folder: str, name: str, package: Path = PACKAGE) -> Path:
    for place in (package / "data" / folder / name, package.parent.parent / folder / name):
        if place.is_file():
            return place
    raise FileNotFoundError(f"{folder}/{name} is neither in {package} nor at the top of a checkout")
