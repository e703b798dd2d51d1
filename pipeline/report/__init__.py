"""What a build tells people: one page that opens offline, and the same as JSON."""
