"""What a test holds in its hands: for type annotations, and for test kits of another kind than the pytest plugin."""

from operator_emulator.client import Sim as Sim
from operator_emulator.testing.customer import Callback as Callback
from operator_emulator.testing.customer import Customer as Customer
from operator_emulator.testing.emulator import Emulator as Emulator
