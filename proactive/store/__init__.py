"""PostgreSQL remembers: every state is stored with its news in one transaction, and nothing else is the truth.

There is one store and no double of it: a real PostgreSQL starts in a second (ADR 3).
"""
