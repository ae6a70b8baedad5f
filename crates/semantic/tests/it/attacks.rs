//! More statements that must not run, by what they are after; `hostile` holds the first bank.

use emporion_semantic::guard::{
    Dialect::{self, MySql, PostgreSql, Sqlite},
    Parameters, guard,
};

use crate::shop;

const ALL: &[Dialect] = &[Sqlite, PostgreSql, MySql];
const PG: &[Dialect] = &[PostgreSql];
const MY: &[Dialect] = &[MySql];
const LITE: &[Dialect] = &[Sqlite];

/// (dialects, rule, statement)
const ATTACKS: &[(&[Dialect], &str, &str)] = &[
    // who is connected where, through names that a server computes
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT user FROM orders"),
    (PG, "FUNCTION_NOT_ALLOWED", "WITH t AS (SELECT 1 AS \"user\") SELECT user FROM t"),
    (
        PG,
        "FUNCTION_NOT_ALLOWED",
        "SELECT u.x FROM unnest(ARRAY[1]) AS \"current_user\" (x), LATERAL (SELECT current_user AS x) u",
    ),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT to_json(current_user) FROM orders AS \"current_user\""),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT row_to_json(session_user) FROM orders AS \"session_user\""),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT json_agg(user) FROM orders AS \"user\""),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT current_user FROM unnest(ARRAY[1]) AS \"current_user\""),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT inet_server_addr()"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT current_schemas(true)"),
    (MY, "FUNCTION_NOT_ALLOWED", "SELECT DATABASE()"),
    (MY, "FUNCTION_NOT_ALLOWED", "SELECT CONNECTION_ID(), LAST_INSERT_ID(5)"),
    (MY, "FUNCTION_NOT_ALLOWED", "SELECT FOUND_ROWS()"),
    (LITE, "FUNCTION_NOT_ALLOWED", "SELECT sqlite_compileoption_get(0)"),
    (LITE, "FUNCTION_NOT_ALLOWED", "SELECT last_insert_rowid(), changes()"),
    // files, network, large objects, other statements as text
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT pg_read_binary_file('/etc/passwd')"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT pg_stat_file('/etc/passwd')"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT lo_get(lo_create(0))"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT lo_from_bytea(0, 'x')"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT database_to_xml(true, true, '')"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT table_to_xml('secrets', true, true, '')"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT ts_stat('SELECT word FROM secrets')"),
    (PG, "TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM ts_stat('SELECT to_tsvector(word) FROM secrets')"),
    (PG, "TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM pg_ls_dir('/') AS f"),
    (PG, "TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM orders o, LATERAL pg_read_file('/etc/passwd') f"),
    (PG, "SYNTAX", "SELECT * FROM ROWS FROM (pg_ls_dir('/'), generate_series(1, 2)) AS x"),
    (
        PG,
        "TABLE_FUNCTION_NOT_ALLOWED",
        "SELECT * FROM crosstab('SELECT 1, 2, word FROM secrets') AS t(a int, b int, c text)",
    ),
    (PG, "TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM public.unnest(ARRAY[1])"),
    (PG, "TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM json_populate_record(NULL, '{}')"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT * FROM unnest(ARRAY[pg_read_file('/etc/passwd')]) f"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT * FROM jsonb_each(query_to_xml('SELECT 1', true, true, '')::text::jsonb)"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT id FROM orders ORDER BY pg_sleep(1)"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT COUNT(*) FILTER (WHERE pg_sleep(1) IS NULL) FROM orders"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT SUM(1) OVER (ORDER BY pg_sleep_for('1 minute')) FROM orders"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT tags[1:(SELECT pg_backend_pid())] FROM events"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT pg_catalog.set_config('statement_timeout', '0', false)"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT setval('orders_id_seq', 1), currval('orders_id_seq')"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT pg_try_advisory_xact_lock(1)"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT pg_notify('x', 'y'), txid_current()"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT pg_get_viewdef('secrets'), to_regclass('secrets')"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT has_table_privilege('secrets', 'select')"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT setseed(0.5)"),
    (PG, "UNKNOWN_COLUMN", "SELECT U&\"pg_\\0073leep\"(1)"),
    (PG, "TYPE_NOT_ALLOWED", "SELECT 'secrets'::oid, 'orders'::regclass::oid"),
    (PG, "TYPE_NOT_ALLOWED", "SELECT CAST('english' AS regconfig)"),
    (PG, "TYPE_NOT_ALLOWED", "SELECT * FROM json_to_record('{}') AS x(a regclass)"),
    (PG, "TYPE_NOT_ALLOWED", "SELECT * FROM jsonb_to_recordset('[]') AS x(a public.secrets)"),
    (PG, "TYPE_NOT_ALLOWED", "SELECT '(1,x)'::employees"),
    (PG, "TYPE_NOT_ALLOWED", "SELECT NULL::secrets"),
    (PG, "TYPE_NOT_ALLOWED", "SELECT '{1}'::regclass[]"),
    (MY, "FUNCTION_NOT_ALLOWED", "SELECT UpdateXML('<a/>', CONCAT('/', (SELECT 1)), '')"),
    (MY, "FUNCTION_NOT_ALLOWED", "SELECT MASTER_POS_WAIT('x', 1)"),
    (MY, "FUNCTION_NOT_ALLOWED", "SELECT IS_FREE_LOCK('x'), RELEASE_ALL_LOCKS()"),
    (MY, "FUNCTION_NOT_ALLOWED", "SELECT NEXTVAL(s), SETVAL(s, 1)"),
    (MY, "FUNCTION_NOT_ALLOWED", "SELECT DES_ENCRYPT('x'), LOAD_FILE(CONCAT('/etc/', 'passwd'))"),
    (MY, "FUNCTION_NOT_ALLOWED", "SELECT o.id FROM orders o WHERE o.id = IF(1 = 1, SLEEP(5), 0)"),
    (MY, "SYNTAX", "SELECT NEXT VALUE FOR s"),
    (MY, "SYNTAX", "SELECT * FROM orders PROCEDURE ANALYSE(extractvalue(rand(), concat(0x3a, version())), 1)"),
    (
        MY,
        "FUNCTION_NOT_ALLOWED",
        "SELECT * FROM JSON_TABLE(LOAD_FILE('/etc/passwd'), '$[*]' COLUMNS (a INT PATH '$')) j",
    ),
    (MY, "TABLE_NOT_ALLOWED", "SELECT * FROM JSON_TABLE((SELECT word FROM secrets), '$' COLUMNS (a TEXT PATH '$')) j"),
    (MY, "TABLE_NOT_ALLOWED", "SELECT * FROM seq_1_to_1000000000"),
    (MY, "TABLE_NOT_ALLOWED", "SELECT * FROM `dual`"),
    (MY, "TABLE_NOT_ALLOWED", "SELECT * FROM secrets.dual"),
    (MY, "EXECUTABLE_COMMENT", "SELECT 1 FROM/*!50000`secrets`*/"),
    (MY, "EXECUTABLE_COMMENT", "SELECT/*m!100100 SLEEP(5)*/ 1"),
    (LITE, "FUNCTION_NOT_ALLOWED", "SELECT fts3_tokenizer('simple')"),
    (LITE, "FUNCTION_NOT_ALLOWED", "SELECT edit('x', '/bin/sh')"),
    (LITE, "TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM pragma_function_list()"),
    (LITE, "TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM fsdir('/')"),
    (LITE, "SYSTEM_CATALOG", "SELECT * FROM sqlite_temp_master"),
    (LITE, "SYSTEM_CATALOG", "SELECT name FROM pragma_table_list"),
    (LITE, "SYSTEM_CATALOG", "SELECT * FROM sqlite_stat1"),
    (LITE, "SYSTEM_CATALOG", "SELECT * FROM dbstat"),
    (LITE, "TABLE_NOT_ALLOWED", "SELECT * FROM bytecode"),
    // the system's tables by other spellings
    (PG, "SYSTEM_CATALOG", "TABLE pg_shadow"),
    (PG, "SYSTEM_CATALOG", "SELECT * FROM \"pg_catalog\".\"pg_authid\""),
    (PG, "SYSTEM_CATALOG", "SELECT 1 UNION ALL TABLE pg_user"),
    (PG, "SYSTEM_CATALOG", "SELECT * FROM orders WHERE EXISTS (TABLE pg_settings)"),
    (PG, "SYSTEM_CATALOG", "SELECT * FROM pg_stats TABLESAMPLE SYSTEM (100)"),
    (PG, "OTHER_DATABASE", "SELECT * FROM template1.pg_catalog.pg_class"),
    (MY, "SYSTEM_CATALOG", "SELECT * FROM sys.user_summary"),
    (MY, "SYSTEM_CATALOG", "SELECT * FROM `mysql`.`global_priv`"),
    // tables of nobody by new doors
    (PG, "TABLE_NOT_ALLOWED", "TABLE secrets"),
    (PG, "TABLE_NOT_ALLOWED", "(TABLE \"secrets\")"),
    (PG, "TABLE_NOT_ALLOWED", "SELECT id FROM orders WHERE id IN (TABLE secrets)"),
    (PG, "TABLE_NOT_ALLOWED", "WITH s AS (TABLE secrets) TABLE s"),
    (PG, "TABLE_NOT_ALLOWED", "SELECT ARRAY(SELECT word FROM secrets)"),
    (PG, "TABLE_NOT_ALLOWED", "SELECT ARRAY(TABLE secrets)"),
    (PG, "TABLE_NOT_ALLOWED", "SELECT * FROM unnest(ARRAY(SELECT word FROM secrets)) w"),
    (PG, "TABLE_NOT_ALLOWED", "SELECT * FROM secrets TABLESAMPLE SYSTEM (100)"),
    (PG, "TABLE_NOT_ALLOWED", "SELECT * FROM orders o, jsonb_each((SELECT to_jsonb(s) FROM secrets s LIMIT 1)) j"),
    (PG, "TABLE_NOT_ALLOWED", "SELECT id FROM orders WHERE status LIKE ANY (SELECT word FROM secrets)"),
    (PG, "TABLE_NOT_ALLOWED", "SELECT id FROM orders WHERE status ILIKE ANY (ARRAY(SELECT word FROM secrets))"),
    (MY, "TABLE_NOT_ALLOWED", "SELECT STRAIGHT_JOIN * FROM orders o JOIN secrets s ON s.id = o.id"),
    (MY, "TABLE_NOT_ALLOWED", "SELECT SQL_NO_CACHE * FROM secrets FORCE INDEX (PRIMARY)"),
    (LITE, "TABLE_NOT_ALLOWED", "SELECT * FROM json_each((SELECT json_group_array(word) FROM secrets))"),
    // hidden columns
    (PG, "UNKNOWN_COLUMN", "SELECT row_to_json(e) ->> 'x', e.salary FROM employees e"),
    (PG, "UNKNOWN_COLUMN", "SELECT e FROM employees e"),
    (PG, "UNKNOWN_COLUMN", "SELECT e::text FROM employees e"),
    (PG, "UNSUPPORTED", "SELECT (e.*)::text FROM employees e"),
    (PG, "UNKNOWN_COLUMN", "SELECT array_agg(e) FROM employees e"),
    (PG, "UNKNOWN_COLUMN", "SELECT max(e::text) FROM employees e"),
    (PG, "UNKNOWN_COLUMN", "SELECT concat(e) FROM employees e"),
    (PG, "UNKNOWN_COLUMN", "SELECT row_to_json(secrets) FROM orders"),
    (PG, "UNKNOWN_COLUMN", "SELECT id FROM employees e ORDER BY e"),
    (PG, "UNKNOWN_COLUMN", "SELECT COUNT(DISTINCT salary) FROM employees, unnest(ARRAY[1]) u"),
    (PG, "UNKNOWN_COLUMN", "SELECT salary FROM employees, jsonb_each('{}') j"),
    (PG, "UNKNOWN_COLUMN", "SELECT tableoid, cmin FROM orders, generate_series(1, 2) g"),
    (PG, "UNKNOWN_COLUMN", "SELECT orders.pg_column_size FROM orders"),
    (PG, "UNKNOWN_COLUMN", "SELECT j.secret FROM jsonb_each('{}') j"),
    (PG, "UNKNOWN_COLUMN", "SELECT json_agg(e ORDER BY e.salary) FROM employees e"),
    (PG, "UNKNOWN_COLUMN", "SELECT json_agg(e) FILTER (WHERE e.salary > 5) FROM employees e"),
    (ALL, "UNKNOWN_COLUMN", "SELECT RANK() OVER (ORDER BY salary) FROM employees"),
    (ALL, "UNKNOWN_COLUMN", "SELECT SUM(id) OVER (PARTITION BY e.salary) FROM employees e"),
    (ALL, "UNKNOWN_COLUMN", "SELECT COUNT(*) FROM employees GROUP BY salary"),
    (ALL, "UNKNOWN_COLUMN", "SELECT 1 FROM orders o WHERE EXISTS (SELECT 1 FROM employees WHERE salary > o.amount)"),
    (LITE, "UNKNOWN_COLUMN", "SELECT _rowid_, oid FROM employees"),
    (LITE, "UNKNOWN_COLUMN", "SELECT e.rowid FROM employees e"),
    (LITE, "UNKNOWN_COLUMN", "SELECT salary FROM employees, json_each('[1]')"),
    (MY, "UNKNOWN_COLUMN", "SELECT _rowid FROM orders"),
    // columns that a USING or NATURAL join would need
    (ALL, "UNKNOWN_COLUMN", "SELECT a.id FROM employees a JOIN employees b USING (salary)"),
    (ALL, "UNKNOWN_COLUMN", "SELECT o.id FROM orders o JOIN customers c USING (amount)"),
    // locks, writing, elsewhere
    (ALL, "LOCKING", "WITH x AS (SELECT * FROM orders FOR UPDATE) SELECT * FROM x"),
    (PG, "SYNTAX", "SELECT * FROM orders FOR NO KEY UPDATE"),
    (PG, "SYNTAX", "SELECT * FROM orders FOR KEY SHARE"),
    (MY, "SYNTAX", "SELECT * FROM orders LOCK IN SHARE MODE"),
    (PG, "LOCKING", "TABLE orders FOR UPDATE"),
    (PG, "SELECT_INTO", "WITH x AS (SELECT 1) SELECT * INTO UNLOGGED stolen FROM x"),
    (PG, "SELECT_INTO", "SELECT * INTO TABLE stolen FROM orders"),
    (MY, "SELECT_INTO", "(SELECT * FROM orders INTO OUTFILE '/tmp/x' CHARACTER SET utf8mb4 LINES TERMINATED BY 'x')"),
    (MY, "SELECT_INTO", "SELECT SQL_NO_CACHE 1 INTO DUMPFILE '/tmp/x'"),
    (PG, "WRITE_IN_QUERY", "WITH x AS (MERGE INTO orders USING customers ON false WHEN MATCHED THEN DELETE) SELECT 1"),
    (PG, "MULTIPLE_STATEMENTS", "TABLE orders; DROP TABLE orders"),
    (PG, "MULTIPLE_STATEMENTS", "SELECT $$;$$; COPY orders TO PROGRAM 'sh'"),
    (MY, "UNSUPPORTED", "SELECT SQL_CALC_FOUND_ROWS SQL_NO_CACHE id FROM orders"),
    (MY, "VARIABLE", "SELECT @@session.sql_mode, @x := (SELECT 1)"),
    (MY, "PARAMETER", "SELECT id FROM orders WHERE id = @`x`"),
    // names
    (PG, "IDENTIFIER", "SELECT 1 AS \"a\0b\""),
    (PG, "IDENTIFIER", "SELECT U&'\\0000'"),
    (PG, "TABLE_NOT_ALLOWED", "SELECT * FROM \"orders \""),
    (ALL, "TABLE_NOT_ALLOWED", "SELECT * FROM orders\u{200b}x"),
    (PG, "TABLE_NOT_ALLOWED", "SELECT * FROM \"ORDERS\" JOIN \"Orders\" ON TRUE"),
    // too much
    (
        PG,
        "TABLE_FUNCTION_NOT_ALLOWED",
        "SELECT * FROM generate_series(timestamp '2026-01-01', timestamp '2036-01-01', '1 hour')",
    ),
    (
        PG,
        "TABLE_FUNCTION_NOT_ALLOWED",
        "SELECT * FROM generate_series(timestamp '2026-01-01', timestamp '2026-02-01', '1 minute')",
    ),
    (
        PG,
        "TABLE_FUNCTION_NOT_ALLOWED",
        "SELECT * FROM generate_series(timestamp '2026-01-01', timestamp '2026-02-01', '0.5 hour')",
    ),
    (PG, "TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM generate_series(1, 9223372036854775807, 1)"),
    (PG, "TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM generate_series(1, 'NaN'::numeric)"),
    (PG, "TABLE_FUNCTION_NOT_ALLOWED", "SELECT count(*) FROM generate_series(0, (-1)::bit(40)::bigint)"),
    (PG, "TABLE_FUNCTION_NOT_ALLOWED", "SELECT count(*) FROM generate_series(1, 1000000000::varchar(10)::int)"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT lpad('x', 1000000000)"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT repeat('x', 10000 * 10000)"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT array_fill(1, ARRAY[100000000])"),
    (PG, "FUNCTION_NOT_ALLOWED", "SELECT json_agg(o) FROM orders o WHERE repeat(o.note, o.id) IS NULL"),
    (MY, "FUNCTION_NOT_ALLOWED", "SELECT SPACE(1000000000), REPEAT('x', id) FROM orders"),
    (LITE, "TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM generate_series(1, 1000000000)"),
    (LITE, "TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM generate_series(1)"),
    (LITE, "TABLE_FUNCTION_NOT_ALLOWED", "SELECT * FROM orders o, generate_series(1, o.id)"),
    (LITE, "TABLE_NOT_ALLOWED", "SELECT * FROM generate_series"),
    (LITE, "UNKNOWN_COLUMN", "SELECT stop FROM generate_series(1, 2)"),
    (LITE, "UNSUPPORTED", "SELECT printf('%*d', 1000000000, 1)"),
    (LITE, "FUNCTION_NOT_ALLOWED", "SELECT hex(zeroblob(500000000))"),
    (ALL, "CROSS_JOIN", "SELECT COUNT(*) FROM orders a JOIN orders b ON 1 = 1"),
    (ALL, "CROSS_JOIN", "SELECT COUNT(*) FROM orders a, customers b WHERE a.id > 1 AND b.id > 1"),
    (ALL, "CROSS_JOIN", "WITH a AS (SELECT * FROM orders), b AS (SELECT * FROM customers) SELECT COUNT(*) FROM a, b"),
    (PG, "CROSS_JOIN", "SELECT COUNT(*) FROM orders a CROSS JOIN orders b CROSS JOIN unnest(ARRAY[1, 2]) u"),
    (PG, "CROSS_JOIN", "SELECT COUNT(*) FROM orders TABLESAMPLE SYSTEM (99), customers TABLESAMPLE SYSTEM (99)"),
    (ALL, "UNBOUNDED_RECURSION", "WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"),
    (
        ALL,
        "UNBOUNDED_RECURSION",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n WHERE i < 10) SELECT COUNT(*) FROM n",
    ),
    (
        ALL,
        "UNBOUNDED_RECURSION",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i - 1 FROM n WHERE i < 10) SELECT COUNT(*) FROM n",
    ),
    (
        ALL,
        "UNBOUNDED_RECURSION",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 1 FROM n WHERE i < 10) SELECT COUNT(*) FROM n",
    ),
    (
        ALL,
        "UNBOUNDED_RECURSION",
        "WITH RECURSIVE n(i, k) AS (SELECT 1, 1 UNION ALL SELECT i + 1, k FROM n WHERE k < 10) SELECT COUNT(*) FROM n",
    ),
    (
        ALL,
        "UNBOUNDED_RECURSION",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i * 1 FROM n WHERE i < 10) SELECT COUNT(*) FROM n",
    ),
    (
        ALL,
        "UNBOUNDED_RECURSION",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 0 FROM n WHERE i < 10) SELECT COUNT(*) FROM n",
    ),
    (
        ALL,
        "UNBOUNDED_RECURSION",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT n.i + 1 FROM n JOIN orders o ON o.id = n.i WHERE o.id < 10) SELECT COUNT(*) FROM n",
    ),
    (
        ALL,
        "UNBOUNDED_RECURSION",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT COUNT(*) FROM n",
    ),
    (
        ALL,
        "UNBOUNDED_RECURSION",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1e-9 FROM n WHERE i < 10) SELECT COUNT(*) FROM n",
    ),
    (
        ALL,
        "UNBOUNDED_RECURSION",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM (SELECT 1 AS i FROM n) x WHERE i < 10) SELECT COUNT(*) FROM n",
    ),
    (
        ALL,
        "UNBOUNDED_RECURSION",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT id FROM products WHERE EXISTS (SELECT 1 FROM n)) SELECT COUNT(*) FROM n",
    ),
    (
        ALL,
        "UNBOUNDED_RECURSION",
        "WITH RECURSIVE n(i) AS (SELECT 'x' UNION ALL SELECT i FROM n WHERE LENGTH(i) < 10) SELECT COUNT(*) FROM n",
    ),
    (
        LITE,
        "UNBOUNDED_RECURSION",
        "WITH RECURSIVE n(d) AS (SELECT '2026-01-01' UNION ALL SELECT date(d, '+0 days') FROM n WHERE d < '2026-02-01') SELECT COUNT(*) FROM n",
    ),
    (
        LITE,
        "UNBOUNDED_RECURSION",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9000000000) SELECT COUNT(*) FROM n",
    ),
    (
        PG,
        "UNBOUNDED_RECURSION",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL (SELECT i FROM n LIMIT 1)) SELECT COUNT(*) FROM n",
    ),
    (
        PG,
        "UNBOUNDED_RECURSION",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT x.i FROM n CROSS JOIN LATERAL (SELECT n.i + 1 AS i) x) SELECT COUNT(*) FROM n",
    ),
    (
        PG,
        "UNBOUNDED_RECURSION",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT u FROM n CROSS JOIN LATERAL unnest(ARRAY[n.i + 1]) u) SELECT COUNT(*) FROM n",
    ),
    (
        PG,
        "UNBOUNDED_RECURSION",
        "WITH RECURSIVE n(i, p) AS (SELECT 1::bigint, ARRAY[1::bigint] UNION ALL SELECT e.id, n.p FROM n JOIN employees e ON TRUE WHERE e.id <> ALL (n.p)) SELECT COUNT(*) FROM n",
    ),
    (
        PG,
        "UNBOUNDED_RECURSION",
        "WITH RECURSIVE n(i, p) AS (SELECT 1::bigint, ARRAY[1::bigint] UNION ALL SELECT e.id, n.p || e.manager_id FROM n JOIN employees e ON TRUE WHERE NOT e.id = ANY (n.p)) SELECT COUNT(*) FROM n",
    ),
    // parameters that are none
    (ALL, "PARAMETER", "SELECT id FROM orders LIMIT :n"),
    (PG, "PARAMETER", "SELECT id FROM orders TABLESAMPLE SYSTEM (1) WHERE id = $1"),
];

