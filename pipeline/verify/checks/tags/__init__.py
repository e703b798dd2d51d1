"""What files say of themselves."""
