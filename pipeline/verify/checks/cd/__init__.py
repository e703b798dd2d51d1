"""A disc against the Red Book and the habits of plants."""
