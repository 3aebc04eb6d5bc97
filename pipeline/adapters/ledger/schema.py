"""The ledger's tables as an append-only list of small migrations. Contains no business logic."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

#: ``YBLG`` in ASCII: a database without it is somebody else's file.
APPLICATION_ID = 0x59424C47

migrations = Migrations("ledger")


@migrations()
def m001_initial(db: Database) -> None:
    """Mails, what was read in them, what people decided, what is to leave, and what happened."""
    for statement in _INITIAL:  # not executescript, which commits what it finds open
        db.conn.execute(statement)


@migrations()
def m002_at_dot(db: Database) -> None:
    """Whether the text of a claimed letter was out: before the final dot it may be sent again, after it never."""
    db.conn.execute("ALTER TABLE outbox ADD COLUMN at_dot INTEGER NOT NULL DEFAULT 0")


@migrations()
def m003_outbox_lookups(db: Database) -> None:
    """Bytes of letters apart from their states, so that a question about states does not walk through megabytes."""
    db.conn.execute("CREATE TABLE letter_bytes (key TEXT PRIMARY KEY REFERENCES outbox, data BLOB NOT NULL) STRICT")
    db.conn.execute("INSERT INTO letter_bytes SELECT key, data FROM outbox")
    db.conn.execute("ALTER TABLE outbox DROP COLUMN data")
    db.conn.execute("CREATE INDEX outbox_settled ON outbox (settled_at)")
    db.conn.execute("CREATE INDEX outbox_month ON outbox (period, unit)")


_INITIAL = (
    """
    CREATE TABLE messages (
        digest TEXT PRIMARY KEY,
        received_at TEXT NOT NULL,       -- UTC, ISO 8601
        folder TEXT NOT NULL,
        origin TEXT NOT NULL,
        size INTEGER NOT NULL,
        message_id TEXT NOT NULL,
        subject TEXT NOT NULL,
        sender TEXT NOT NULL,            -- address, or '' where there is none to believe
        verdict TEXT NOT NULL,           -- Verdict of the screen
        because TEXT NOT NULL,
        answerable INTEGER NOT NULL,     -- 0 for back-fill: nothing old is answered
        opened BLOB NOT NULL,            -- Opened, compressed JSON: what the files said
        trouble TEXT NOT NULL            -- why reading failed, '' when it did not
    ) STRICT""",
    "CREATE INDEX messages_received ON messages (received_at, digest)",
    "CREATE INDEX messages_message_id ON messages (message_id)",
    """
    CREATE TABLE filings (
        digest TEXT PRIMARY KEY REFERENCES messages,
        kind TEXT NOT NULL,
        other TEXT NOT NULL,
        unit TEXT,
        period TEXT,
        stamped INTEGER NOT NULL,
        config TEXT NOT NULL,            -- digest of the configuration it was understood under
        data TEXT NOT NULL               -- Filing, JSON
    ) STRICT""",
    "CREATE INDEX filings_unit ON filings (period, unit)",
    """
    CREATE TABLE records (
        id INTEGER PRIMARY KEY,
        digest TEXT NOT NULL REFERENCES filings,
        item INTEGER NOT NULL,
        status TEXT NOT NULL,
        progress TEXT NOT NULL,
        confidence REAL NOT NULL,
        doubtful INTEGER NOT NULL,
        part TEXT NOT NULL,              -- first locus
        place TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX records_digest ON records (digest)",
    """
    CREATE TABLE quantities (
        record INTEGER NOT NULL REFERENCES records,
        value REAL NOT NULL,
        unit TEXT NOT NULL,
        of TEXT NOT NULL,
        scope TEXT NOT NULL,
        part TEXT NOT NULL,
        place TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX quantities_record ON quantities (record)",
    """
    CREATE TABLE remarks (
        digest TEXT NOT NULL REFERENCES filings,
        kind TEXT NOT NULL,              -- problem, next_step, off_plan
        text TEXT NOT NULL,
        items TEXT NOT NULL,             -- JSON list of item numbers
        part TEXT NOT NULL,
        place TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX remarks_digest ON remarks (digest)",
    """
    CREATE TABLE questions (
        key TEXT PRIMARY KEY,
        digest TEXT NOT NULL REFERENCES messages,
        kind TEXT NOT NULL,
        data TEXT NOT NULL               -- Question, JSON
    ) STRICT""",
    "CREATE INDEX questions_digest ON questions (digest)",
    """
    CREATE TABLE decisions (
        key TEXT PRIMARY KEY,            -- SHA-256 of the content
        at TEXT NOT NULL,
        digest TEXT NOT NULL,
        data TEXT NOT NULL               -- Decision, JSON
    ) STRICT""",
    "CREATE INDEX decisions_at ON decisions (at)",
    """
    CREATE TABLE outbox (
        key TEXT PRIMARY KEY,            -- natural key: at most one letter of a kind, ever
        kind TEXT NOT NULL,
        period TEXT NOT NULL,
        unit TEXT NOT NULL,
        recipients TEXT NOT NULL,        -- JSON list
        copies TEXT NOT NULL,            -- JSON list
        subject TEXT NOT NULL,
        message_id TEXT NOT NULL UNIQUE,
        data BLOB NOT NULL,              -- frozen bytes
        state TEXT NOT NULL,
        queued_at TEXT NOT NULL,
        not_before TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        reply TEXT NOT NULL,
        settled_at TEXT
    ) STRICT""",
    "CREATE INDEX outbox_state ON outbox (state, not_before)",
    """
    CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        data TEXT NOT NULL,              -- JSON object
        journaled INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    "CREATE INDEX events_pending ON events (journaled) WHERE journaled = 0",
    "CREATE TABLE cursors (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    """
    CREATE TABLE not_fetched (
        folder TEXT NOT NULL,
        uid INTEGER NOT NULL,
        size INTEGER NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (folder, uid)
    ) STRICT""",
)
