"""Policy: each number and choice that varies or was assumed, on one page, with its source.

Every field is a setting: ``--set token_ttl=14400`` on the command line, ``settings: {token_ttl: 14400}`` in a
fixture, or a default of the edition. D§18 lists the contradictions C1 to C20 that some of them decide; a comment
that says "assumed" marks what nobody published. How far each may go is in ``ranges.py``.
"""

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Literal, get_type_hints

from operator_emulator.core.world.ranges import Kind, kind_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    # -- tokens (D§2)
    token_ttl: int = 3600  # seconds, C1: the guides also say 240 minutes
    fresh_token_each_time: bool = False  # C2: a live token is handed out again with what is left of it
    login_roles: Literal["api", "any"] = "api"  # who may use the API; C19 takes both of BSC's names for "api"

    # -- SMSC (D§9)
    validity_period: timedelta = timedelta(hours=24)
    first_attempt: timedelta = timedelta(seconds=1)  # recorded: last_delivery_attempt is submit + 1 s
    radio_time: timedelta = timedelta(seconds=1)  # attempt to acknowledgement; recorded 1 to 5 s in all
    retry_after: timedelta = timedelta(hours=1)  # periodic retry of a buffered message
    mt_after_validity: Literal["failed", "expired"] = "expired"  # C8
    mo_after_validity: Literal["failed", "expired"] = "expired"  # C9
    dlr_on_expiry: Literal["failed", "expired"] = "failed"  # documented values are DELIVERED and FAILED only
    sms_without_quota: Literal["refuse", "fail"] = "refuse"  # assumed: 422, or accept and fail
    sms_to_disabled_sim: Literal["buffer", "fail"] = "buffer"  # assumed
    sms_charge: int = 1  # per message or part
    retention: timedelta | None = timedelta(days=7)  # SMS and events; None keeps them (C18)

    # -- forwarder (D§10)
    forwarder_success: Literal["2xx", "200"] = "2xx"  # C10
    forwarder_strict_url: bool = False  # C11: https and a host name only
    forwarder_retry: Literal["record", "prose"] = "record"  # C12: 2, 4, 8 … or 5, 15, 30 … minutes
    forwarder_retry_scale: float = 1.0
    forwarder_give_up: timedelta = timedelta(hours=24)
    forwarder_timeout: float = 10.0  # seconds of real time at the socket; assumed
    forwarder_connections: int = 16  # at a time, to one subscription
    forwarder_waiting: int = 10_000  # sends that may wait for a connection before more are put off

    # -- Data Streamer (S§1 to 7)
    data_streams_max: int = 10  # of one organisation (S§1)
    data_stream_interval: timedelta = timedelta(seconds=5)  # between batches; assumed
    data_stream_success: Literal["2xx", "200"] = "2xx"  # documented is 200 alone (S§3)
    data_stream_timeout: float = 10.0  # seconds of real time at the socket; assumed
    data_stream_retry: timedelta = timedelta(seconds=1)  # after a failure; it doubles with each further one; assumed
    data_stream_retries: int = 10  # of one batch, then the stream is FAILED; assumed (S§4)
    data_stream_retention: timedelta = timedelta(days=7)  # of records that wait, and of history (S§2, 4)
    data_stream_sms: Literal["array", "forwarder"] = "array"  # assumed: as other streams, or as the forwarder (S§7)
    usage_record_interval: timedelta = timedelta(minutes=15)  # within a data session (S§6)
    usage_record_octets: int = 100_000  # less waits for more, or for the end of the session (S§6)

    # -- SIMs (D§7, 8, 14)
    unknown_sim: Literal["404", "empty"] = "404"  # C4
    accept_luhn: bool = False  # assumed: a 20-digit ICCID in a path is an unknown SIM
    legacy_single_status: bool = False  # C7: Activated instead of Enabled on GET of one SIM
    bulk_delay: timedelta = timedelta(seconds=2)  # POST /v1/sims is applied later
    reset_delay: timedelta = timedelta(seconds=5)  # from the reset to the device's return; assumed
    reset_wraps_status: bool = False  # also write 'Suspended' and 'Activated' around a reset
    max_label: int = 255  # assumed
    lifetime_years: int = 10  # D§8.4: activation + 10 years + 3 months, at midnight
    lifetime_months: int = 3
    grace_months: int = 18  # after expiry, an extension is still possible (D§12.4)
    data_quota_mb: int = 500
    sms_quota: int = 250
    threshold_percentage: int = 20
    peak_throughput: int = 128_000  # bit/s; recorded
    usage_months: int = 6  # how far back usage reaches (D§8.3)
    usage_window: Literal["month", "fortnight", "today"] = "month"  # C17
    sms_usage_direction: Literal["device", "spec"] = "device"  # C6
    selectable_limits_as_spec: bool = False  # C14
    lookup_time: timedelta = timedelta(milliseconds=200)  # connectivity_info: request to reply, on paper only

    # -- two core networks, two versions (V§)
    platform_2_since: datetime | None = datetime(2026, 10, 1, tzinfo=UTC)  # SIMs shipped since live on the new core
    session_rounding: int = 1024  # octets; there a session counts in whole kB (published), each direction (assumed)
    v1_retired_at: datetime | None = None  # published: 2026-12-31 is the last day; what comes then is not
    v1_retired_status: Literal[403, 404, 410, 503] = 410  # assumed, with version 1's error body
    v2_disabled_sim: Literal["conflict", "accept"] = "conflict"  # reset of and SMS to it; assumed
    v2_canceled_sms: Literal["hide", "failed"] = "hide"  # there is no status for it; assumed
    v2_unlisted_events: bool = False  # kinds 0, 50 and 51, which its catalogue does not have; assumed
    endpoint_events: bool = False  # 42 and 43 with a SIM's status, 121 when it leaves; assumed
    v2_sms_location: bool = False  # none is published; assumed
    v2_paging_headers: bool = True  # on messages and events, where none are declared; assumed

    # -- wire (D§5, 6)
    date_style: Literal["recorded", "spec"] = "recorded"  # C5
    paging: Literal["clamp", "strict"] = "clamp"  # pageSize above the maximum
    sorting: Literal["ignore", "strict"] = "ignore"  # unknown sort and q keys
    location: Literal["public", "internal"] = "public"  # Location header: ours, or the leaked internal host
    sms_rows_in_events: bool = False  # the portal's list mixes them in
    all_routes: bool = False  # every route in every edition, for convenience (D§16)
    cors: bool = False  # the operator sends no CORS headers

    # -- for tests
    rate_limits: bool = False  # D§4; PUT /_emulator/limits overrides it
    magic_addresses: bool = True  # source addresses that decide what becomes of an SMS; the operator knows none

    # -- orders (D§12, 13)
    instant_payment: bool = False  # bank transfers and boletos are paid at once, too
    payment_time: timedelta | None = timedelta(days=2)  # a bank transfer takes 2 to 3 days; None: only by hand
    delivery_time: timedelta = timedelta(0)  # from payment to the new SIMs; assumed
    topup_data_mb: int = 500
    topup_sms: int = 250
    topup_price: int = 595  # cents, gross (D§12.2)
    extension_price: int = 1190  # cents, gross; assumed: 10 EUR + 19 %
    extension_before_end: timedelta | None = None  # published: three months; what an earlier call gets is not
    auto_topup_hours: int = 4  # checks at 0, 4, 8 … o'clock CET
    transfer_time: timedelta = timedelta(seconds=60)  # a SIM transfer between organisations; assumed

    # -- portal: actions and transfers (P§4, all assumed)
    action_begins: timedelta = timedelta(seconds=2)  # PENDING so long, and can be cancelled
    action_takes: timedelta = timedelta(seconds=5)  # from the request to its end
    portal_transfer_time: timedelta = timedelta(seconds=60)  # from the acceptance to its completion
    binding_months: int = 24
    action_max_sims: int = 1000
    single_sim_conflict: Literal["item", "409"] = "item"  # state conflicts of actions on one SIM
    session_history_days: int = 7  # the server's default timespan, whose value is unpublished (P§3.2)
    deprecated_methods: Literal["answer", "gone"] = "answer"

    # -- portal: events and their stream (P§5, 6)
    restriction_key: Literal["published", "clean", "both"] = "published"  # "restrictionStatus:" with its colon
    internal_links: bool = False  # links to the vendor's test host, as in the published samples
    stream_retention: timedelta = timedelta(days=7)
    stream_idle: timedelta = timedelta(seconds=60)
    stream_commit: Literal["first_event", "immediate"] = "first_event"
    stream_idle_504: Literal["pulsar", "kong"] = "pulsar"
    stream_batch: int = 100
    portal_token_ttl: int = 300
    portal_apn: str = "internet.m2mportal.de"  # of SIMs without an APN profile (P§9)
    portal_host: str = "https://sg-api.telekom.de"  # in tokens: originStargate

    def __post_init__(self) -> None:
        """Raise ValueError for a value that cannot be."""
        for field in fields(self):
            if (problem := problem_of(field.name, getattr(self, field.name))) is not None:
                raise ValueError(f"{field.name} {problem}")


@cache
def kinds() -> dict[str, Kind]:
    """What each setting can be."""
    return {name: kind_of(name, hint) for name, hint in get_type_hints(Policy).items()}


def problem_of(name: str, value: object) -> str | None:
    """Why a setting cannot have a value, saying what it can be; None if it can."""
    return kinds()[name].problem(value)
