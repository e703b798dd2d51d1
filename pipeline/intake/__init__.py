"""Intake: what the mix engineer sent, examined and read."""
