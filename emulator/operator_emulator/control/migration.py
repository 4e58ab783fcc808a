"""Who still calls the version of an API that is about to end."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.context import control_of
from operator_emulator.control.wire.reading import read_query
from operator_emulator.web.context import engine_of
from operator_emulator.web.respond import answer


async def get_migration(request: Request) -> Response:
    organisation = read_query(request).get("organisation")
    control = control_of(request)
    if control.migration is None:
        raise HTTPException(404, f"edition {control.settings.edition} has no version 2 to migrate to")
    tally = control.journal.tally
    return answer(request, await engine_of(request).read(control.migration, tally.of, organisation))
