"""Checks of deliverables: a check's id is its path."""
