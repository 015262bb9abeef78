-- All of a message that its writer chooses counts for its person's share: an imported one can have reasons and statistics of any size.
-- Casts, as SQLites before 3.43 have no octet_length and could not read the table: a backup is looked at with what is there.
ALTER TABLE messages ADD COLUMN bytes INTEGER GENERATED ALWAYS AS (
    length(CAST(content AS BLOB)) + coalesce(length(CAST(finish_reason AS BLOB)), 0)
        + coalesce(length(CAST(stats AS BLOB)), 0) + coalesce(length(CAST(model AS BLOB)), 0)
        + coalesce(length(CAST(host AS BLOB)), 0)
) VIRTUAL;
DROP TRIGGER message_in;
DROP TRIGGER message_changed;
DROP TRIGGER message_out;
CREATE TRIGGER message_in AFTER INSERT ON messages BEGIN
    UPDATE persons SET bytes = bytes + new.bytes WHERE id = new.person;
    INSERT INTO message_trigrams (rowid, content) SELECT new.id, new.content WHERE new.state <> 'streaming';
END;
CREATE TRIGGER message_weighed AFTER UPDATE OF content, finish_reason, stats, model, host ON messages BEGIN
    UPDATE persons SET bytes = bytes + new.bytes - old.bytes WHERE id = new.person;
END;
CREATE TRIGGER message_changed AFTER UPDATE OF content, state ON messages BEGIN
    INSERT INTO message_trigrams (message_trigrams, rowid, content)
        SELECT 'delete', old.id, old.content WHERE old.state <> 'streaming';
    INSERT INTO message_trigrams (rowid, content) SELECT new.id, new.content WHERE new.state <> 'streaming';
END;
CREATE TRIGGER message_out AFTER DELETE ON messages BEGIN
    UPDATE persons SET bytes = bytes - old.bytes WHERE id = old.person;
    INSERT INTO message_trigrams (message_trigrams, rowid, content)
        SELECT 'delete', old.id, old.content WHERE old.state <> 'streaming';
END;
UPDATE persons SET bytes = (SELECT coalesce(sum(messages.bytes), 0) FROM messages WHERE messages.person = persons.id);
