"""trigger: make the events happen that clients must handle first."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from operator_emulator.cli.command import command

if TYPE_CHECKING:
    from operator_emulator.client import EmulatorClient, Sim

BELOW_THRESHOLD: Final = 0.15  # of the volume; the operator warns at 20 % (D§8)
REFUSED: Final = "emu-fail"  # a message from this sender is refused by the network


def mo(sim: "Sim") -> str:
    sent = ready(sim).send_mo("Hello from the device")
    return f"Message {sent} sent by the device {sim.iccid}."


def delivery_report(sim: "Sim") -> str:
    message = ready(sim).send_mt("Hello to the device")
    return f"Message {message.id} to {sim.iccid} submitted; its delivery report follows."


def delivery_failure(sim: "Sim") -> str:
    message = ready(sim).send_mt("Hello to the device", source_address=REFUSED)
    return f"Message {message.id} to {sim.iccid} submitted, which the network refuses; its delivery report follows."


def quota_warning(sim: "Sim") -> str:
    quota = sim.show().data_quota
    if quota is None:
        raise click.ClickException(f"SIM {sim.iccid} has no data volume")
    used = quota["left"] - BELOW_THRESHOLD * quota["total"]
    if used <= 0:
        raise click.ClickException(f"SIM {sim.iccid} is below the threshold; 'sim top-up' adds volume")
    sim.online().use_data(rx=used)
    return f"SIM {sim.iccid} used {used:g} MB and has less than 20 % left."


def session(sim: "Sim") -> str:
    sim.offline()
    sim.online().use_data(tx=0.1, rx=1)
    sim.offline()
    return f"The device {sim.iccid} attached, opened a data session, used 1.1 MB and left the network."


def ready(sim: "Sim") -> "Sim":
    """A SIM whose device is in the network."""
    return sim if sim.device.status != "OFFLINE" else sim.attach()


EVENTS: Final[Mapping[str, Callable[["Sim"], str]]] = {
    "mo": mo,
    "delivery-report": delivery_report,
    "delivery-failure": delivery_failure,
    "quota-warning": quota_warning,
    "session": session,
}
PORTAL_EVENTS: Final = (
    "simaction.v1",
    "profilenotification.v1",
    "poollimitnotification.v1",
    "costlimitnotification.v1",
)


@command(None, "trigger", str)
@click.argument("event", type=click.Choice([*EVENTS, *PORTAL_EVENTS]))
@click.option("--iccid", help="SIM that it happens to.  [default: the first activated one]")
@click.option("--partner", help="Partner of the portal that it happens to.  [default: the first one]")
def trigger(emulator: "EmulatorClient", event: str, iccid: str | None, partner: str | None) -> Any:
    """Make an EVENT happen, with everything that follows from it: messages, callbacks, usage, events.

    \b
    mo                        a message from a device
    delivery-report           a message to a device, which is delivered
    delivery-failure          a message to a device, which is not
    quota-warning             a SIM whose data volume is nearly used up
    session                   a data session from beginning to end
    simaction.v1 …            an event on the streams of the service portal

    With a manual clock, callbacks are sent when the clock is advanced.
    """
    if event in PORTAL_EVENTS:
        made = emulator.make_portal_event(event, partner or first_partner(emulator))
        return f"Event {made['event']} ({event}) recorded for {made['streams']} streams."
    return EVENTS[event](emulator.sim(iccid or first_sim(emulator)))


def first_sim(emulator: "EmulatorClient") -> str:
    for organisation in emulator.organisations.list():
        found = emulator.sims(state="Activated", organisation=organisation["id"], limit=1)
        if found:
            return found[0].iccid
    raise click.ClickException("no organisation has an activated SIM; name one by --iccid")


def first_partner(emulator: "EmulatorClient") -> str:
    found = emulator.partners()
    if not found:
        raise click.ClickException("this world has no partners of the service portal")
    return str(found[0]["id"])
