"""The pages: the citizen's two minutes, the officer's desk, and the doors through which providers tell us things."""
