"""What went over HTTP, both ways."""

from starlette.requests import Request
from starlette.responses import Response

from emulator.control.wire import journal_of, show_exchange
from emulator.web.contract import answer


async def list_exchanges(request: Request) -> Response:
    journal = journal_of(request)
    return answer(request, {"exchanges": [show_exchange(exchange) for exchange in journal], "let_go": journal.let_go})
