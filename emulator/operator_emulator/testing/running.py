"""running: an emulator for a block, a function or a ``unittest.TestCase``."""

import functools
import inspect
import unittest
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

from operator_emulator.testing.customer import Customer
from operator_emulator.testing.emulator import Emulator
from operator_emulator.testing.session import Session, external, in_process
from operator_emulator.testing.webhook import App, responding


def running(
    *,
    edition: str | None = None,
    fixture: Path | str | None = None,
    sockets: bool = True,
    url: str | None = None,
    sims: int | None = None,
    organisation: int | None = None,
    webhook: str | App | None = None,
    webhook_path: str = "/sms",
) -> "Running":
    """An emulator in this process, in manual time: ``with running(sims=2) as emulator: ...``. Raises Unsuitable.

    As a decorator, it hands the emulator to the function as the last argument.

    *fixture* is a file with the world, of which *organisation* is used; otherwise an organisation is made, with so many
    *sims*. *url* uses an emulator that runs already. Without *sockets* everything stays in this process.
    *webhook* gets the callbacks: a URL, or in this process an ASGI or WSGI app, at *webhook_path*, or a function.
    """
    opening = {"edition": edition, "fixture": fixture, "sockets": sockets, "url": url}
    return Running(opening, {"sims": sims, "organisation": organisation}, webhook, webhook_path)


class Running(AbstractContextManager[Emulator]):
    """The return value of ``running``: a context manager and a decorator."""

    def __init__(
        self, opening: Mapping[str, Any], test: Mapping[str, Any], webhook: str | App | None, webhook_path: str
    ) -> None:
        self._opening = opening
        self._test = test
        self._webhook = webhook
        self._webhook_path = webhook_path
        self._opened: AbstractContextManager[Emulator] | None = None

    def __enter__(self) -> Emulator:
        if self._opened is not None:
            raise RuntimeError("it runs already; call running() again for another emulator")
        self._opened = self._open()
        return self._opened.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        opened, self._opened = self._opened, None
        return None if opened is None else opened.__exit__(kind, error, trace)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(*arguments: Any, **named: Any) -> Any:
            with self._open() as emulator:
                return function(*arguments, emulator, **named)

        @functools.wraps(function)
        async def run_async(*arguments: Any, **named: Any) -> Any:
            with self._open() as emulator:
                return await function(*arguments, emulator, **named)

        decorated: Any = run_async if inspect.iscoroutinefunction(function) else run
        signature = inspect.signature(function)
        decorated.__signature__ = signature.replace(parameters=list(signature.parameters.values())[:-1])
        del decorated.__wrapped__  # pytest would take the last argument for a fixture
        return decorated  # type: ignore[no-any-return]

    @contextmanager
    def _open(self) -> Iterator[Emulator]:
        with (
            open_session(**self._opening) as session,
            customer_of(session, self._webhook, self._webhook_path) as customer,
        ):
            emulator = session.begin_test(customer, **self._test)
            try:
                yield emulator
            finally:
                session.end_test(emulator)


def open_session(
    *,
    edition: str | None = None,
    fixture: Path | str | None = None,
    sockets: bool = True,
    url: str | None = None,
) -> AbstractContextManager[Session]:
    """An emulator of this process, or that at *url*. Raises Unsuitable."""
    if url is not None:
        return external(url, edition=edition)
    return in_process(edition=edition, fixture=None if fixture is None else Path(fixture), sockets=sockets)


@contextmanager
def customer_of(session: Session, webhook: str | App | None, path: str) -> Iterator[Customer]:
    """The endpoint that callbacks go to: the *webhook* if there is one."""
    if isinstance(webhook, str):
        yield Customer(webhook)
    elif webhook is None:
        yield session.callback_server.add_customer()
    else:
        with responding(webhook) as respond:
            yield session.callback_server.add_customer(path, respond)


class EmulatorMixin(unittest.TestCase):
    """For a ``unittest.TestCase``: each test finds ``self.emulator``, with a world as it was in the beginning.

    ``emulator_options`` are those of ``running``. The emulator is started once for each class.
    """

    emulator_options: ClassVar[Mapping[str, Any]] = {}
    emulator: Emulator
    _session: ClassVar[Session]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        names = ("edition", "fixture", "sockets", "url")
        options = {name: value for name, value in cls.emulator_options.items() if name in names}
        cls._session = cls.enterClassContext(open_session(**options))

    def setUp(self) -> None:
        super().setUp()
        options = self.emulator_options
        customer = self.enterContext(
            customer_of(self._session, options.get("webhook"), options.get("webhook_path", "/sms"))
        )
        self.emulator = self._session.begin_test(
            customer, sims=options.get("sims"), organisation=options.get("organisation")
        )
        self.addCleanup(self._session.end_test, self.emulator)
