"""Statements in SQL, each read once: the same words give the same object, by which SQLAlchemy knows it again."""

from functools import lru_cache

import sqlalchemy


@lru_cache(maxsize=2048)
def text(sql: str) -> sqlalchemy.TextClause:
    """What `sqlalchemy.text` gives. Reading a statement anew each time was half of what it cost to send."""
    return sqlalchemy.text(sql)
