"""Interception: clients that have the operator's real address in their code reach the emulator.

``authority`` makes the certificates for those addresses, ``trust`` the files in which runtimes read whom to trust,
``proxy`` takes the requests to the addresses, and ``environment`` tells a command of all that.
"""
