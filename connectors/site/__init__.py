"""The site connector: one small process in somebody else's data centre, beside the register's own database.

    source -> reader -> spool (on disk) -> sender -> POST /v1/events

The reader takes changes from a register source and puts them into the spool together with the source's position. The
sender takes the oldest of the spool, signs them, and lets go of them when the platform has answered 202. Whatever dies
in between, the site, the line or the platform, the rest goes on from what is on disk.

Guarantee: each change that the source gives reaches the platform at least once, under an id that is always the same for
the same change, and so counts there once. Changes go out in the order in which they were read. One that the platform
refuses is put aside with its answer, and nothing waits for it.
"""
