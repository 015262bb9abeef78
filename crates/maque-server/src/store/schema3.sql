-- What people keep to use again: personas, and prompts, which have no name.
ALTER TABLE personas RENAME TO shelf;
ALTER TABLE shelf ADD COLUMN kind TEXT NOT NULL DEFAULT 'persona' CHECK (kind IN ('persona', 'prompt'));
DROP INDEX personas_of_person;
CREATE INDEX shelf_of_person ON shelf (person, kind);

-- Who wrote an answer: a model's name, and the host where it is if that is not this server.
ALTER TABLE messages ADD COLUMN model TEXT;
ALTER TABLE messages ADD COLUMN host TEXT;
