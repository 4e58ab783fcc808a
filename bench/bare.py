"""The yardstick: an ASGI app that does nothing but return the bytes it was given, served as the emulator is.

``python -m bench.bare ANSWERS PORT``, where ANSWERS is a JSON file: [[method, path, status, headers, body], …].
"""

import json
import sys
from pathlib import Path

import uvicorn
from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope


def bare(answers: Path) -> ASGI3Application:
    known = {
        (method, path): (
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(name.encode(), value.encode()) for name, value in headers],
            },
            {"type": "http.response.body", "body": body.encode()},
        )
        for method, path, status, headers, body in json.loads(answers.read_text(encoding="utf-8"))
    }

    async def app(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        assert scope["type"] == "http"
        if scope["method"] == "POST":
            await receive()  # the body, which is one chunk
        start, body = known[scope["method"], scope["path"]]
        await send(start)  # type: ignore[arg-type]
        await send(body)  # type: ignore[arg-type]

    return app


if __name__ == "__main__":
    uvicorn.run(
        bare(Path(sys.argv[1])),
        port=int(sys.argv[2]),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        server_header=False,
        log_level="warning",
    )
