"""The commands that talk to a running emulator: what the control plane can do, for a terminal and for scripts.

Each command is a function from a client and its options to the JSON of the control plane, and a function from that to
text: ``--json`` prints the one, a terminal gets the other. Exit codes: 0; 1 refused, or nobody is there; 2 wrong usage.
"""

import contextlib
import functools
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from operator_emulator.cli.tables import facts, table

if TYPE_CHECKING:
    from operator_emulator.client import EmulatorClient

URL: Final = "OPERATOR_EMULATOR_URL"
TOKEN: Final = "OPERATOR_EMULATOR_CONTROL_TOKEN"
PAUSE: Final = 0.25  # real seconds between two looks of a command that follows
NEWEST: Final = 50  # exchanges that are shown unless more are asked for

STATES: Final = ("Issued", "Activated", "Suspended", "Expired")
DEVICE: Final = ("OFFLINE", "ATTACHED", "ONLINE")

Json = Mapping[str, Any]


# --------------------------------------------------------------------------------------------- how commands are made


def read_duration(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
    """Seconds, given as such or as something like 2h30m."""
    from operator_emulator.fixtures.read import times

    if text is None:
        return None
    try:
        return float(text) if is_decimal(text) else times.read_duration(text).total_seconds()
    except ValueError:
        raise click.BadParameter(f"{text!r} is no duration; write 90, 90s, 2h30m or 1d12h") from None


def read_object(_: click.Context, __: click.Parameter, text: str | None) -> dict[str, Any] | None:
    """A JSON object."""
    if text is None:
        return None
    try:
        value = json.loads(text)
    except ValueError as problem:
        raise click.BadParameter(f"{text!r} is not JSON: {problem}") from None
    if not isinstance(value, dict):
        raise click.BadParameter(f"{text!r} is not an object such as {{}}")
    return value


class DefaultCommandGroup(click.Group):
    """A group whose command ``show`` need not be named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = args and (not args[0].startswith("-") or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if named else ["show", *args])


def command(group: click.Group, name: str, show: Callable[[Any], str]) -> Callable[[Callable[..., Any]], click.Command]:
    """A command of *group*. What the function returns is printed, by *show* or as JSON; None is nothing in JSON."""

    def decorate(act: Callable[..., Any]) -> click.Command:
        @functools.wraps(act)
        def run(url: str, control_token: str | None, as_json: bool, **options: Any) -> None:
            with reached(url, control_token) as emulator:
                found = act(emulator, **options)
            if not as_json:
                click.echo(show(found))
            elif found is not None:
                click.echo(in_json(found))
            if isinstance(found, dict) and found.get("cause"):
                raise click.ClickException(f"the network refused: {found['cause']}")

        return group.command(name)(talking(run))

    return decorate


def talking(run: Callable[..., None]) -> Callable[..., None]:
    """The options of every command that talks to an emulator."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON, as the control plane has it."),
        click.option("--control-token", envvar=TOKEN, help="Secret that opens /_emulator, if it was given one."),
        click.option("--url", envvar=URL, default="http://127.0.0.1:8080", show_default=True, help="Where it is."),
    ):
        run = option(run)
    return run


@contextlib.contextmanager
def reached(url: str, token: str | None) -> "Iterator[EmulatorClient]":
    """A client, whose errors become one line on a terminal."""
    from operator_emulator.client import EmulatorClient, EmulatorError, Unreachable

    try:
        with EmulatorClient(url, token=token) as emulator:
            yield emulator
    except EmulatorError as error:
        raise click.ClickException(error.error) from None  # which names the field, where there is one
    except Unreachable as error:
        raise click.ClickException(
            f"{error}; start one with 'operator-emulator serve', or say where it is with --url or {URL}"
        ) from None


def in_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def given(**values: Any) -> dict[str, Any]:
    """What was given of these."""
    return {name: value for name, value in values.items() if value is not None}


def is_decimal(text: str) -> bool:
    whole, point, fraction = text.partition(".")
    return text.isascii() and whole.isdecimal() and (fraction.isdecimal() or not point)


