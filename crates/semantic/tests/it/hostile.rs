//! Statements that must not run, each with the rule that refuses it.

use emporion_semantic::guard::Dialect::{self, MySql, PostgreSql, Sqlite};

use crate::shop;

const ALL: &[Dialect] = &[Sqlite, PostgreSql, MySql];

/// (dialects, rule, statement)
const HOSTILE: &[(&[Dialect], &str, &str)] = &[
    // nothing, and more than one
    (ALL, "EMPTY", ""),
    (ALL, "EMPTY", "   \n\t "),
    (ALL, "EMPTY", "-- nothing"),
    (ALL, "EMPTY", "/* nothing */"),
    (ALL, "EMPTY", ";;;"),
    (ALL, "EMPTY", "((("),
    (ALL, "MULTIPLE_STATEMENTS", "SELECT 1; SELECT 2"),
    (ALL, "MULTIPLE_STATEMENTS", "SELECT 1; DROP TABLE orders"),
    (ALL, "MULTIPLE_STATEMENTS", "SELECT 1;;DELETE FROM orders;"),
    (ALL, "MULTIPLE_STATEMENTS", "SELECT id FROM orders /* ; */ ; -- x\n UPDATE orders SET id = 1"),
    (ALL, "MULTIPLE_STATEMENTS", "; DROP TABLE orders"),
    // other statements
    (ALL, "NOT_A_SELECT", "INSERT INTO orders VALUES (1)"),
    (ALL, "NOT_A_SELECT", "UPDATE orders SET amount = 0"),
    (ALL, "NOT_A_SELECT", "DELETE FROM orders"),
    (ALL, "NOT_A_SELECT", "REPLACE INTO orders VALUES (1)"),
    (ALL, "NOT_A_SELECT", "MERGE INTO orders USING x ON 1=1 WHEN MATCHED THEN DELETE"),
    (ALL, "NOT_A_SELECT", "TRUNCATE orders"),
    (ALL, "NOT_A_SELECT", "DROP TABLE orders"),
    (ALL, "NOT_A_SELECT", "CREATE TABLE t AS SELECT * FROM orders"),
    (ALL, "NOT_A_SELECT", "ALTER TABLE orders ADD COLUMN x INT"),
    (ALL, "NOT_A_SELECT", "GRANT ALL ON orders TO PUBLIC"),
    (ALL, "NOT_A_SELECT", "EXPLAIN SELECT * FROM orders"),
    (ALL, "NOT_A_SELECT", "EXPLAIN ANALYZE DELETE FROM orders"),
    (ALL, "NOT_A_SELECT", "SHOW TABLES"),
    (ALL, "NOT_A_SELECT", "DESCRIBE orders"),
    (ALL, "NOT_A_SELECT", "SET ROLE postgres"),
    (ALL, "NOT_A_SELECT", "BEGIN"),
    (ALL, "NOT_A_SELECT", "COMMIT"),
    (ALL, "NOT_A_SELECT", "CALL drop_everything()"),
    (&[Sqlite, MySql], "NOT_A_SELECT", "TABLE orders"),
    (ALL, "NOT_A_SELECT", "VALUES (1), (2)"),
    (ALL, "NOT_A_SELECT", "(DELETE FROM orders)"),
    (ALL, "NOT_A_SELECT", "\"SELECT\" 1"),
    (ALL, "NOT_A_SELECT", "1"),
    (&[Sqlite], "NOT_A_SELECT", "ATTACH DATABASE '/etc/passwd' AS p"),
    (&[Sqlite], "NOT_A_SELECT", "PRAGMA writable_schema = ON"),
    (&[Sqlite], "NOT_A_SELECT", "VACUUM INTO '/tmp/x'"),
    (&[Sqlite], "NOT_A_SELECT", "DETACH main"),
    (&[PostgreSql], "NOT_A_SELECT", "COPY orders TO PROGRAM 'cat > /tmp/x'"),
    (&[PostgreSql], "NOT_A_SELECT", "DO $$ BEGIN DELETE FROM orders; END $$"),
    (&[PostgreSql], "NOT_A_SELECT", "LISTEN x"),
    (&[PostgreSql], "NOT_A_SELECT", "PREPARE p AS DELETE FROM orders"),
    (&[MySql], "NOT_A_SELECT", "LOAD DATA INFILE '/etc/passwd' INTO TABLE orders"),
    (&[MySql], "NOT_A_SELECT", "HANDLER orders OPEN"),
    (&[MySql], "NOT_A_SELECT", "USE mysql"),
    (&[MySql], "NOT_A_SELECT", "LOCK TABLES orders WRITE"),
    // writing inside a query
    (&[PostgreSql], "WRITE_IN_QUERY", "WITH d AS (DELETE FROM orders RETURNING *) SELECT * FROM d"),
    (&[PostgreSql], "WRITE_IN_QUERY", "WITH d AS (UPDATE orders SET amount = 0 RETURNING id) SELECT * FROM d"),
    (&[PostgreSql], "WRITE_IN_QUERY", "WITH d AS (INSERT INTO orders (id) VALUES (1) RETURNING id) SELECT * FROM d"),
    (
        &[PostgreSql],
        "WRITE_IN_QUERY",
        "SELECT * FROM orders WHERE id IN (WITH d AS (DELETE FROM customers RETURNING id) SELECT id FROM d)",
    ),
    (&[PostgreSql, Sqlite], "WRITE_IN_QUERY", "WITH a AS (SELECT 1) INSERT INTO orders SELECT * FROM a"),
    (&[PostgreSql, Sqlite], "WRITE_IN_QUERY", "WITH a AS (SELECT 1) DELETE FROM orders"),
    // the result goes elsewhere
    (ALL, "SELECT_INTO", "SELECT * INTO stolen FROM orders"),
    (&[PostgreSql], "SELECT_INTO", "SELECT * INTO TEMP stolen FROM orders"),
    (&[PostgreSql], "SELECT_INTO", "WITH a AS (SELECT * INTO b FROM orders) SELECT 1"),
    (&[MySql], "SELECT_INTO", "SELECT * FROM orders INTO OUTFILE '/var/www/x.php'"),
    (&[MySql], "SELECT_INTO", "SELECT '<?php' INTO DUMPFILE '/var/www/x.php'"),
    (&[MySql], "SELECT_INTO", "SELECT id INTO @x FROM orders"),
    (&[MySql], "SELECT_INTO", "SELECT id FROM orders UNION SELECT 1 INTO OUTFILE '/tmp/x'"),
    // locks
    (ALL, "LOCKING", "SELECT * FROM orders FOR UPDATE"),
    (ALL, "LOCKING", "SELECT * FROM orders FOR SHARE"),
    (&[PostgreSql], "LOCKING", "SELECT * FROM orders FOR UPDATE OF orders SKIP LOCKED"),
    (ALL, "LOCKING", "SELECT * FROM (SELECT * FROM orders FOR UPDATE) x"),
    (&[PostgreSql], "LOCKING", "SELECT * FROM orders WHERE id IN (SELECT id FROM orders FOR UPDATE NOWAIT)"),
    // comments that act
    (ALL, "EXECUTABLE_COMMENT", "SELECT /*!50000 1 */"),
    (ALL, "EXECUTABLE_COMMENT", "SELECT 1 /*! UNION SELECT word FROM secrets */"),
    (ALL, "EXECUTABLE_COMMENT", "SELECT /*M! SLEEP(5) */ 1"),
    (ALL, "EXECUTABLE_COMMENT", "SELECT /*+ SET_VAR(foreign_key_checks=OFF) */ 1"),
    (&[MySql], "EXECUTABLE_COMMENT", "SELECT/*!INTO OUTFILE '/tmp/x'*/ 1"),
    (&[MySql], "SYNTAX", "SELECT 1 /*"),
    // tables of nobody
    (ALL, "TABLE_NOT_ALLOWED", "SELECT * FROM secrets"),
    (ALL, "TABLE_NOT_ALLOWED", "SELECT * FROM Secrets"),
    (ALL, "TABLE_NOT_ALLOWED", "SELECT * FROM no_such_table"),
    (ALL, "TABLE_NOT_ALLOWED", "SELECT (SELECT word FROM secrets)"),
    (ALL, "TABLE_NOT_ALLOWED", "SELECT 1 WHERE EXISTS (SELECT 1 FROM secrets)"),
    (ALL, "TABLE_NOT_ALLOWED", "SELECT id FROM orders WHERE id IN (SELECT id FROM secrets)"),
    (ALL, "TABLE_NOT_ALLOWED", "SELECT id FROM orders UNION ALL SELECT id FROM secrets"),
    (ALL, "TABLE_NOT_ALLOWED", "SELECT id FROM orders EXCEPT SELECT id FROM secrets"),
    (ALL, "TABLE_NOT_ALLOWED", "WITH x AS (SELECT * FROM secrets) SELECT * FROM x"),
    (ALL, "TABLE_NOT_ALLOWED", "WITH x AS (SELECT 1) SELECT * FROM (SELECT * FROM secrets) y"),
    (ALL, "TABLE_NOT_ALLOWED", "SELECT * FROM orders o JOIN secrets s ON s.id = o.id"),
    (ALL, "TABLE_NOT_ALLOWED", "SELECT * FROM orders, secrets"),
    (ALL, "TABLE_NOT_ALLOWED", "SELECT COUNT(*) FROM orders HAVING COUNT(*) > (SELECT COUNT(*) FROM secrets)"),
    (ALL, "TABLE_NOT_ALLOWED", "SELECT id FROM orders ORDER BY (SELECT word FROM secrets)"),
    (ALL, "TABLE_NOT_ALLOWED", "SELECT CASE WHEN 1 = 1 THEN (SELECT word FROM secrets) END"),
    (ALL, "TABLE_NOT_ALLOWED", "SELECT SUM((SELECT id FROM secrets)) OVER (PARTITION BY id) FROM orders"),
    (ALL, "TABLE_NOT_ALLOWED", "SELECT * FROM (VALUES ((SELECT word FROM secrets))) v"),
    (
        &[PostgreSql],
        "TABLE_NOT_ALLOWED",
        "SELECT * FROM orders o, LATERAL (SELECT word FROM secrets s WHERE s.id = o.id) x",
    ),
    (&[PostgreSql], "TABLE_NOT_ALLOWED", "SELECT * FROM ONLY secrets"),
    (&[PostgreSql], "TABLE_NOT_ALLOWED", "SELECT * FROM \"ORDERS\""),
    (&[PostgreSql], "TABLE_NOT_ALLOWED", "SELECT * FROM other.orders"),
    (&[Sqlite], "OTHER_DATABASE", "SELECT * FROM temp.orders"),
    (&[Sqlite], "OTHER_DATABASE", "SELECT * FROM attached.orders"),
    (&[PostgreSql], "OTHER_DATABASE", "SELECT * FROM postgres.public.orders"),
    (&[MySql], "TABLE_NOT_ALLOWED", "SELECT * FROM other.orders"),
    // a CTE's name is in reach only where it is
    (
        ALL,
        "TABLE_NOT_ALLOWED",
        "SELECT * FROM (WITH secrets AS (SELECT 1 AS word) SELECT * FROM secrets) x JOIN secrets ON 1 = 1",
    ),
    (ALL, "TABLE_NOT_ALLOWED", "WITH a AS (SELECT * FROM secrets), secrets AS (SELECT 1 AS word) SELECT * FROM a"),
    (ALL, "TABLE_NOT_ALLOWED", "WITH secrets AS (SELECT * FROM secrets) SELECT * FROM secrets"),
    (&[PostgreSql], "TABLE_NOT_ALLOWED", "WITH \"Secrets\" AS (SELECT 1 AS word) SELECT * FROM secrets"),
    (&[PostgreSql], "TABLE_NOT_ALLOWED", "WITH secrets AS (SELECT 1 AS word) SELECT * FROM public.secrets"),
    // the system's own tables
    (&[Sqlite], "SYSTEM_CATALOG", "SELECT * FROM sqlite_master"),
    (&[Sqlite], "SYSTEM_CATALOG", "SELECT sql FROM main.sqlite_schema"),
    (&[Sqlite], "SYSTEM_CATALOG", "SELECT * FROM \"sqlite_master\""),
    (&[Sqlite], "SYSTEM_CATALOG", "SELECT * FROM [SQLITE_MASTER]"),
    (&[Sqlite], "SYSTEM_CATALOG", "SELECT * FROM pragma_database_list"),
    (&[Sqlite], "TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM pragma_table_info('secrets')"),
    (&[PostgreSql, MySql], "SYSTEM_CATALOG", "SELECT * FROM information_schema.tables"),
    (&[PostgreSql], "SYSTEM_CATALOG", "SELECT * FROM pg_catalog.pg_class"),
    (&[PostgreSql], "SYSTEM_CATALOG", "SELECT * FROM pg_shadow"),
    (&[PostgreSql], "SYSTEM_CATALOG", "SELECT * FROM pg_stat_activity"),
    (&[MySql], "SYSTEM_CATALOG", "SELECT * FROM mysql.user"),
    (&[MySql], "SYSTEM_CATALOG", "SELECT * FROM `performance_schema`.`threads`"),
    (&[MySql], "SYSTEM_CATALOG", "SELECT * FROM INFORMATION_SCHEMA.COLUMNS"),
    // functions that reach out
    (&[Sqlite], "FUNCTION_NOT_ALLOWED", "SELECT load_extension('/tmp/evil.so')"),
    (&[Sqlite], "FUNCTION_NOT_ALLOWED", "SELECT readfile('/etc/passwd')"),
    (&[Sqlite], "FUNCTION_NOT_ALLOWED", "SELECT writefile('/tmp/x', 'y')"),
    (&[Sqlite], "FUNCTION_NOT_ALLOWED", "SELECT zeroblob(1000000000)"),
    (&[Sqlite], "FUNCTION_NOT_ALLOWED", "SELECT randomblob(1000000000)"),
    (&[Sqlite], "FUNCTION_NOT_ALLOWED", "SELECT \"load_extension\"('x')"),
    (&[Sqlite], "FUNCTION_NOT_ALLOWED", "SELECT sqlite_version()"),
    (&[Sqlite], "UNSUPPORTED", "SELECT printf('%1000000000d', 1)"),
    (&[PostgreSql], "FUNCTION_NOT_ALLOWED", "SELECT pg_read_file('/etc/passwd')"),
    (&[PostgreSql], "FUNCTION_NOT_ALLOWED", "SELECT pg_catalog.pg_read_file('/etc/passwd')"),
    (&[PostgreSql], "FUNCTION_NOT_ALLOWED", "SELECT pg_ls_dir('/')"),
    (&[PostgreSql], "FUNCTION_NOT_ALLOWED", "SELECT PG_SLEEP(10)"),
    (&[PostgreSql], "FUNCTION_NOT_ALLOWED", "SELECT id FROM orders WHERE amount > 1 AND pg_sleep(1) IS NULL"),
    (&[PostgreSql], "FUNCTION_NOT_ALLOWED", "SELECT lo_import('/etc/passwd')"),
    (&[PostgreSql], "FUNCTION_NOT_ALLOWED", "SELECT lo_export(1, '/tmp/x')"),
    (&[PostgreSql], "FUNCTION_NOT_ALLOWED", "SELECT set_config('role', 'postgres', false)"),
    (&[PostgreSql], "FUNCTION_NOT_ALLOWED", "SELECT current_setting('data_directory')"),
    (&[PostgreSql], "FUNCTION_NOT_ALLOWED", "SELECT nextval('orders_id_seq')"),
    (&[PostgreSql], "FUNCTION_NOT_ALLOWED", "SELECT pg_terminate_backend(1)"),
    (&[PostgreSql], "FUNCTION_NOT_ALLOWED", "SELECT pg_advisory_lock(1)"),
    (&[PostgreSql], "FUNCTION_NOT_ALLOWED", "SELECT query_to_xml('DELETE FROM orders', true, true, '')"),
    (&[PostgreSql], "FUNCTION_NOT_ALLOWED", "SELECT version()"),
    (&[PostgreSql], "FUNCTION_NOT_ALLOWED", "SELECT current_user"),
    (&[PostgreSql], "FUNCTION_NOT_ALLOWED", "SELECT dblink_exec('host=x', 'DROP TABLE y')"),
    (&[PostgreSql], "FUNCTION_NOT_ALLOWED", "SELECT public.lower('x')"),
    (&[PostgreSql], "FUNCTION_NOT_ALLOWED", "SELECT \"PG_SLEEP\"(1)"),
    (&[PostgreSql], "FUNCTION_NOT_ALLOWED", "SELECT repeat('x', 1000000000)"),
    (&[PostgreSql], "TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM dblink('host=evil', 'SELECT 1') AS t(a int)"),
    (&[PostgreSql], "TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM generate_series(1, 1000000000)"),
    (&[PostgreSql], "TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM generate_series(1, (SELECT 5))"),
    (&[PostgreSql], "TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM generate_series(1, 9, 0)"),
    (&[PostgreSql], "TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM generate_series(1, 9, 0.0000001)"),
    (
        &[PostgreSql],
        "TABLE_FUNCTION_NOT_ALLOWED",
        "SELECT * FROM generate_series(DATE '0001-01-01', DATE '9999-12-31', INTERVAL '1 day')",
    ),
    (
        &[PostgreSql],
        "TABLE_FUNCTION_NOT_ALLOWED",
        "SELECT * FROM generate_series(DATE '2026-01-01', DATE '2026-12-31', '1 second')",
    ),
    (
        &[PostgreSql],
        "TABLE_FUNCTION_NOT_ALLOWED",
        "SELECT * FROM generate_series(DATE '2026-01-01', DATE '2026-12-31', INTERVAL '1' SECOND)",
    ),
    (
        &[PostgreSql],
        "TABLE_FUNCTION_NOT_ALLOWED",
        "SELECT * FROM generate_series(DATE '2026-01-01', 'infinity'::date, '1 day')",
    ),
    (&[PostgreSql], "TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM pg_read_file('/etc/passwd')"),
    (&[PostgreSql], "TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM pg_ls_waldir()"),
    (&[PostgreSql], "FUNCTION_NOT_ALLOWED", "SELECT generate_series(1, 1000000000)"),
    (&[MySql], "FUNCTION_NOT_ALLOWED", "SELECT LOAD_FILE('/etc/passwd')"),
    (&[MySql], "FUNCTION_NOT_ALLOWED", "SELECT SLEEP(10)"),
    (&[MySql], "FUNCTION_NOT_ALLOWED", "SELECT BENCHMARK(1000000000, MD5('x'))"),
    (&[MySql], "FUNCTION_NOT_ALLOWED", "SELECT GET_LOCK('x', 10)"),
    (&[MySql], "FUNCTION_NOT_ALLOWED", "SELECT USER()"),
    (&[MySql], "FUNCTION_NOT_ALLOWED", "SELECT sys_exec('id')"),
    (&[MySql], "FUNCTION_NOT_ALLOWED", "SELECT CURRENT_USER"),
    (&[MySql], "FUNCTION_NOT_ALLOWED", "SELECT ExtractValue(1, CONCAT(0x7e, 'x'))"),
    (&[MySql], "FUNCTION_NOT_ALLOWED", "SELECT shop.my_function(1)"),
    // variables
    (&[MySql], "VARIABLE", "SELECT @@version"),
    (&[MySql], "VARIABLE", "SELECT @@global.secure_file_priv"),
    (&[MySql], "VARIABLE", "SELECT @a"),
    (&[MySql], "VARIABLE", "SELECT @a := 1"),
    // columns
    (ALL, "UNKNOWN_COLUMN", "SELECT salary FROM employees"),
    (ALL, "UNKNOWN_COLUMN", "SELECT e.salary FROM employees e"),
    (ALL, "UNKNOWN_COLUMN", "SELECT id FROM employees WHERE salary > 5"),
    (ALL, "UNKNOWN_COLUMN", "SELECT id FROM employees ORDER BY salary"),
    (ALL, "UNKNOWN_COLUMN", "SELECT MAX(salary) FROM employees"),
    (ALL, "UNKNOWN_COLUMN", "SELECT nothing FROM orders"),
    (ALL, "UNKNOWN_COLUMN", "SELECT x.id FROM orders o"),
    (ALL, "UNKNOWN_COLUMN", "SELECT secrets.word FROM orders"),
    (ALL, "UNKNOWN_COLUMN", "SELECT x.salary FROM (SELECT * FROM employees) x"),
    (ALL, "UNKNOWN_COLUMN", "WITH x AS (SELECT * FROM employees) SELECT salary FROM x"),
    (&[Sqlite], "UNKNOWN_COLUMN", "SELECT rowid FROM orders"),
    (&[PostgreSql], "UNKNOWN_COLUMN", "SELECT ctid FROM orders"),
    (&[PostgreSql], "UNKNOWN_COLUMN", "SELECT xmin, tableoid FROM orders"),
    (&[PostgreSql], "UNKNOWN_COLUMN", "SELECT e FROM employees e"),
    (&[PostgreSql], "FUNCTION_NOT_ALLOWED", "SELECT salary(e) FROM employees e"),
    (&[PostgreSql], "UNKNOWN_COLUMN", "SELECT (e).salary FROM employees e"),
    // types and operators
    (&[PostgreSql], "TYPE_NOT_ALLOWED", "SELECT 'secrets'::regclass"),
    (&[PostgreSql], "TYPE_NOT_ALLOWED", "SELECT CAST('pg_read_file' AS regproc)"),
    (&[PostgreSql], "TYPE_NOT_ALLOWED", "SELECT 'x'::public.my_type"),
    (&[PostgreSql], "OPERATOR_NOT_ALLOWED", "SELECT 1 OPERATOR(public.+) 2"),
    (&[Sqlite], "OPERATOR_NOT_ALLOWED", "SELECT id FROM orders WHERE note MATCH 'x'"),
    // joins, recursion, limits
    (ALL, "CROSS_JOIN", "SELECT COUNT(*) FROM orders, customers"),
    (ALL, "CROSS_JOIN", "SELECT COUNT(*) FROM orders o CROSS JOIN order_lines l"),
    (ALL, "CROSS_JOIN", "SELECT COUNT(*) FROM orders a, orders b, orders c WHERE a.id = b.id"),
    (ALL, "UNBOUNDED_RECURSION", "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"),
    (
        ALL,
        "UNBOUNDED_RECURSION",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i = i) SELECT i FROM n",
    ),
    (ALL, "LIMIT", "SELECT id FROM orders LIMIT 1 + 1"),
    (ALL, "LIMIT", "SELECT id FROM orders LIMIT (SELECT 1)"),
    (&[PostgreSql], "LIMIT", "SELECT id FROM orders FETCH FIRST 5 PERCENT ROWS ONLY"),
    // parameters
    (ALL, "PARAMETER", "SELECT id FROM orders WHERE status = :status"),
    (&[Sqlite, MySql], "PARAMETER", "SELECT id FROM orders WHERE status = ?"),
    (&[PostgreSql], "PARAMETER", "SELECT id FROM orders WHERE status = $1"),
    // names
    (&[Sqlite], "TABLE_NOT_ALLOWED", "SELECT * FROM \"orders\"\"; DROP TABLE orders; --\""),
    (ALL, "AMBIGUOUS_NAME", "SELECT 1 FROM orders, orders"),
    (&[Sqlite, PostgreSql], "IDENTIFIER", "SELECT 1 AS \"a\"\"b\""),
    (&[MySql], "IDENTIFIER", "SELECT 1 AS `a``b`"),
    (&[Sqlite, PostgreSql], "IDENTIFIER", "SELECT 1 AS \"a\\\""),
    (ALL, "TABLE_NOT_ALLOWED", "SELECT * FROM ſecrets"),
    (ALL, "TABLE_NOT_ALLOWED", "SELECT * FROM оrders"),
    // odd clauses
    (&[PostgreSql], "UNSUPPORTED", "SELECT * FROM orders TABLESAMPLE SYSTEM (1 + 1)"),
    (&[MySql], "UNSUPPORTED", "SELECT SQL_CALC_FOUND_ROWS id FROM orders"),
    (&[MySql], "UNSUPPORTED", "SELECT * FROM orders PARTITION (p0)"),
    (ALL, "SYNTAX", "SELECT"),
    (ALL, "SYNTAX", "SELECT id FROM ("),
    (ALL, "SYNTAX", "SELECT 'unterminated"),
    (ALL, "SYNTAX", "SELECT (1"),
    (ALL, "SYNTAX", "SELECT 1)"),
    (ALL, "SYNTAX", "SELECT 1 FROM orders WHERE"),
    (ALL, "SYNTAX", "SELECT 1 2 3"),
];

#[test]
fn hostile_statements_are_refused_by_the_rule_they_break() {
    shop::refuses_all(HOSTILE);
}

#[test]
fn there_are_enough_hostile_statements() {
    assert!(HOSTILE.len() >= 120, "{}", HOSTILE.len());
}

#[test]
fn a_refusal_says_the_place() {
    let refusal = shop::decide("SELECT id,\n  nothing FROM orders", Sqlite).unwrap_err();
    let at = refusal.position.expect("a place");
    assert_eq!((at.line, at.column), (2, 3));
    let refusal = shop::decide("SELECT id FROM\n secrets", Sqlite).unwrap_err();
    assert_eq!(refusal.position.map(|at| (at.line, at.column)), Some((2, 2)));
}

#[test]
fn a_hidden_column_and_a_missing_one_are_refused_with_the_same_words() {
    let hidden = shop::decide("SELECT salary FROM employees", Sqlite).unwrap_err();
    let missing = shop::decide("SELECT salami FROM employees", Sqlite).unwrap_err();
    assert_eq!(hidden.message.replace("salary", "x"), missing.message.replace("salami", "x"));
}
