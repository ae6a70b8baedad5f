-- The lines of the audit trail are events of it.
ALTER TABLE deeds RENAME TO audit_events;
DROP INDEX deeds_by_time;
CREATE INDEX audit_events_by_time ON audit_events (at);
