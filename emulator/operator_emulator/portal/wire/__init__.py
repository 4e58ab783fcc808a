"""read_… and show_…: between the JSON of the portal and the nouns (P§3, shapes assumed), by noun."""

from operator_emulator.portal.wire import actions as actions
from operator_emulator.portal.wire import events as events
from operator_emulator.portal.wire import failures as failures
from operator_emulator.portal.wire import partners as partners
from operator_emulator.portal.wire import sims as sims
from operator_emulator.portal.wire import values as values
