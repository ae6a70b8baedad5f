-- The lines of the audit trail are events of it. Nodes of the version before go on with a view of the old name, which takes
-- what they write.
ALTER TABLE deeds RENAME TO audit_events;
ALTER TABLE audit_events RENAME CONSTRAINT deeds_pkey TO audit_events_pkey;
ALTER INDEX deeds_by_time RENAME TO audit_events_by_time;
CREATE VIEW deeds AS SELECT * FROM audit_events;
