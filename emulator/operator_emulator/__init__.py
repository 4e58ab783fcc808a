"""A stateful local emulator of the customer APIs of mobile IoT operators."""
