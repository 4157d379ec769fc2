"""What the core asks of the world, one file a port; each is kept by a real adapter and by a double that ships."""
