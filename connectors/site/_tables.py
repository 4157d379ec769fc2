"""The tables of the spool, and its statements."""

MAKE = """
    -- What is not yet acknowledged, the oldest first. `ends`: with it the register has been told to its end.
    CREATE TABLE IF NOT EXISTS waiting (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, register TEXT NOT NULL, body BLOB NOT NULL,
        ends INTEGER NOT NULL, at REAL NOT NULL
    );
    -- Ids that were acknowledged a short while ago, because a source gives its newest rows again at each look.
    CREATE TABLE IF NOT EXISTS told (id TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS told_at ON told (at);
    -- What the platform has refused, with what it said.
    CREATE TABLE IF NOT EXISTS aside (
        id TEXT PRIMARY KEY, register TEXT NOT NULL, body BLOB NOT NULL, answer TEXT NOT NULL, at REAL NOT NULL
    );
    -- How far each register was read, always over exactly what is or was in the tables above; the number of this
    -- telling from the beginning; when its end was in sight, when the platform had acknowledged all up to there, and
    -- when it said that it wants no more of it; what its rows were made into (`shape`).
    CREATE TABLE IF NOT EXISTS reading (
        register TEXT PRIMARY KEY, telling INTEGER NOT NULL, mark TEXT NOT NULL, key TEXT NOT NULL, at REAL NOT NULL,
        read_at REAL, told_at REAL, heeded_at REAL, shape TEXT NOT NULL DEFAULT ''
    );
    -- The keys of registers whose deleted rows are found by looking for them, with the versions that were read last.
    CREATE TABLE IF NOT EXISTS there (
        register TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (register, key)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT NOT NULL, at REAL NOT NULL);
"""

ADD = """
    INSERT INTO waiting (id, register, body, ends, at)
    SELECT :id, :register, :body, :ends, :at
    WHERE NOT EXISTS (SELECT 1 FROM told WHERE id = :id) AND NOT EXISTS (SELECT 1 FROM aside WHERE id = :id)
    ON CONFLICT (id) DO NOTHING
"""
MOVE = """
    INSERT INTO reading (register, telling, mark, key, at, read_at)
    VALUES (:register, :telling, :mark, :key, :at, :read_at)
    ON CONFLICT (register) DO UPDATE SET mark = :mark, key = :key, at = :at, read_at = coalesce(read_at, :read_at)
"""
READINGS = """
    SELECT register, telling, mark, key, at, read_at, told_at, heeded_at, shape FROM reading ORDER BY register
"""
BEGIN = """
    INSERT INTO reading (register, telling, mark, key, at, shape) VALUES (:register, 1, '', '', :at, :shape)
    ON CONFLICT (register) DO UPDATE SET shape = :shape
"""
BEGIN_ANEW = """
    UPDATE reading SET telling = telling + 1, mark = '', key = '', at = :at, read_at = NULL, told_at = NULL,
        heeded_at = NULL
    WHERE register = :register
"""
HEED = "UPDATE reading SET heeded_at = :at WHERE register = :register AND told_at IS NOT NULL"
NO_LONGER_AT_THE_END = "DELETE FROM waiting WHERE register = :register AND ends"
TOLD_TO_THE_END = """
    -- Unless another telling has begun meanwhile: then the end of this one waits no longer.
    UPDATE reading SET told_at = :at WHERE register = :register AND EXISTS (SELECT 1 FROM waiting WHERE seq = :seq)
"""

THERE = """
    INSERT INTO there (register, key, version) VALUES (:register, :key, :version)
    ON CONFLICT (register, key) DO UPDATE SET version = :version
"""
GONE = "DELETE FROM there WHERE register = :register AND key = :key"
KEYS = "SELECT key, version FROM there WHERE register = :register AND key > :after ORDER BY key LIMIT :limit"
COUNT_KEYS = "SELECT count(*) FROM there WHERE register = :register"

OLDEST = "SELECT seq, id, register, body, ends FROM waiting ORDER BY seq LIMIT :limit"
WAITS = "SELECT 1 FROM waiting WHERE id = :id"
TELL = "INSERT INTO told (id, at) SELECT id, :at FROM waiting WHERE seq = :seq ON CONFLICT (id) DO UPDATE SET at = :at"
DROP = "DELETE FROM waiting WHERE seq = :seq"
FORGET_TOLD = "DELETE FROM told WHERE at < :before"

PUT_ASIDE = """
    INSERT INTO aside (id, register, body, answer, at) SELECT id, register, body, :answer, :at FROM waiting
    WHERE seq = :seq ON CONFLICT (id) DO UPDATE SET answer = :answer, at = :at
"""
ASIDE = "SELECT id, register, answer, at FROM aside ORDER BY at DESC, id LIMIT :limit"
REFUSE = """
    INSERT INTO aside (id, register, body, answer, at) SELECT :id, :register, :body, :answer, :at
    WHERE NOT EXISTS (SELECT 1 FROM told WHERE id = :id)
    ON CONFLICT (id) DO NOTHING
"""
AGAIN = """
    INSERT INTO waiting (id, register, body, ends, at) SELECT id, register, body, 0, :at FROM aside ORDER BY at, id
"""
CLEAR_ASIDE = "DELETE FROM aside"
CLEAR_ASIDE_OF = "DELETE FROM aside WHERE register = :register"

NOTE = """
    INSERT INTO note (name, value, at) VALUES (:name, :value, :at)
    ON CONFLICT (name) DO UPDATE SET value = :value, at = :at
"""
UNNOTE = "DELETE FROM note WHERE name = :name"
NOTES = "SELECT name, value, at FROM note"
COUNT_WAITING = "SELECT count(*), min(at) FROM waiting"
COUNT_ASIDE = "SELECT count(*) FROM aside"
