-- What was deleted itself, newest first: not what went along with it, of which there can be any number.
CREATE INDEX records_deleted ON records (account, kind, updated_at, id) WHERE state > 0 AND deleted_with IS NULL;
