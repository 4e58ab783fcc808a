"""What a test holds in its hands: for type annotations, and for test kits of another kind than the pytest plugin."""

from emulator.client import Sim as Sim
from emulator.testing.customer import Callback as Callback
from emulator.testing.customer import Customer as Customer
from emulator.testing.kit import Emulator as Emulator
