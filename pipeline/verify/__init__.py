"""A second pair of eyes: deliverables reopened and checked by code that did not make them."""
