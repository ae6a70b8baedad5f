-- The door that a change came in by, and, in the log too, the program through which. Empty for what was stored before: of
-- that nobody knows.
ALTER TABLE records ADD COLUMN updated_door TEXT;
ALTER TABLE revisions ADD COLUMN updated_door TEXT;
ALTER TABLE events ADD COLUMN by_through TEXT;
ALTER TABLE events ADD COLUMN by_door TEXT;
ALTER TABLE under_way ADD COLUMN by_through TEXT;
ALTER TABLE under_way ADD COLUMN by_door TEXT;
