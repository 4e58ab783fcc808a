"""The Data Streamer: an organisation's events, usage or messages, pushed to a URL in batches (S§2 to 4).

A stream is a position in a log. Its backlog is whatever the log has after that position, so a record costs a stream
nothing until it is sent. One batch is under way at a time, records keep their order, and a batch that failed is sent
again with the same records. The next try is promised before the batch is handed out: a crash repeats it and never
loses it.
"""

from collections.abc import Iterable
from datetime import timedelta
from itertools import cycle, islice
from typing import Final, TypeVar

from msgspec.structs import replace

from operator_emulator.core.customers import stream_log
from operator_emulator.core.customers.model import (
    BatchTry,
    DataStream,
    Generation,
    StreamKind,
    StreamState,
)
from operator_emulator.core.network.model import Sms
from operator_emulator.core.tester import faults
from operator_emulator.core.tester.model import Fault, FaultPoint
from operator_emulator.core.world import schedule
from operator_emulator.core.world.errors import (
    Malformed,
    StreamNotInState,
    TooManyStreams,
    UnknownDataStream,
    UnknownOrganisation,
)
from operator_emulator.core.world.model import DAY, PUT_OFF, JobKind, Outcome, Record, RecordBatch
from operator_emulator.core.world.world import Table, World

K = TypeVar("K")
T = TypeVar("T")

TRIES_SHOWN: Final = 20  # of a stream; older ones are not kept

# --------------------------------------------------------------------------------------------- the tester's side


def create(
    world: World,
    organisation: int,
    *,
    kind: StreamKind,
    generation: Generation,
    url: str,
    authorization: str,
    history: bool = False,
) -> DataStream:
    """Begin a stream with what happens from now on or, with *history*, with the last seven days (S§2).

    Raises UnknownOrganisation, TooManyStreams, and Malformed for an SMS stream of the first generation.
    """
    if world.organisations.get(organisation) is None:
        raise UnknownOrganisation(organisation)
    check(kind, generation)
    most = world.policy.data_streams_max
    if world.data_streams.count(organisation=organisation) >= most:
        raise TooManyStreams(organisation, most)
    stream = DataStream(
        id=world.next_id("data stream"),
        organisation=organisation,
        kind=kind,
        generation=generation,
        url=url,
        authorization=authorization,
        created=world.now,
    )
    if history:
        return _send_at(world, stream, world.policy.data_stream_interval)
    return world.data_streams.put(replace(stream, position=stream_log.newest(world, stream)))


def check(kind: StreamKind, generation: Generation) -> None:
    """Raises Malformed for a kind of record that the generation does not have (S§7)."""
    if kind is StreamKind.SMS and generation is Generation.DS1:
        raise Malformed("kind", "is sms, which requires generation ds2; ds1 has only events and usage")


def existing(world: World, id: int) -> DataStream:
    """Raises UnknownDataStream."""
    stream = world.data_streams.get(id)
    if stream is None:
        raise UnknownDataStream(id)
    return stream


def remove(world: World, id: int) -> None:
    """Raises UnknownDataStream."""
    schedule.cancel(world, JobKind.DATA_STREAMS_SEND, existing(world, id).id)
    world.data_streams.delete(id)


def pause(world: World, id: int) -> DataStream:
    """Send nothing until it is resumed; records are kept. Raises UnknownDataStream and StreamNotInState."""
    return _idle(world, _in_state(world, id, StreamState.RUNNING), StreamState.PAUSED)


def resume(world: World, id: int) -> DataStream:
    """Resume a paused stream, starting with its backlog. Raises UnknownDataStream and StreamNotInState."""
    return _run(world, _in_state(world, id, StreamState.PAUSED))


def restart(world: World, id: int) -> DataStream:
    """Restart a FAILED stream, starting with the batch that failed. Raises UnknownDataStream and StreamNotInState."""
    return _run(world, _in_state(world, id, StreamState.FAILED))


def _in_state(world: World, id: int, needed: StreamState) -> DataStream:
    stream = existing(world, id)
    if stream.state is not needed:
        raise StreamNotInState(id, stream.state, needed)
    return stream


def _run(world: World, stream: DataStream) -> DataStream:
    return _send_at(world, replace(stream, state=StreamState.RUNNING, failures=0), timedelta(0))


def _send_at(world: World, stream: DataStream, wait: timedelta) -> DataStream:
    """Promise the next try."""
    schedule.cancel(world, JobKind.DATA_STREAMS_SEND, stream.id)
    due = world.now + wait
    schedule.at(world, due, JobKind.DATA_STREAMS_SEND, stream.id)
    return world.data_streams.put(replace(stream, next_try=due))


def _idle(world: World, stream: DataStream, state: StreamState = StreamState.RUNNING) -> DataStream:
    schedule.cancel(world, JobKind.DATA_STREAMS_SEND, stream.id)
    return world.data_streams.put(replace(stream, state=state, next_try=None))


# --------------------------------------------------------------------------------------------- sending


def noted(world: World, record: Record) -> None:
    """Let the streams that carry a new record send it: with the next interval, or at once when a batch is full."""
    organisation = None if record.organisation is None else world.organisations.get(record.organisation)
    if organisation is None:
        return
    owners = [organisation.id] if organisation.parent is None else [organisation.id, organisation.parent]
    for stream in (one for owner in owners for one in world.data_streams.find(organisation=owner)):
        if stream.state is not StreamState.RUNNING or not stream_log.carries(world, stream, record):
            continue
        if stream.next_try is None:
            _send_at(world, stream, world.policy.data_stream_interval)
        elif stream.until is None and stream.next_try > world.now and stream_log.is_full(world, stream, record):
            _send_at(world, stream, timedelta(0))


