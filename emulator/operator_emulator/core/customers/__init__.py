"""Customers of the management API, their SIMs, volumes and orders."""
