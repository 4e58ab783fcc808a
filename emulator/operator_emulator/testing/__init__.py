"""What a test works with: for type annotations, and for test kits other than the pytest plugin."""

from operator_emulator.client import Sim as Sim
from operator_emulator.testing.customer import Answer as Answer
from operator_emulator.testing.customer import Customer as Customer
from operator_emulator.testing.customer import ReceivedRequest as ReceivedRequest
from operator_emulator.testing.emulator import Emulator as Emulator
from operator_emulator.testing.running import EmulatorMixin as EmulatorMixin
from operator_emulator.testing.running import running as running
