-- What the maker of a credential proved himself with, which ends it. Of those that are there nobody knows it.
ALTER TABLE credentials ADD COLUMN made_with BLOB;
CREATE INDEX credentials_by_made_with ON credentials (made_with) WHERE made_with IS NOT NULL;
