-- Who may have conversations; the first is the owner of this server.
CREATE TABLE persons (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('admin', 'user')),
    bytes INTEGER NOT NULL DEFAULT 0, -- of all texts of their messages
    created_at INTEGER NOT NULL -- Unix milliseconds here and below: shown, never compared
) STRICT;

-- What opens the server for a person: a key of a program, the session of a browser, a key of the settings.
CREATE TABLE keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person INTEGER NOT NULL REFERENCES persons ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('key', 'session', 'configured')),
    name TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32), -- SHA-256
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX keys_of_person ON keys (person);

-- Counts changes: the order of conversations, whatever the clock does.
CREATE TABLE ticks (now INTEGER NOT NULL) STRICT;
INSERT INTO ticks (now) VALUES (0);

CREATE TABLE conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person INTEGER NOT NULL REFERENCES persons ON DELETE CASCADE,
    title TEXT NOT NULL,
    settings TEXT NOT NULL CHECK (json_valid(settings)),
    active INTEGER, -- the message with which the shown branch ends
    touched INTEGER NOT NULL, -- tick of the last change
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (id, person)
) STRICT;
CREATE INDEX conversations_of_person ON conversations (person, touched);

-- A tree: an edited question and a regenerated answer are siblings. No cascade along `parent`: chains are longer than
-- SQLite's trigger depth, and all messages of a conversation go together.
CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    parent INTEGER,
    role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
    content TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('complete', 'streaming', 'stopped', 'failed')),
    finish_reason TEXT,
    stats TEXT CHECK (stats IS NULL OR json_valid(stats)), -- older versions of SQLite say 0 to NULL
    created_at INTEGER NOT NULL,
    UNIQUE (conversation, id),
    FOREIGN KEY (conversation, person) REFERENCES conversations (id, person) ON DELETE CASCADE,
    FOREIGN KEY (conversation, parent) REFERENCES messages (conversation, id)
) STRICT;
CREATE INDEX messages_of_parent ON messages (conversation, parent);
CREATE INDEX messages_of_person ON messages (person);
CREATE INDEX messages_streaming ON messages (state) WHERE state = 'streaming';

CREATE TABLE personas (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person INTEGER NOT NULL REFERENCES persons ON DELETE CASCADE,
    name TEXT NOT NULL,
    prompt TEXT NOT NULL,
    settings TEXT NOT NULL CHECK (json_valid(settings)),
    shared INTEGER NOT NULL CHECK (shared IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX personas_of_person ON personas (person);

-- Every three characters of every text, so that Chinese is found as well as English; an answer is indexed when it has ended.
CREATE VIRTUAL TABLE message_trigrams USING fts5 (content, content = 'messages', content_rowid = 'id', tokenize = 'trigram');
CREATE TRIGGER message_in AFTER INSERT ON messages BEGIN
    UPDATE persons SET bytes = bytes + octet_length(new.content) WHERE id = new.person;
    INSERT INTO message_trigrams (rowid, content) SELECT new.id, new.content WHERE new.state <> 'streaming';
END;
CREATE TRIGGER message_changed AFTER UPDATE OF content, state ON messages BEGIN
    UPDATE persons SET bytes = bytes + octet_length(new.content) - octet_length(old.content) WHERE id = new.person;
    INSERT INTO message_trigrams (message_trigrams, rowid, content)
        SELECT 'delete', old.id, old.content WHERE old.state <> 'streaming';
    INSERT INTO message_trigrams (rowid, content) SELECT new.id, new.content WHERE new.state <> 'streaming';
END;
CREATE TRIGGER message_out AFTER DELETE ON messages BEGIN
    UPDATE persons SET bytes = bytes - octet_length(old.content) WHERE id = old.person;
    INSERT INTO message_trigrams (message_trigrams, rowid, content)
        SELECT 'delete', old.id, old.content WHERE old.state <> 'streaming';
END;
