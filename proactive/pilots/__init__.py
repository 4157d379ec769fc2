"""What people do with a pilot: put a plan together, and read what it came to. Telling knows pilots by the store."""
