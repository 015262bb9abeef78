-- Files that people sent for batches, and those that batches came to.
CREATE TABLE files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person INTEGER NOT NULL REFERENCES persons ON DELETE CASCADE,
    name TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('batch', 'batch_output')),
    content BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX files_of_person ON files (person, id);

CREATE TABLE batches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person INTEGER NOT NULL REFERENCES persons ON DELETE CASCADE,
    state TEXT NOT NULL CHECK (state IN ('in_progress', 'completed', 'failed', 'cancelled')),
    endpoint TEXT NOT NULL,
    input INTEGER NOT NULL, -- files, which may be deleted before their batch
    output INTEGER,
    refused INTEGER,
    metadata TEXT NOT NULL CHECK (json_valid(metadata)),
    errors TEXT NOT NULL CHECK (json_valid(errors)), -- what is wrong with its input
    n_total INTEGER NOT NULL,
    n_completed INTEGER NOT NULL DEFAULT 0,
    n_failed INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0, -- of its answers
    created_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE INDEX batches_of_person ON batches (person, id);

-- The requests of batches in progress; they go when their batch has ended.
CREATE TABLE batch_requests (
    batch INTEGER NOT NULL REFERENCES batches ON DELETE CASCADE,
    line INTEGER NOT NULL,
    custom_id TEXT NOT NULL,
    body TEXT NOT NULL,
    status INTEGER, -- of the answer, once there is one
    response TEXT,
    PRIMARY KEY (batch, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX batch_requests_open ON batch_requests (line, batch) WHERE status IS NULL;
