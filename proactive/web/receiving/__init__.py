"""The intake's contract over HTTP: other systems, and our own forward, hand applications over here."""
