"""The spec: `album.yaml`, parsed with the line and column of every value."""
