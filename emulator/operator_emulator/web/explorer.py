"""The explorer: Swagger UI over our descriptions, where the operator has it (D§1). Nothing comes from afar.

Swagger UI's own files are put into the package when it is built (emulator/hatch_build.py).
"""

from collections.abc import Callable, Mapping
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from operator_emulator.web.json import encode
from operator_emulator.web.openapi import Document

Load = Callable[[], Document]

ASSETS: Final = "/explorer"
PAGES: Final = ("/", "/management-api/swagger-ui.html", ASSETS, f"{ASSETS}/")

# For a client whose base address is not quite right.
SIGNPOST: Final = (
    "There is nothing at this path. The management API is at /management-api/v1/... "
    "(its token at /management-api/oauth/token), the control plane at /_emulator/..., and / shows every path.\n"
)
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

LOGIN: Final = "User name and password of an account with access to the API. This page fetches the token with them."

# Swagger UI sets styles on its elements and draws icons from data: URLs; all else is this server's own.
PAGE_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def explorer(documents: Mapping[str, Load]) -> list[BaseRoute]:
    """The routes of the page, of its assets, of each document as JSON at its address, and a signpost for other paths.

    The first document is the one that the page opens with; the others are in its drop-down.
    """

    @cache
    def page() -> bytes:
        return render_page([(address, load()) for address, load in documents.items()])

    async def show_page(request: Request) -> Response:
        return Response(page(), headers=PAGE_HEADERS, media_type="text/html")

    routes: list[BaseRoute] = [Route(path, show_page) for path in PAGES]
    routes += [Route(address, show_document(load)) for address, load in documents.items()]
    assets = StaticFiles(packages=[("operator_emulator.web", "assets"), ("operator_emulator.web", "assets/swagger-ui")])
    routes.append(Mount(ASSETS, assets))
    routes.append(Route("/{path:path}", show_signpost, methods=METHODS))
    return routes


async def show_signpost(request: Request) -> Response:
    return Response(SIGNPOST, status_code=404, media_type="text/plain")


def render_page(documents: list[tuple[str, Document]]) -> bytes:
    """The page. An attribute tells it which documents there are: its policy allows no script in the page."""
    urls = [{"url": address, "name": document.source["info"]["title"]} for address, document in documents]
    template = files("operator_emulator.web").joinpath("assets", "explorer.html").read_text(encoding="utf-8")
    return template.replace("{documents}", escape(encode(urls).decode())).encode()


def show_document(load: Load) -> Any:
    """An endpoint that serves a document as JSON, as it is seen from where the request came from."""

    async def show(request: Request) -> Response:
        origin = str(request.base_url).rstrip("/")
        return Response(encode(served(load(), origin)), media_type="application/json")

    return show


def served(document: Document, origin: str) -> dict[str, Any]:
    """The description with this server's address and a way to log in from the page; *document* is kept."""
    source = dict(document.source)
    if document.base:
        source["servers"] = [{"url": f"{origin}{document.base}"}]
        source["components"] = with_login(source, f"{origin}{document.base}")
    return source


def with_login(source: Mapping[str, Any], server: str) -> dict[str, Any]:
    """The components, with each bearer scheme as OAuth 2 client credentials, if *source* has a token route.

    A bearer scheme can only ask for a token; this one lets Swagger UI fetch it with user name and password. A scheme
    whose tokens come from a route of another description names it in ``x-token-path``.
    """
    components = dict(source.get("components", {}))
    schemes: dict[str, Any] = components.get("securitySchemes", {})
    token_path = next(
        (path for path, item in source.get("paths", {}).items() if path.endswith("/token") and "post" in item),
        next((scheme["x-token-path"] for scheme in schemes.values() if "x-token-path" in scheme), None),
    )
    if token_path is None or any(scheme["type"] == "oauth2" for scheme in schemes.values()):
        return components
    flows = {"clientCredentials": {"tokenUrl": f"{server}{token_path}", "scopes": {}}}
    login = {
        name: {"type": "oauth2", "description": LOGIN, "flows": flows}
        for name, scheme in schemes.items()
        if scheme["type"] == "http" and scheme["scheme"] == "bearer"
    }
    components["securitySchemes"] = login | {name: scheme for name, scheme in schemes.items() if name not in login}
    return components
