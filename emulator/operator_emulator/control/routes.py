"""The route table of the control plane, in the order of specs/control.yaml."""

from collections.abc import Sequence

from operator_emulator.control import clock, devices, faults, fixture, journal, organisations, portal, sims, wait, world
from operator_emulator.web.openapi import Document, Route


def build(document: Document) -> Sequence[Route]:
    route = document.route
    return (
        route("GET", "/health", world.health),
        route("GET", "/openapi.json", world.describe),
        route("POST", "/reset", world.reset),
        route("GET", "/fixture", fixture.dump),
        route("POST", "/fixture", fixture.load),
        route("GET", "/snapshots", world.list_snapshots),
        route("PUT", "/snapshots/{name}", world.save),
        route("DELETE", "/snapshots/{name}", world.discard),
        route("POST", "/snapshots/{name}/restore", world.restore),
        route("GET", "/organisations", organisations.list_organisations),
        route("POST", "/organisations", organisations.create_organisation),
        route("GET", "/organisations/{id}", organisations.get_organisation),
        route("PATCH", "/organisations/{id}", organisations.change_organisation),
        route("DELETE", "/organisations/{id}", organisations.remove_organisation),
        route("POST", "/organisations/{id}/sims", organisations.add_sim),
        route("POST", "/organisations/{id}/reset", organisations.reset_organisation),
        route("GET", "/clock", clock.get_clock),
        route("PUT", "/clock", clock.put_clock),
        route("POST", "/clock/advance", clock.advance),
        route("GET", "/jobs", clock.list_jobs),
        route("GET", "/sims", sims.list_sims),
        route("GET", "/sims/{iccid}", devices.get_sim),
        route("POST", "/sims/{iccid}/device", devices.set_device),
        route("POST", "/sims/{iccid}/mo", devices.send_mo),
        route("POST", "/sims/{iccid}/usage", devices.use_data),
        route("GET", "/sims/{iccid}/inbox", devices.get_inbox),
        route("GET", "/sims/{iccid}/behaviour", devices.get_behaviour),
        route("PUT", "/sims/{iccid}/behaviour", devices.put_behaviour),
        route("GET", "/journal", journal.list_exchanges),
        route("DELETE", "/journal", journal.empty),
        route("POST", "/journal/verify", journal.verify),
        route("GET", "/callbacks", wait.list_callbacks),
        route("POST", "/callbacks/{id}/retry", wait.retry_callback),
        route("GET", "/messages", wait.list_messages),
        route("POST", "/wait", wait.wait),
        route("GET", "/faults", faults.list_faults),
        route("POST", "/faults", faults.add_fault),
        route("DELETE", "/faults", faults.remove_faults),
        route("DELETE", "/faults/{id}", faults.remove_fault),
        route("GET", "/limits", faults.get_limits),
        route("PUT", "/limits", faults.put_limits),
        route("GET", "/portal/subscriptions", portal.list_subscriptions),
        route("POST", "/portal/applications", portal.create_application),
        route("DELETE", "/portal/applications/{client_id}", portal.remove_application),
        route("POST", "/portal/events", portal.make_event),
        route("POST", "/portal/transfers/{transaction_id}/cancel", portal.cancel_transfer),
    )
