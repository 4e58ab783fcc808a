"""What a test works with: for type annotations, and for test kits other than the pytest plugin."""

from operator_emulator.client import Sim as Sim
from operator_emulator.testing.customer import Customer as Customer
from operator_emulator.testing.customer import ReceivedRequest as ReceivedRequest
from operator_emulator.testing.emulator import Emulator as Emulator
