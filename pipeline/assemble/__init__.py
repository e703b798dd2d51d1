"""The timeline: where every track of an edition lies, and where it is cut."""
