-- What was measured or counted of records, beside them. An observation belongs to a series of one item of a record: a
-- column, or with an empty item the record itself. Values that are objects are kept without the names of their members,
-- which stand once in `observation_layouts`; a value without a layout is whole. Rows are added at the end and found
-- through the index, so that one run of a profiler is written in one place, and one column is read as a range.
--
-- What PostgreSQL writes differently: the numbers are identity columns.
CREATE TABLE observation_series (
    id INTEGER NOT NULL PRIMARY KEY,
    account BLOB NOT NULL,
    record BLOB NOT NULL,
    name TEXT NOT NULL,
    item TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX observation_series_by_record ON observation_series (record, name, item);

CREATE TABLE observation_layouts (
    id INTEGER NOT NULL PRIMARY KEY,
    record BLOB NOT NULL,
    members TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX observation_layouts_by_record ON observation_layouts (record, members);

CREATE TABLE observations (
    id INTEGER NOT NULL PRIMARY KEY,
    series INTEGER NOT NULL,
    at INTEGER NOT NULL,
    layout INTEGER,
    value TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX observations_by_time ON observations (series, at);
