"""Reading and showing nouns as JSON of the portal (P§3, shapes assumed), in one module for each kind of noun."""

from operator_emulator.portal.wire import actions as actions
from operator_emulator.portal.wire import events as events
from operator_emulator.portal.wire import failures as failures
from operator_emulator.portal.wire import partners as partners
from operator_emulator.portal.wire import sims as sims
from operator_emulator.portal.wire import values as values