# --------------------------------------------------------------------------------------------- how things are shown


def width() -> int | None:
    """Of the terminal; a pipe has none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def rows(headings: str, found: Sequence[Sequence[Any]], nothing: str) -> str:
    return table(headings.split(), found, width()) if found else nothing


def moment(text: str | None) -> str | None:
    """An instant for a narrow column: UTC, to the second."""
    return text and text.replace("T", " ").partition(".")[0].removesuffix("Z")


def count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def compact(value: Any) -> str | None:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if value else None


# --------------------------------------------------------------------------------------------- groups


@click.group()
def world() -> None:
    """What has no group of its own."""


@click.group(cls=DefaultCommandGroup)
def clock() -> None:
    """What time it is in the world, and moving it."""


@click.group()
def sim() -> None:
    """SIMs, and playing their devices."""


@click.group()
def sms() -> None:
    """Short messages as they stand."""


@click.group()
def faults() -> None:
    """Break things on purpose."""


@click.group(cls=DefaultCommandGroup)
def journal() -> None:
    """What went over HTTP, both ways."""


@click.group()
def snapshot() -> None:
    """Keep the whole world, and put it back."""


@click.group()
def callbacks() -> None:
    """What is owed to customers' endpoints."""


# --------------------------------------------------------------------------------------------- the world


def show_world(it: Json) -> str:
    return f"{count(it['sims'], 'SIM')}, {count(it['organisations'], 'organisation')}. {show_clock(it['clock'])}"


@command(world, "reset", show_world)
def reset(emulator: "EmulatorClient") -> Any:
    """Begin again: everything as it was at the start."""
    return emulator.call("POST", "/reset")


@command(snapshot, "save", lambda it: f"Kept as {it['name']}: {count(it['sims'], 'SIM')} at {moment(it['now'])} UTC.")
@click.argument("name")
def snapshot_save(emulator: "EmulatorClient", name: str) -> Any:
    """Keep the whole world under NAME."""
    return emulator.call("PUT", f"/snapshots/{name}")


@command(snapshot, "restore", show_world)
@click.argument("name")
def snapshot_restore(emulator: "EmulatorClient", name: str) -> Any:
    """Put back the world that was kept under NAME."""
    return emulator.call("POST", f"/snapshots/{name}/restore")


