"""Pages that anybody may read, about procedures and not about people."""
