"""The traps of D§19 that concern several routes at once. The others are named where their route is tested."""

import ast
import re
from pathlib import Path

from operator_emulator.core.network.numbering import iccid_with_luhn
from tests.conftest import OFFLINE, ONLINE, MakeOperator, Operator

SPACED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
OFFSET = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")


def test_each_trap_has_a_test_that_names_it() -> None:
    """Fifteen traps; a test that goes away leaves a gap here."""
    found: set[int] = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (match := re.match(r"test_trap_(\d+)_", node.name)):
                found.add(int(match[1]))
    assert found == set(range(1, 16))


def test_trap_9_three_date_formats_by_field(operator: Operator) -> None:
    """The space form in callbacks, quota and status; +0000 in SMS, SIM and events; Z in neither."""
    id = operator.send_mt(ONLINE, "x")
    operator.advance(5)
    sim, sms = operator.get(f"/sims/{ONLINE}"), operator.sms(ONLINE, id)
    status = operator.get(f"/sims/{ONLINE}/status")
    operator.device(ONLINE, "ATTACHED")
    event = operator.get(f"/sims/{ONLINE}/events")["events"][0]
    spaced = [operator.customer.bodies[0][name] for name in ("submit_date", "final_date")]
    spaced += [operator.get(f"/sims/{ONLINE}/quota/{service}")["expiry_date"] for service in ("data", "sms")]
    spaced += [operator.get(f"/sims/{ONLINE}/quota/data")["last_status_change_date"]]
    spaced += [status["location"]["last_updated"], status["pdp_context"]["created"]]
    assert [text for text in spaced if not SPACED.fullmatch(text)] == []
    offset = [sim["activation_date"], event["timestamp"]]
    offset += [sms[name] for name in sms if name.endswith("_date") or name == "last_delivery_attempt"]
    offset += [operator.get(f"/sims/{ONLINE}/connectivity_info")["reply_timestamp"]]
    assert [text for text in offset if not OFFSET.fullmatch(text)] == []


def test_trap_13_fixed_paths_win_over_iccids(operator: Operator) -> None:
    """limits, topup, autoTopup, simTransfer and extension are no SIMs; the first is a list of limits."""
    assert operator.get("/sims/limits") == {}
    for name in ("topup", "autoTopup", "simTransfer", "extension"):
        assert operator.api("GET", f"/sims/{name}").status_code == 405


def test_trap_15_an_iccid_has_19_digits_and_an_imei_16(make_operator: MakeOperator) -> None:
    """Consecutive ICCIDs and IMEISVs are taken as they are, valid by Luhn or not; only the 20th digit is computed."""
    iccids = [f"898822806660230712{n}" for n in range(4)]
    sims = "\n".join(f'      - {{iccid: "{iccid}"}}' for iccid in iccids)
    operator = make_operator(
        "version: 1\norganisations:\n  - id: 1\n    name: One\n"
        f"    users: [{{username: demo, password: demo}}]\n    sims:\n{sims}\n"
    )
    shown = operator.get("/sims")
    assert [sim["iccid"] for sim in shown] == iccids
    assert [sim["iccid_with_luhn"] for sim in shown] == [iccid_with_luhn(iccid) for iccid in iccids]
    for imei in ("8682390510114404", "0000000000000018", "8682390510114499"):
        operator.device(iccids[0], "ONLINE", imei=imei)
        assert operator.get(f"/sims/{iccids[0]}")["imei"] == imei


def test_nothing_is_ever_null(operator: Operator) -> None:
    """Trap 6, over every GET there is."""
    operator.send_mt(OFFLINE, "x")
    operator.device(OFFLINE, "ONLINE")
    operator.api("POST", f"/sims/{OFFLINE}/topup")
    case = {"replyToMail": "m", "senderName": "n", "subject": "s", "text": "t"}
    operator.api("POST", "/support", json=case)
    paths = ["", "/status", "/connectivity_info", "/events", "/usage", "/quota/data", "/quota/sms", "/sms", "/sms/1"]
    for path in [f"/sims/{OFFLINE}{path}" for path in paths] + [
        "/sims",
        "/sims/limits",
        "/sims/data/limits",
        "/orders",
        "/orders/2000000001",
        "/products",
        "/support",
    ]:
        assert b"null" not in operator.api("GET", path).content, path
