"""What an officer sees and does."""
