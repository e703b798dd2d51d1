"""DDP filesets, the master of an audio CD that a plant takes: read, written and compared."""
