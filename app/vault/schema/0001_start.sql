-- The vault, version 1. Every table is ready for two devices that merge: a record is known by a keyed
-- hash that both compute alike, every change belongs to an operation with a device and a clock, and
-- nothing deleted is forgotten. Numbers (id, rid) are local to this file and never leave it.

-- Facts about the vault itself: vault_id, device, clock, created; and the keys that outlive a change
-- of the vault key: content_key (record identity), secret_key (private keys), attachment_keys; and
-- ledger_head, the hash of this device's last ledger entry.
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Computers that have ever written here.
CREATE TABLE device (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    retired INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Kind names, because a small number in a million rows is cheaper than a word.
CREATE TABLE kind (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- Where records come from: a connector, and the account the person named (usually none).
CREATE TABLE source (
    id INTEGER PRIMARY KEY,
    connector TEXT NOT NULL,
    account TEXT NOT NULL,
    UNIQUE (connector, account)
) STRICT;

-- Everything that ever changed what the vault holds, in the order of this device's numbering.
-- clock is a hybrid logical clock: milliseconds shifted left 16, low bits count.
CREATE TABLE operation (
    id INTEGER PRIMARY KEY,
    device INTEGER NOT NULL REFERENCES device,
    sequence INTEGER NOT NULL,
    clock INTEGER NOT NULL,
    type TEXT NOT NULL,           -- run, undo, delete, restore, document, retire
    subject TEXT NOT NULL,        -- run uid, record key in hex, or collection/id
    body BLOB NOT NULL,           -- canonical JSON
    UNIQUE (device, sequence)
) STRICT;
CREATE INDEX operation_subject ON operation (subject);

-- An import, or a bundle received: what faces call an import id is uid.
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    operation INTEGER NOT NULL REFERENCES operation,
    clock INTEGER NOT NULL,       -- of the operation; with uid, the order of runs on every device
    source INTEGER NOT NULL REFERENCES source,
    type TEXT NOT NULL,           -- import, receive, edit
    connector_version INTEGER NOT NULL,
    name TEXT NOT NULL,           -- what the person gave: a file name without its folder
    started TEXT NOT NULL,
    finished TEXT NOT NULL,
    state TEXT NOT NULL,          -- done, undone
    added INTEGER NOT NULL,
    known INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    receipt BLOB NOT NULL         -- canonical JSON: counts by kind, problems, members
) STRICT;

-- The current version of every record. rid grows with the record's time (see app.vault.order), so the
-- table itself is the timeline and FTS5 is fed in its order. key identifies the thing, content its version.
CREATE TABLE record (
    rid INTEGER PRIMARY KEY,
    key BLOB NOT NULL,
    content BLOB NOT NULL,
    kind INTEGER NOT NULL REFERENCES kind,
    source INTEGER NOT NULL REFERENCES source,
    run INTEGER NOT NULL REFERENCES run,
    place TEXT NOT NULL,          -- where in the original it was read
    payload BLOB NOT NULL         -- canonical JSON of app.vault.payload.Payload
) STRICT;
CREATE UNIQUE INDEX record_key ON record (key);
-- Each ends in rid by nature, so each lists newest first without sorting.
CREATE INDEX record_kind ON record (kind);
CREATE INDEX record_source ON record (source, kind);
CREATE INDEX record_run ON record (run);

-- Every other version of a record, with the first run that met it (see app.vault.claims).
CREATE TABLE version (
    key BLOB NOT NULL,
    run INTEGER NOT NULL REFERENCES run,
    content BLOB NOT NULL,
    kind INTEGER NOT NULL,
    source INTEGER NOT NULL,
    place TEXT NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (key, content)
) STRICT, WITHOUT ROWID;
CREATE INDEX version_run ON version (run);

-- A run that met a version others had met before. Undoing those leaves the version to this one.
CREATE TABLE sighting (
    key BLOB NOT NULL,
    run INTEGER NOT NULL REFERENCES run,
    content BLOB NOT NULL,
    place TEXT NOT NULL,
    PRIMARY KEY (key, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX sighting_run ON sighting (run);

-- Records the person deleted; an import does not bring them back.
CREATE TABLE tombstone (
    key BLOB PRIMARY KEY,
    operation INTEGER NOT NULL REFERENCES operation
) STRICT, WITHOUT ROWID;

-- Words of title, text and searchable fields, by rid. Contentless: the text itself stands in the payload only.
CREATE VIRTUAL TABLE words USING fts5 (
    text,
    content = '',
    contentless_delete = 1,
    tokenize = "unicode61 remove_diacritics 2"
);

-- Counts and exact sums a dashboard shows, kept current by the writer so that nothing is scanned.
-- month is YYYY-MM of the record's own calendar, '' where the time is unknown.
CREATE TABLE tally (
    kind INTEGER NOT NULL,
    source INTEGER NOT NULL,
    month TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (kind, source, month)
) STRICT, WITHOUT ROWID;
CREATE TABLE total (
    kind INTEGER NOT NULL,
    field TEXT NOT NULL,
    unit TEXT NOT NULL,
    month TEXT NOT NULL,
    sign INTEGER NOT NULL,        -- 1 for amounts above zero, -1 below
    count INTEGER NOT NULL,
    sum TEXT NOT NULL,            -- exact decimal
    PRIMARY KEY (kind, field, unit, month, sign)
) STRICT, WITHOUT ROWID;

-- The untouched original files, encrypted in the blobs folder under the hash of their sealed bytes.
CREATE TABLE original (
    id INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    blob TEXT NOT NULL            -- '' when it was too large to keep
) STRICT;
CREATE TABLE run_original (
    run INTEGER NOT NULL REFERENCES run,
    original INTEGER NOT NULL REFERENCES original,
    name TEXT NOT NULL,
    PRIMARY KEY (run, original, name)
) STRICT, WITHOUT ROWID;

-- Small things that are not records: people, the identity, received bundles, settings of the vault.
CREATE TABLE document (
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    operation INTEGER NOT NULL REFERENCES operation,
    body BLOB NOT NULL,
    PRIMARY KEY (collection, id)
) STRICT, WITHOUT ROWID;

-- What was handed over, received and withdrawn: one hash chain per device, append-only.
CREATE TABLE ledger (
    device INTEGER NOT NULL REFERENCES device,
    sequence INTEGER NOT NULL,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    body BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (device, sequence)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER ledger_keeps BEFORE UPDATE ON ledger BEGIN
    SELECT raise(ABORT, 'the ledger is append-only');
END;
CREATE TRIGGER ledger_stays BEFORE DELETE ON ledger BEGIN
    SELECT raise(ABORT, 'the ledger is append-only');
END;

-- The encrypted copy in a cloud folder (app/vault/sync/FORMAT.md): every segment this file has written
-- or taken in, each device's in one chain. What a device had seen when it wrote is in `seen`.
CREATE TABLE segment (
    device INTEGER NOT NULL REFERENCES device,
    number INTEGER NOT NULL,
    hash BLOB NOT NULL,           -- BLAKE2b-160 of the file's bytes
    last INTEGER NOT NULL,        -- the device's operations up to this one are in it or before it
    ledger INTEGER NOT NULL,      -- and its ledger entries up to this one
    seen BLOB NOT NULL,           -- JSON: device to [number, last, hash]
    PRIMARY KEY (device, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX segment_hash ON segment (hash);

-- What a person should look at after a merge: two versions of a document, a deletion taken back.
CREATE TABLE flag (
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    body BLOB NOT NULL,           -- canonical JSON
    PRIMARY KEY (type, subject)
) STRICT, WITHOUT ROWID;
