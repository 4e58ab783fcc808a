"""What the pytest plugin is made of, for whoever wants to build a test kit of another kind.

from emulator.testing.customer import Callback, Customer
from emulator.testing.bench import Emulator
"""
