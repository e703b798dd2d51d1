"""Bytes and standards of audio delivery: they know nothing about albums."""