def wait_after(world: World, failures: int) -> timedelta:
    """How long to wait after so many failures in a row: 1, 2, 4 … seconds, a day at most (S§4, assumed)."""
    doubled: int = 2 ** min(failures - 1, 20)
    return min(world.policy.data_stream_retry * doubled, DAY)


def send(world: World, stream_id: str) -> RecordBatch | None:
    """The job: promise the next try, then return the batch that is to be sent now, if there is one."""
    stream = world.data_streams.get(int(stream_id))
    if stream is None or stream.state is not StreamState.RUNNING:
        return None
    if stream.sending:  # time runs faster than the customer's endpoint answers; its answer promises the next try
        return None
    batch = _next_batch(world, stream)
    if not batch:
        _idle(world, replace(stream, until=None, position=stream_log.newest(world, stream)))
        return None
    newest, _ = batch[-1]
    tries = (*stream.tries[1 - TRIES_SHOWN :], BatchTry(at=world.now, records=len(batch)))
    stream = replace(stream, until=newest.id, sending=True, tries=tries)
    return _batch(world, _send_at(world, stream, wait_after(world, stream.failures + 1)), batch)


def _next_batch(world: World, stream: DataStream) -> list[tuple[Record, Sms | None]]:
    """The batch that is being repeated, or the oldest records that wait."""
    found = list(islice(stream_log.records(world, stream), stream_log.batch_size(world, stream)))
    if stream.until is None:
        return found
    # What is no longer kept is not repeated.
    return [(record, sms) for record, sms in found if record.id <= stream.until] or found


def _batch(world: World, stream: DataStream, batch: list[tuple[Record, Sms | None]]) -> RecordBatch:
    """The batch with the rows that its records name."""
    records = [record for record, _ in batch]
    organisations = {record.organisation for record in records if record.organisation is not None}
    iccids = {record.iccid for record in records if record.iccid is not None}
    strike = faults.strike(
        world,
        FaultPoint.DATA_STREAM,
        f"data stream {stream.id} until {stream.until} failures {stream.failures}",
        organisation=stream.organisation,
        stream=stream.id,
        url=stream.url,
        kind=stream.kind,
        generation=stream.generation,
    )
    return RecordBatch(
        stream=stream,
        records=tuple(records if strike is None else _spoiled(world, records, strike.fault)),
        at=world.now,
        organisations=_rows(world.organisations, organisations),
        sims=_rows(world.sims, iccids),
        messages={sms.id: sms for _, sms in batch if sms is not None},
        strike=strike,
    )


def _spoiled(world: World, records: list[Record], fault: Fault) -> list[Record]:
    """The records as a fault wants them: as many as asked for, the first ones again, or out of order."""
    missing = fault.effect.get("records", 0) - len(records)
    spoiled = [*records, *islice(cycle(records), max(missing, 0))]
    if fault.effect.get("shuffle"):
        spoiled.sort(key=lambda record: world.roll(f"fault {fault.id} record {record.id}"))
        if spoiled[0] is records[0]:
            spoiled.reverse()
    return spoiled


def _rows(table: Table[T], keys: Iterable[K]) -> dict[K, T]:
    """Those that there are, by their keys."""
    return {key: row for key in keys if (row := table.get(key)) is not None}


def settle(world: World, stream_id: int, until: int | None, outcome: Outcome) -> None:
    """Write down what came of the batch that ended with record *until*.

    After the last repetition (``data_stream_retries``) the stream is FAILED and stops (S§4).
    """
    stream = world.data_streams.get(stream_id)
    if stream is None or not stream.sending or stream.until != until:
        return
    *earlier, last = stream.tries
    last = replace(last, status=outcome.status, problem=outcome.problem)
    stream = replace(stream, sending=False, tries=(*earlier, last))
    if outcome.is_taken(world.policy.data_stream_success):
        _go_on(world, replace(stream, position=until, until=None, failures=0))
        return
    if outcome != PUT_OFF:
        stream = replace(stream, failures=stream.failures + 1)
    if stream.state is not StreamState.RUNNING:
        _idle(world, stream, stream.state)
    elif stream.failures > world.policy.data_stream_retries:
        _idle(world, stream, StreamState.FAILED)
    else:
        _send_at(world, stream, wait_after(world, max(stream.failures, 1)))


def _go_on(world: World, stream: DataStream) -> None:
    """After a success: with the next batch, at once if that is full."""
    size = stream_log.batch_size(world, stream)
    waiting = stream_log.backlog(world, stream, size)
    if not waiting:
        _idle(world, replace(stream, position=stream_log.newest(world, stream)), stream.state)
    elif stream.state is not StreamState.RUNNING:
        _idle(world, stream, stream.state)
    else:
        _send_at(world, stream, timedelta(0) if waiting >= size else world.policy.data_stream_interval)


def recover(world: World) -> None:
    """Send again what was under way when the process ended."""
    for stream in world.data_streams.find():
        if stream.sending:
            stream = replace(stream, sending=False)
            if stream.state is StreamState.RUNNING:
                _send_at(world, stream, timedelta(0))
            else:
                _idle(world, stream, stream.state)
