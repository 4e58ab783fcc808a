"""How rows that version 0.1 wrote (format 1) become today's: tables and fields with new names, and a rule for the rest.

A rule takes a row as JSON. It leaves today's rows as they are, since a dump does not say which version wrote it.
``upgraded`` is applied to every row of a file or snapshot of format 1, and to every row of a fixture.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from operator_emulator.store import event_values

Row = dict[str, Any]

TABLES: Final = MappingProxyType({"recipes": "organisation_snapshots", "sim_counts": "rate_windows"})

# Values of settings that are written otherwise now, by setting and text.
SETTINGS: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("mt_after_validity", "5"): "failed",
        ("mt_after_validity", "6"): "expired",
        ("mo_after_validity", "5"): "failed",
        ("mo_after_validity", "6"): "expired",
    }
)

# Fields that have new names, by table.
FIELDS: Final = MappingProxyType(
    {
        "contracts": {"before": "previous_state", "noticed": "notices_sent"},
        "pools": {"noticed": "notices_sent"},
    }
)


def changes(table: str) -> bool:
    """Whether rows of this table have changed."""
    return table in FIELDS or table in RULES


def upgraded(table: str, row: Any) -> Any:
    """Today's form of a row. One that is malformed stays as it is, for the check that follows to report."""
    fields = FIELDS.get(table, {})
    try:
        row = {fields.get(name, name): value for name, value in row.items()}
        return RULES[table](row) if table in RULES else row
    except (AttributeError, KeyError, TypeError):
        return row


# --------------------------------------------------------------------------------------------- actions

# The class of an action's parameters, by its kind, and its fields by the keys that they were kept under.
PARAMETERS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = MappingProxyType(
    {
        "activation": ("Activate", {"tariffID": "tariff_id", "productive": "productive"}),
        "restrict": ("Restrict", {"restrictionStatus": "restriction"}),
        "unrestrict": ("Unrestrict", {"apnName": "apn"}),
        "move": ("Move", {"targetPartnerID": "partner"}),
        "changetariff": ("ChangeTariff", {"tariffID": "tariff_id"}),
        "bookoption": ("BookOption", {"optionID": "option_id"}),
        "changeoption": ("ChangeOption", {"optionID": "option_id", "attributes": "attributes"}),
        "terminateoption": ("TerminateOption", {"optionID": "option_id"}),
        "modifyprofiles": ("ModifyProfiles", {}),
        "modifyremarks": ("ModifyRemarks", {"remarks": "remarks"}),
        "bindeuiccid": ("BindEuiccid", {"euiccid": "euiccid"}),
    }
)
PROFILES: Final = MappingProxyType(
    {"limitProfileID": "limit", "fraudProfileID": "fraud", "costLimitProfileID": "cost", "apnProfileID": "apn"}
)


def action(row: Row) -> Row:
    kind = row.get("kind")
    items = [item(kind, one) for one in row.get("items", ())]
    return {**row, "parameters": parameters(kind, row.get("parameters") or {}), "items": items}


def item(kind: Any, row: Row) -> Row:
    row = dict(row)
    error = row.pop("error", None)
    if error is not None:
        row["failure"] = {"reason": "in-words", "value": error}
    return {**row, "parameters": parameters(kind, row["parameters"]) if row.get("parameters") else None}


def parameters(kind: Any, given: Row) -> Row | None:
    if kind not in PARAMETERS or "type" in given:
        return given or None
    name, keys = PARAMETERS[kind]
    read: Row = {"type": name, **{field: given[key] for key, field in keys.items() if key in given}}
    if name == "ModifyProfiles":
        read |= profiles(given)
    if name == "Activate" and given.get("profiles"):
        read["modify"] = {"type": "ModifyProfiles", **profiles(given["profiles"])}
    return read


def profiles(given: Row) -> Row:
    ids = {kind: None if given[key] is None else str(given[key]) for key, kind in PROFILES.items() if key in given}
    pairs = given.get("staticIpsPerApn") or ()
    return {"profiles": ids, "static_ips": {pair["apnName"]: pair["staticIp"] for pair in pairs}}


# --------------------------------------------------------------------------------------------- snapshots


def organisation_snapshot(row: Row) -> Row:
    """The rows of an organisation lie in one row, under the names of their tables."""
    return {
        name: [upgraded(name, one) for one in rows] if isinstance(rows, list) else rows for name, rows in row.items()
    }


RULES: Final[Mapping[str, Callable[[Row], Row]]] = MappingProxyType(
    {"actions": action, "events": event_values.upgraded_event, "organisation_snapshots": organisation_snapshot}
)
