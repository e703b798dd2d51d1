"""Delivered audio."""
