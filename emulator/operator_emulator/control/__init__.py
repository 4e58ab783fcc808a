"""The control plane, for the person who tests."""
