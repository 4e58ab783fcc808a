"""The mobile network: devices, the SMSC, numbers, TPDUs."""
