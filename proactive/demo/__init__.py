"""The world outside, for rehearsals: a register database with invented people, a telephone network, an intake.

Nothing here can reach a real person. All servers listen on 127.0.0.1 only.
"""
