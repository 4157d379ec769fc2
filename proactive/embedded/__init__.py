"""The embedded runtime: a real PostgreSQL and a Kafka-protocol broker from wheels, and a supervisor for them and ours.

It is the default for a demo, a test or a small office: the same code as in production, against real servers that we
start ourselves, on loopback, with everything kept in one data folder.
"""
