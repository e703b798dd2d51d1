"""Discs of any program, read without an album: shown, taken apart, written in another form."""