def show_snapshots(found: Sequence[Json]) -> str:
    return rows(
        "NAME WORLD-TIME SAVED SIMS KB",
        [(it["name"], moment(it["now"]), moment(it["saved"]), it["sims"], it["octets"] // 1000) for it in found],
        "No snapshots.",
    )


@command(snapshot, "list", show_snapshots)
def snapshot_list(emulator: "EmulatorClient") -> Any:
    """List what was kept."""
    return emulator.call("GET", "/snapshots")["snapshots"]


@command(snapshot, "delete", lambda _: "Gone.")
@click.argument("name")
def snapshot_delete(emulator: "EmulatorClient", name: str) -> None:
    """Forget the world that was kept under NAME."""
    emulator.call("DELETE", f"/snapshots/{name}")


# --------------------------------------------------------------------------------------------- the clock


def show_clock(it: Json) -> str:
    pace = "manual clock" if it["mode"] == "manual" else f"{it['speed']:g} seconds a second"
    return f"It is {moment(it['now'])} UTC ({pace}); {count(it['jobs'], 'job')} to come."


@command(clock, "show", show_clock)
def clock_show(emulator: "EmulatorClient") -> Any:
    """What time it is in the world."""
    return emulator.call("GET", "/clock")


@command(clock, "advance", lambda it: f"It is {moment(it['now'])} UTC; {count(it['jobs_run'], 'job')} ran.")
@click.argument("duration", callback=read_duration, required=False)
@click.option("--to", metavar="TIME", help="To an instant, such as 2026-01-31T12:00:00Z, instead.")
@click.option("--until", type=click.Choice(["next-job", "idle"]), help="To the next job, or until nothing is left.")
def clock_advance(emulator: "EmulatorClient", duration: float | None, to: str | None, until: str | None) -> Any:
    """Let time pass: DURATION is 90, 90s, 2h30m, 1d12h. All that is due on the way happens before it returns."""
    how = given(seconds=duration, to=to, until=until)
    if len(how) != 1:
        raise click.UsageError("say how far: a DURATION, --to or --until")
    return emulator.call("POST", "/clock/advance", json=how)


@command(clock, "set", show_clock)
@click.option("--mode", type=click.Choice(["manual", "real"]), help="Let time stand, or pass by itself.")
@click.option("--speed", type=float, help="So many seconds of the world in one of ours.")
@click.option("--now", metavar="TIME", help="Move forward to this instant.")
def clock_set(emulator: "EmulatorClient", mode: str | None, speed: float | None, now: str | None) -> Any:
    """Set the pace of the world's time, or the time."""
    how = given(mode=mode, speed=speed, now=now)
    if not how:
        raise click.UsageError("say what to set: --mode, --speed or --now")
    return emulator.call("PUT", "/clock", json=how)


def show_jobs(found: Sequence[Json]) -> str:
    return rows(
        "ID DUE KIND ABOUT",
        [(it["id"], moment(it["due"]), it["kind"], it["about"]) for it in found],
        "Nothing is due at any time.",
    )


@command(clock, "jobs", show_jobs)
def clock_jobs(emulator: "EmulatorClient") -> Any:
    """What is due when."""
    return emulator.call("GET", "/jobs")["jobs"]


# --------------------------------------------------------------------------------------------- SIMs and devices


def show_sims(found: Sequence[Json]) -> str:
    return rows(
        "ICCID LABEL ORGANISATION CORE STATE DEVICE RAT NETWORK MB-LEFT SMS-LEFT",
        [
            (
                it["iccid"],
                it["label"],
                it["organisation"],
                it["core"],
                it["state"],
                it["device"]["status"],
                it["device"]["rat"],
                network(it["device"]),
                it["data_quota"] and it["data_quota"]["left"],
                it["sms_quota"] and it["sms_quota"]["left"],
            )
            for it in found
        ],
        "No such SIMs.",
    )


def network(device: Json) -> str | None:
    operator = device["operator"]
    return operator and f"{operator['name']} ({operator['mcc']}{operator['mnc']})"


@command(sim, "list", show_sims)
@click.option("--organisation", type=int, help="Of this organisation.")
@click.option("--label", metavar="PATTERN", help="With such a label; * stands for anything.")
@click.option("--core", type=click.IntRange(1, 2), help="On this core network.")
@click.option("--state", type=click.Choice(STATES, case_sensitive=False), help="In this state.")
@click.option("--device", "status", type=click.Choice(DEVICE, case_sensitive=False), help="Whose device is so.")
@click.option("--limit", type=click.IntRange(1), help="The first so many.")
def sim_list(emulator: "EmulatorClient", **filters: Any) -> Any:
    """List SIMs, whoever owns them."""
    return emulator.call("GET", "/sims", params=given(**filters))["sims"]


def show_sim(it: Json) -> str:
    device, session = it["device"], it["device"]["session"]
    return facts(
        (
            ("ICCID", it["iccid"]),
            ("Label", it["label"]),
            ("Organisation", it["organisation"]),
            ("Core network", it["core"]),
            ("State", it["state"]),
            ("IMSI", it["imsi"]),
            ("MSISDN", it["msisdn"]),
            ("IP address", it["ip_address"]),
            ("Data", left(it["data_quota"], "MB")),
            ("SMS", left(it["sms_quota"], "messages")),
            ("Message waiting", it["message_waiting"]),
            ("Device", device["status"]),
            ("IMEI", device["imei"]),
            ("IMEI lock", it["imei_lock"]),
            ("Network", network(device)),
            ("RAT", device["rat"]),
            ("Attached", moment(device["attached"])),
            ("Session", session and f"since {moment(session['opened'])}"),
        ),
        width(),
    )


def left(quota: Json | None, unit: str) -> str | None:
    return None if quota is None else f"{quota['left']:g} of {quota['total']:g} {unit} left"


@command(sim, "show", show_sim)
@click.argument("iccid")
def sim_show(emulator: "EmulatorClient", iccid: str) -> Any:
    """Show a SIM and its device, as they really are."""
    return emulator.call("GET", f"/sims/{iccid}")


def show_device(it: Json) -> str:
    where = network(it)
    return f"{it['status']} in {where}, {it['rat']}" if where and it["status"] != "OFFLINE" else str(it["status"])


def device_command(name: str, status: str, what: str) -> None:
    """One of the three things that a device can be told."""

    @command(sim, name, show_device)
    @click.argument("iccid")
    @click.option("--network", "operator", metavar="NAME", help="In this network: its name, or MCC and MNC.")
    @click.option("--rat", help="By this radio access, such as LTE, CAT_M or NB_IOT.")
    @click.option("--imei", help="The device that holds the SIM.")
    @click.option("--lac", type=int, help="Location area.")
    @click.option("--cell", type=int, help="Cell identity.")
    def tell(emulator: "EmulatorClient", iccid: str, **how: Any) -> Any:
        return emulator.call("POST", f"/sims/{iccid}/device", json={"status": status, **given(**how)})

    tell.help = what


device_command("online", "ONLINE", "The device opens a data session, attaching first if it has to.")
device_command("attach", "ATTACHED", "The device attaches to a network, or closes its data session.")
device_command("offline", "OFFLINE", "The device leaves the network.")


@command(sim, "send-mo", lambda it: f"Message {it['id']}; it leaves as soon as time moves.")
@click.argument("iccid")
@click.argument("text")
@click.option("--to", "dest_address", metavar="NUMBER", help="The number that the device sends to.")
@click.option("--dcs", type=click.Choice(["0", "4", "8"]), help="Data coding: with 4, TEXT is hex.")
@click.option("--udh", metavar="HEX", help="User data header.")
def sim_send_mo(emulator: "EmulatorClient", iccid: str, text: str, dcs: str | None, **how: Any) -> Any:
    """Let the device send an SMS."""
    message = {"payload": text, **given(dcs=None if dcs is None else int(dcs), **how)}
    return emulator.call("POST", f"/sims/{iccid}/mo", json=message)


def show_use(it: Json) -> str:
    session = it["session"]
    if session is None:
        return f"{show_device(it)}; the volume is used up, and the session closed"
    return f"{show_device(it)}; {session['volume_tx']:g} MB sent, {session['volume_rx']:g} MB received in this session"


@command(sim, "use", show_use)
@click.argument("iccid")
@click.option("--tx", "volume_tx", type=float, metavar="MB", help="So much is sent.")
@click.option("--rx", "volume_rx", type=float, metavar="MB", help="So much is received.")
def sim_use(emulator: "EmulatorClient", iccid: str, **volumes: float | None) -> Any:
    """Let the device use data, in a data session that is opened if there is none."""
    if not given(**volumes):
        raise click.UsageError("say how much: --tx, --rx or both")
    return emulator.call("POST", f"/sims/{iccid}/usage", json=given(**volumes))


def show_inbox(found: Sequence[Json]) -> str:
    return rows(
        "RECEIVED FROM MISSING TEXT",
        [
            (
                moment(it["at"]),
                it["source_address"],
                ", ".join(map(str, it["missing"])),
                it["octets"] if it["text"] is None else it["text"],
            )
            for it in found
        ],
        "It has received nothing.",
    )


@command(sim, "inbox", show_inbox)
@click.argument("iccid")
def sim_inbox(emulator: "EmulatorClient", iccid: str) -> Any:
    """What the device received: decoded, and put together where it came in parts. What is binary is shown in hex."""
    return emulator.call("GET", f"/sims/{iccid}/inbox")["messages"]


# --------------------------------------------------------------------------------------------- messages and callbacks


def show_messages(found: Sequence[Json]) -> str:
    return rows(
        "ID ICCID WAY STATUS SUBMITTED NEXT-TRY FROM TO CAUSE PAYLOAD",
        [
            (
                it["id"],
                it["iccid"],
                it["direction"],
                it["status"],
                moment(it["submitted"]),
                moment(it.get("next_attempt")),
                it.get("source_address"),
                it.get("dest_address"),
                it.get("cause"),
                it["payload"],
            )
            for it in found
        ],
        "No such messages.",
    )


@command(sms, "list", show_messages)
@click.argument("iccid", required=False)
@click.option("--direction", type=click.Choice(["MT", "MO"], case_sensitive=False), help="To devices, or from them.")
@click.option("--status", metavar="STATUS", help="Such as DELIVERED or BUFFERED.")
@click.option("--payload", metavar="PATTERN", help="With such a payload; * stands for anything.")
@click.option("--organisation", type=int, help="Of this organisation.")
@click.option("--limit", type=click.IntRange(1), help="The newest so many.")
def sms_list(emulator: "EmulatorClient", **filters: Any) -> Any:
    """List short messages of all SIMs, or of ICCID, oldest first."""
    return emulator.call("GET", "/messages", params=given(**filters))["messages"]


def show_callbacks(found: Sequence[Json]) -> str:
    return rows(
        "ID EVENT ICCID SMS FATE TRIES NEXT-TRY URL",
        [
            (
                it["id"],
                it["event"],
                it["iccid"],
                it["sms"],
                it["fate"],
                " ".join(map(outcome, it["tries"])),
                moment(it["next_try"]),
                it["url"],
            )
            for it in found
        ],
        "Nothing was or is owed.",
    )


def outcome(one: Json) -> str:
    """What came of a try: a status, or that no answer came, or that none has come yet."""
    return str(one["status"] or ("×" if one["problem"] else "…"))


@command(callbacks, "list", show_callbacks)
@click.option("--fate", type=click.Choice(["owed", "taken", "given-up"]), help="What became of them.")
@click.option("--iccid", metavar="PATTERN", help="About this SIM; * stands for anything.")
@click.option("--event", metavar="PATTERN", help="Such as sms-delivered.")
@click.option("--organisation", type=int, help="Of this organisation.")
@click.option("--limit", type=click.IntRange(1), help="The newest so many.")
def callbacks_list(emulator: "EmulatorClient", **filters: Any) -> Any:
    """List what was and is owed to customers' endpoints, oldest first."""
    return emulator.call("GET", "/callbacks", params=given(**filters))["callbacks"]


@command(callbacks, "retry", lambda it: show_callbacks([it]))
@click.argument("id", type=int)
def callbacks_retry(emulator: "EmulatorClient", id: int) -> Any:
    """Send it once more, now."""
    return emulator.call("POST", f"/callbacks/{id}/retry")


# --------------------------------------------------------------------------------------------- faults


def show_faults(found: Json) -> str:
    ready = f"Ready-made: {', '.join(it['name'] for it in found['ready'])}"
    return rows(
        "ID NAME POINT CHANCE TIMES STRUCK MATCH EFFECT",
        [
            (
                it["id"],
                it["name"],
                it["point"],
                it["probability"],
                it["times"],
                it["struck"],
                compact(it["match"]),
                compact(it["effect"]),
            )
            for it in found["faults"]
        ],
        f"Nothing goes wrong. {ready}",
    )


@command(faults, "list", show_faults)
def faults_list(emulator: "EmulatorClient") -> Any:
    """List what should go wrong, and what is ready to."""
    return emulator.call("GET", "/faults")


@command(faults, "add", lambda it: show_faults({"faults": [it], "ready": []}))
@click.argument("name")
@click.option("--point", type=click.Choice(["http", "network", "callback"]), help="Where it strikes.")
@click.option("--match", callback=read_object, help='What it concerns, such as \'{"method": "POST"}\'.')
@click.option("--effect", callback=read_object, help="What happens, such as '{\"status\": 503}'.")
@click.option("--probability", type=click.FloatRange(0, 1), help="How likely it strikes.")
@click.option("--times", type=click.IntRange(1), help="How often it strikes.")
def faults_add(emulator: "EmulatorClient", name: str, **how: Any) -> Any:
    """Let something go wrong: NAME is a ready-made fault, or names your own with --point and --effect."""
    return emulator.call("POST", "/faults", json={"name": name, **given(**how)})


@command(faults, "remove", lambda _: "Gone.")
@click.argument("id", type=int)
def faults_remove(emulator: "EmulatorClient", id: int) -> None:
    """Remove the fault with this ID."""
    emulator.call("DELETE", f"/faults/{id}")


@command(faults, "clear", lambda _: "Nothing goes wrong any more.")
def faults_clear(emulator: "EmulatorClient") -> None:
    """Remove all faults."""
    emulator.call("DELETE", "/faults")


# --------------------------------------------------------------------------------------------- the journal

HEADINGS: Final = f"{'ID':>5} {'TIME':19} {'WAY':3} {'METHOD':6} {'STATUS':>6} {'MS':>8} PATH"


def show_exchange(it: Json) -> str:
    """One line, and below it what is odd."""
    way = "in" if it["direction"] == "inbound" else "out"
    line = (
        f"{it['id']:>5} {moment(it['at'])} {way:3} {it['method']:6} {it['status'] or '–':>6} "
        f"{it['milliseconds']:>8.1f} {it['path']}"
    )
    odd = [
        *([f"fault: {it['fault']}"] if it["fault"] else ()),
        *([f"no answer: {it['problem']}"] if it["problem"] else ()),
        *(f"contract: {finding}" for finding in it["findings"]),
    ]
    return "\n".join([line, *(f"{'':26}{one}" for one in odd)])


def show_exchanges(found: Sequence[Json]) -> str:
    return "\n".join([HEADINGS, *map(show_exchange, found)]) if found else "No such exchanges."


@journal.command("show")
@click.option("--follow", "-f", is_flag=True, help="Go on as more comes; with --json, one object a line.")
@click.option("--direction", type=click.Choice(["inbound", "outbound"]), help="From customers, or to their endpoints.")
@click.option("--method", help="Such as POST.")
@click.option("--path", metavar="PATTERN", help="Such as '/management-api/v1/sims/*/sms'.")
@click.option("--status", help="Such as 404, or 4xx.")
@click.option("--operation", metavar="PATTERN", help="The operation's id in its description.")
@click.option("--organisation", type=int, help="Of this organisation.")
@click.option("--fault", metavar="PATTERN", help="Struck by this fault.")
@click.option("--since", type=click.IntRange(0), help="Only those with a greater id.")
@click.option("--limit", type=click.IntRange(1), default=NEWEST, show_default=True, help="The newest so many.")
@talking
def journal_show(
    url: str, control_token: str | None, as_json: bool, follow: bool, limit: int, since: int | None, **filters: Any
) -> None:
    """Show what went over HTTP, oldest first."""
    asked = given(**filters)
    with reached(url, control_token) as emulator:
        found = emulator.call("GET", "/journal", params={**asked, **given(limit=limit, since=since)})
        if not follow:
            exchanges = found["exchanges"]
            click.echo(in_json(exchanges) if as_json else show_exchanges(exchanges))
            return
        with contextlib.suppress(KeyboardInterrupt):  # that is how one stops it
            if not as_json:
                click.echo(HEADINGS)
            for exchange in following(emulator, found, asked):
                click.echo(json.dumps(exchange, ensure_ascii=False) if as_json else show_exchange(exchange))


def following(
    emulator: "EmulatorClient", found: Json, asked: Json, pause: Callable[[float], None] = time.sleep
) -> Iterator[Json]:
    """Exchanges as they come, from *found* on, for ever. A reset begins their numbers again."""
    while True:
        yield from found["exchanges"]
        last = found["last"]
        pause(PAUSE)
        found = emulator.call("GET", "/journal", params={**asked, "since": last})
        if found["last"] < last:
            found = emulator.call("GET", "/journal", params={**asked, "since": 0})


@command(journal, "clear", lambda _: "It is empty; numbers go on.")
def journal_clear(emulator: "EmulatorClient") -> None:
    """Empty it."""
    emulator.call("DELETE", "/journal")


COMMANDS: Final = (*world.commands.values(), clock, sim, sms, faults, journal, callbacks, snapshot)
