"""Where data comes in: one file a kind of source. Names that begin with an underscore are parts of such a file."""
