"""A DDP fileset against itself."""
