"""Numbered migrations; a test checks that they make exactly the tables of `proactive.store.tables`."""
