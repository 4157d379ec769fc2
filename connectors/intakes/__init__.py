"""Where applications go out: one file a kind of intake."""
