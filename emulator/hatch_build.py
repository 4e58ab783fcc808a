"""Build hook: put Swagger UI's files into the package, so that an installation needs no package of theirs.

They come from flask-swagger-ui, whose releases follow upstream by days. It is needed for the build only; Flask, which
it depends on, never reaches the user's environment.
"""

import shutil
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SERVED = (
    "swagger-ui-bundle.js",
    "swagger-ui-standalone-preset.js",
    "swagger-ui.css",
    "favicon-32x32.png",
    "VERSION",
    "LICENSE",
)


class SwaggerUi(BuildHookInterface):  # type: ignore[type-arg,misc]
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        target = Path(self.root) / "emulator" / "operator_emulator" / "web" / "assets" / "swagger-ui"
        target.mkdir(exist_ok=True)
        with as_file(files("flask_swagger_ui") / "dist") as source:
            for name in SERVED:
                shutil.copyfile(source / name, target / name)
