"""Interception: clients that have the operator's real address in their code reach the emulator.

``authority`` makes the certificates for those addresses, and ``trust`` the files in which runtimes read whom to trust.
"""
