"""Listeners: each keeps the figures of one subject while a mix streams by."""
