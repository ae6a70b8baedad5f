-- The program through which a record was last updated, where a program acted for the user. Empty for what was stored
-- before: of that nobody knows.
ALTER TABLE records ADD COLUMN updated_through TEXT;
ALTER TABLE revisions ADD COLUMN updated_through TEXT;