#[test]
fn attacks_are_refused_by_the_rule_they_break() {
    shop::refuses_all(ATTACKS);
}

#[test]
fn a_whole_row_holds_no_hidden_column() {
    for filter in [None, Some("1 = 1")] {
        let policy = shop::policy(PostgreSql, filter);
        for sql in [
            "SELECT row_to_json(e) FROM employees e",
            "SELECT to_jsonb(employees) FROM employees",
            "SELECT json_agg(e ORDER BY e.id) FROM employees e",
            "SELECT COUNT(e.*) FROM employees e",
        ] {
            let plan = guard(sql, &policy, &Parameters::new()).unwrap_or_else(|refusal| panic!("{refusal}: {sql}"));
            let columns = ["id", "name", "manager_id"].map(|name| format!("\"emporion_row_0 employees\".\"{name}\""));
            let list = format!("(SELECT {} FROM \"public\".\"employees\"", columns.join(", "));
            assert!(plan.sql.contains(&list) && !plan.sql.contains("salary"), "{}", plan.sql);
        }
    }
}

#[test]
fn a_sample_is_taken_behind_the_row_filter() {
    let policy = shop::policy(PostgreSql, Some("1 = 1"));
    let sql = "SELECT id FROM orders AS o TABLESAMPLE BERNOULLI (5) REPEATABLE (1)";
    let plan = guard(sql, &policy, &Parameters::new()).unwrap();
    let scan = "(SELECT * FROM \"public\".\"orders\" AS \"emporion_row_0 orders\" TABLESAMPLE BERNOULLI (5) REPEATABLE (1) WHERE (1 = 1) OFFSET 0) AS o";
    assert!(plan.sql.contains(scan), "{}", plan.sql);
    // A common table expression has no sample, whatever it is called.
    let sql = "WITH orders AS (SELECT 1 AS id) SELECT id FROM orders TABLESAMPLE SYSTEM (5)";
    assert_eq!(guard(sql, &policy, &Parameters::new()).unwrap_err().rule.code(), "UNSUPPORTED");
}
