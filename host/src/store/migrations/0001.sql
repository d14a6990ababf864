-- A record is the whole node or port as JSON; the columns beside it are what must be unique or refers to another record.
CREATE TABLE node (
    id INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    name TEXT UNIQUE,
    record TEXT NOT NULL CHECK (json_valid(record))
) STRICT;

CREATE TABLE port (
    id INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    node_uuid TEXT NOT NULL REFERENCES node (uuid) ON DELETE CASCADE,
    address TEXT NOT NULL UNIQUE,
    record TEXT NOT NULL CHECK (json_valid(record))
) STRICT;

CREATE INDEX port_node ON port (node_uuid);
