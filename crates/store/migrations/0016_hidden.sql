-- What not everybody in the account sees, by where it stands: those with a right of their place see it, and what they see
-- of it is looked at alone.
CREATE INDEX records_hidden ON records (account, kind, fqn) WHERE visibility <> 0;
