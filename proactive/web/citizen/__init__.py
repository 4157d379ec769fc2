"""What a citizen sees and does."""
