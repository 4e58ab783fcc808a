"""Ratios against a bare server. Never a test."""
