"""An independent checker: compares what driver and stand-ins wrote down with what the store holds.

    python -m tests.faults.checker FOLDER --store postgresql://checker:…@host/name [--json]

It shares no code with the product (a test sees to that), connects as a role that may only read, and prints six words
with a count each. All six are 0, or the exit status is 1 and each finding is named.

    FOLDER/world.json     {"today": "2026-11-23"}: the day on which all this was played
          /source.jsonl   each commit in the registers: at, register, key, subject, version, row, bad
          /people.jsonl   each press of a button: at, who, code or dossier, what, told (ok, no, unknown)
          /phones.jsonl   the provider's own journal: what it was asked, what it took
          /intake.jsonl   the intake's own journal: what it was handed, the statuses it reached
          /kafka.jsonl    what was seen on the topics: topic, key, value (hexadecimal); may be missing
          /pushed.jsonl   each pushed event: at, id, told (the HTTP status, 0 for no answer); may be missing
          /lookup-key     base64: what opens the store's pseudonyms; missing: ids stand there as they are
          /logs/*.log     what the processes wrote; may be missing
"""
