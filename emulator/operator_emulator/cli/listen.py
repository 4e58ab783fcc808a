"""listen: a customer's webhook in the terminal."""

import json
import threading
import urllib.error
import urllib.request
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from operator_emulator.cli.output import print_json
from operator_emulator.cli.stopping import until_stopped

if TYPE_CHECKING:
    from operator_emulator.testing.customer import Answer, ReceivedRequest

NOT_FORWARDED = frozenset({"host", "content-length", "connection", "transfer-encoding", "accept-encoding"})
PATIENCE = 30.0  # seconds that the endpoint behind --forward-to may take


def read_url(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    from operator_emulator.settings import is_url

    if text is not None and not is_url(text):
        raise click.BadParameter(f"{text!r} is not a URL such as http://localhost:3000/sms")
    return text


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=9099, show_default=True, help="Port to listen on; 0 picks one."
)
@click.option("--status", type=click.IntRange(200, 599), default=200, show_default=True, help="Status to answer with.")
@click.option("--times", type=click.IntRange(1), help="Answer with --status only so many times, then with 200.")
@click.option("--delay", type=click.FloatRange(0), default=0.0, help="Seconds to wait before each answer.")
@click.option("--forward-to", metavar="URL", callback=read_url, help="Forward requests, and answer as this URL does.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per request.")
def listen(
    host: str, port: int, status: int, times: int | None, delay: float, forward_to: str | None, as_json: bool
) -> None:
    """Receive callbacks as a customer's webhook would, and print them. Ctrl-C stops it.

    The demo world sends its callbacks to the default port; 'serve --webhook URL' sends them elsewhere.
    """
    from operator_emulator.testing.callback_server import http_server
    from operator_emulator.testing.customer import Customer

    customer = Customer("", None if forward_to is None else lambda request: forward(request, forward_to))
    if times is not None or status != 200:
        customer.answer_with(status, times=times)
    printing = threading.Lock()

    def respond(request: "ReceivedRequest") -> "Answer":
        threading.Event().wait(delay)
        answer = customer.respond(request)
        with printing:
            show(request, answer, as_json)
        return answer

    try:
        server: ThreadingHTTPServer = http_server(respond, (host, port))
    except OSError as error:
        raise click.ClickException(
            f"cannot listen on {host} port {port}: {error.strerror}; choose another --port (0 picks a free one)"
        ) from None
    greeting = f"Listening at http://{host}:{server.server_port}. Stop it with Ctrl-C."
    with server:
        until_stopped(server, lambda: click.echo(greeting, err=as_json))


def show(request: "ReceivedRequest", answer: "Answer", as_json: bool) -> None:
    if as_json:
        shown: dict[str, Any] = {
            "method": request.method,
            "path": request.path,
            "headers": dict(request.headers),
            "body": request.text,
            "status": answer.status,
        }
        print_json(shown, indent=None)
    else:
        click.echo(f"{request.method} {request.path} {answer.status}")
        for line in pretty(request).splitlines():
            click.echo(f"    {line}")


def pretty(request: "ReceivedRequest") -> str:
    try:
        return json.dumps(request.json, indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return request.text


def forward(request: "ReceivedRequest", url: str) -> "Answer":
    """The answer of the endpoint at *url*; 502 if there is none."""
    from operator_emulator.testing.customer import Answer

    headers = {name: value for name, value in request.headers.items() if name not in NOT_FORWARDED}
    sent = urllib.request.Request(url, request.body, headers, method=request.method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect())
    try:
        with opener.open(sent, timeout=PATIENCE) as response:
            return Answer(response.status, content_type(response), response.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, content_type(error), error.read())
    except OSError as error:
        reason = getattr(error, "reason", error)
        click.echo(f"{urlsplit(url).netloc} cannot be reached: {reason}", err=True)
        return Answer(502)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """The operator follows none (D§10.1)."""

    def redirect_request(self, *_: Any) -> None:
        return None


def content_type(response: Any) -> dict[str, str]:
    found = response.headers.get("Content-Type")
    return {} if found is None else {"Content-Type": found}
