-- A conversation's title and settings count for its person's share, as its messages do. Casts as in step 4.
ALTER TABLE conversations ADD COLUMN bytes INTEGER GENERATED ALWAYS AS (
    length(CAST(title AS BLOB)) + length(CAST(settings AS BLOB))
) VIRTUAL;
CREATE TRIGGER conversation_in AFTER INSERT ON conversations BEGIN
    UPDATE persons SET bytes = bytes + new.bytes WHERE id = new.person;
END;
CREATE TRIGGER conversation_weighed AFTER UPDATE OF title, settings ON conversations BEGIN
    UPDATE persons SET bytes = bytes + new.bytes - old.bytes WHERE id = new.person;
END;
CREATE TRIGGER conversation_out AFTER DELETE ON conversations BEGIN
    UPDATE persons SET bytes = bytes - old.bytes WHERE id = old.person;
END;
UPDATE persons SET bytes = bytes
    + (SELECT coalesce(sum(conversations.bytes), 0) FROM conversations WHERE conversations.person = persons.id);
