"""Draw the state machines of docs/architecture.md from the tables in the code: ``python docs/diagrams.py``."""

import re
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from operator_emulator.core.network.model import SMS_STEPS
from operator_emulator.core.partners.action_model import ACTION_STEPS, TRANSFER_STEPS

PAGE = Path(__file__).with_name("architecture.md")
MACHINES: dict[str, Mapping[Any, Any]] = {"sms": SMS_STEPS, "action": ACTION_STEPS, "transfer": TRANSFER_STEPS}


def diagram(steps: Mapping[Enum, frozenset[Enum]]) -> str:
    """A Mermaid state diagram. States without a step end the machine; states that no step leads to begin it."""
    reached = frozenset().union(*steps.values())
    order = list(steps)
    lines = ["stateDiagram-v2"]
    lines += [f"    [*] --> {state.name}" for state in order if state not in reached]
    for state in order:
        lines += [f"    {state.name} --> {after.name}" for after in sorted(steps[state], key=order.index)]
        if not steps[state]:
            lines.append(f"    {state.name} --> [*]")
    return "\n".join(lines)


def drawn(text: str) -> str:
    """The page with each diagram as the code has it, between ``<!-- NAME -->`` and the end of its block."""
    for name, steps in MACHINES.items():
        block = f"<!-- {name} -->\n```mermaid\n{diagram(steps)}\n```"
        text, count = re.subn(rf"<!-- {name} -->\n```mermaid\n.*?\n```", block, text, flags=re.S)
        assert count == 1, f"the page has no place for {name}"
    return text


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
