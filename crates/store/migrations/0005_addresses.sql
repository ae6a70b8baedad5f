-- E-mail addresses are unique in their account and no longer over all: behind the address stands the account of its
-- user, after a line feed, which no address holds. PostgreSQL needs encode(account, 'hex') for hex(account), and chr(10)
-- for char(10). The account that owns what concerns all is 16 zero bytes.
UPDATE aliases
SET value = value || char(10) || (
    SELECT lower(
        substr(hex(account), 1, 8) || '-' || substr(hex(account), 9, 4) || '-' || substr(hex(account), 13, 4) || '-'
        || substr(hex(account), 17, 4) || '-' || substr(hex(account), 21)
    )
    FROM records
    WHERE records.id = aliases.id
)
WHERE account = zeroblob(16) AND space = 'email' AND id IN (SELECT id FROM records);
