//! What a statement becomes: full names, filters at the scan, limits, parameters, safe literals.

use emporion_semantic::guard::{
    Column, CostLimits, Dialect, Estimate, HashKey, Link, Literal, Mask, Parameters, Policy, Sizes, Step, Table,
    TableName, Time, guard, tables_read,
};
use serde_json::json;

use crate::shop;

fn filtered(sql: &str) -> Vec<Vec<rusqlite::types::Value>> {
    let policy = {
        let mut policy = Policy::new(Dialect::Sqlite).with_default_schema("main");
        for (name, columns) in shop::TABLES {
            let filter = match *name {
                "orders" => Some("status = 'open'".to_owned()),
                "customers" => Some("region = 'EU' OR region IS NULL".to_owned()),
                _ => None,
            };
            let columns =
                columns.iter().map(|name| Column { hidden: *name == "email", ..Column::named(*name) }).collect();
            let name = TableName { schema: Some("main".to_owned()), name: (*name).to_owned() };
            policy.allow(Table { name, columns: Some(columns), filter, rows: Some(100) }).expect("a table");
        }
        policy
    };
    let plan = guard(sql, &policy, &Parameters::new()).unwrap_or_else(|refusal| panic!("{refusal}: {sql}"));
    rows(&plan.sql)
}

fn rows(sql: &str) -> Vec<Vec<rusqlite::types::Value>> {
    let db = shop::database();
    let mut statement = db.prepare(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    let width = statement.column_count();
    let rows = statement.query_map([], |row| (0..width).map(|at| row.get(at)).collect()).expect("a result");
    rows.collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{error}: {sql}"))
}

#[test]
fn no_way_around_a_row_filter() {
    // Each of these counts or lists orders or customers by another path; 50 orders are open, 27 customers are seen.
    let statements = [
        "SELECT COUNT(*) FROM orders WHERE status <> 'open'",
        "SELECT COUNT(*) FROM main.orders WHERE status = 'paid'",
        "SELECT COUNT(*) FROM \"orders\" o WHERE o.status <> 'open'",
        "SELECT COUNT(*) FROM [orders] o WHERE o.status <> 'open'",
        "SELECT COUNT(*) FROM ORDERS WHERE status <> 'open'",
        "SELECT COUNT(*) FROM (SELECT * FROM orders) x WHERE x.status <> 'open'",
        "WITH orders AS (SELECT * FROM orders) SELECT COUNT(*) FROM orders WHERE status <> 'open'",
        "WITH orders AS (SELECT * FROM main.orders) SELECT COUNT(*) FROM orders WHERE status <> 'open'",
        "WITH x AS (SELECT * FROM orders), y AS (SELECT * FROM x) SELECT COUNT(*) FROM y WHERE status = 'paid'",
        "SELECT (SELECT COUNT(*) FROM orders WHERE status = 'paid')",
        "SELECT COUNT(*) FROM products WHERE EXISTS (SELECT 1 FROM orders WHERE status = 'paid')",
        "SELECT COUNT(*) FROM products WHERE id IN (SELECT id FROM orders WHERE status = 'paid')",
        "SELECT COUNT(*) FROM products p LEFT JOIN orders o ON o.id = p.id WHERE o.status = 'paid'",
        "SELECT COUNT(*) FROM orders o RIGHT JOIN products p ON o.id = p.id WHERE o.status = 'paid'",
        "SELECT COUNT(*) FROM orders o FULL JOIN products p ON o.id = p.id WHERE o.status = 'paid'",
        "SELECT COUNT(*) FROM (SELECT status FROM orders UNION ALL SELECT status FROM orders) WHERE status = 'paid'",
        "SELECT COUNT(*) FROM (SELECT id FROM orders INTERSECT SELECT id FROM orders) x JOIN orders o USING (id) WHERE o.status = 'paid'",
        "SELECT COUNT(*) FROM customers AS orders WHERE region = 'US'",
        "SELECT COUNT(*) FROM orders AS customers JOIN customers AS orders ON orders.id = customers.customer_id WHERE customers.status = 'paid' OR orders.region = 'US'",
        "SELECT COUNT(*) FROM (orders o JOIN products p ON p.id = o.id) WHERE o.status = 'paid'",
        "WITH RECURSIVE t(id, status) AS (SELECT id, status FROM orders WHERE id < 10 UNION SELECT o.id, o.status FROM t JOIN orders o ON o.id = t.id + 1 WHERE o.id < 100) SELECT COUNT(*) FROM t WHERE status = 'paid'",
        "SELECT COUNT(*) FROM orders NATURAL JOIN products WHERE status = 'paid'",
        "SELECT COUNT(*) FROM orders WHERE status = 'paid' OR 1 = 1 AND status = 'paid' OR status <> 'open'",
    ];
    for sql in statements {
        let rows = filtered(sql);
        assert_eq!(rows, vec![vec![rusqlite::types::Value::Integer(0)]], "{sql}");
    }
    assert_eq!(filtered("SELECT COUNT(*) FROM orders")[0][0], rusqlite::types::Value::Integer(50));
    assert_eq!(filtered("SELECT COUNT(*) FROM customers")[0][0], rusqlite::types::Value::Integer(26));
}

#[test]
fn a_hidden_column_is_in_no_star() {
    for sql in [
        "SELECT * FROM customers",
        "SELECT c.* FROM customers c",
        "SELECT * FROM (SELECT * FROM customers) x",
        "WITH c AS (SELECT * FROM customers) SELECT * FROM c",
    ] {
        assert_eq!(filtered(sql)[0].len(), 4, "{sql}");
    }
}

#[test]
fn tables_are_written_with_their_full_names() {
    let plan = shop::decide(
        "SELECT orders.id, main.customers.name FROM orders JOIN customers ON customers.id = customer_id",
        Dialect::Sqlite,
    )
    .unwrap();
    assert_eq!(
        plan.sql,
        "SELECT orders.id, customers.name FROM \"main\".\"orders\" AS orders JOIN \"main\".\"customers\" AS customers ON customers.id = customer_id LIMIT 10001"
    );
    let names: Vec<&str> = plan.tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["orders", "customers"]);
    assert_eq!(plan.columns.as_deref(), Some(&["id".to_owned(), "name".to_owned()][..]));
    assert!(plan.filtered.is_empty());
}

#[test]
fn the_database_of_the_connection_may_be_named() {
    let plan = shop::decide("SELECT shopdb.public.orders.id FROM shopdb.public.orders", Dialect::PostgreSql).unwrap();
    assert_eq!(plan.sql, "SELECT orders.id FROM \"public\".\"orders\" AS orders LIMIT 10001");
}

#[test]
fn a_row_filter_is_evaluated_before_the_callers_conditions() {
    for (dialect, table, fence) in [
        (Dialect::PostgreSql, "\"public\".\"orders\"", "OFFSET 0"),
        (Dialect::MySql, "`shop`.`orders`", "LIMIT 18446744073709551615"),
        (Dialect::Sqlite, "\"main\".\"orders\"", "LIMIT 9223372036854775807"),
    ] {
        let policy = shop::policy(dialect, Some("1 = 1"));
        let plan = guard("SELECT id FROM orders WHERE ABS(id) = 1", &policy, &Parameters::new()).unwrap();
        let row = dialect.written("emporion_row_0 orders").unwrap();
        let expected = format!("(SELECT * FROM {table} AS {row} WHERE (1 = 1) {fence}) AS orders");
        assert!(plan.sql.contains(&expected), "{}", plan.sql);
    }
}

/// Orders of customers in the EU, whose columns are hidden or masked for all else, and the lines of these.
fn following(dialect: Dialect) -> Policy {
    let table = |name: &str, filter: Option<&str>| {
        let (_, columns) = shop::TABLES.iter().find(|(known, _)| *known == name).expect("a table of the shop");
        let shown = |name: &&str| match *name {
            "customer_id" => Column { mask: Some(Mask::Hidden), ..Column::named(*name) },
            "region" => Column { hidden: true, ..Column::named(*name) },
            name => Column::named(name),
        };
        Table {
            name: TableName { schema: Some(shop::schema(dialect).to_owned()), name: name.to_owned() },
            columns: Some(columns.iter().map(shown).collect()),
            filter: filter.map(str::to_owned),
            rows: Some(100),
        }
    };
    let link = |column: &str, to: Table, to_links: Vec<Link>| Link {
        columns: vec![column.to_owned()],
        to,
        to_links,
        to_columns: vec!["id".to_owned()],
    };
    let customers = || table("customers", Some("region = 'EU'"));
    let of_orders = || vec![link("customer_id", customers(), Vec::new())];
    let mut policy = Policy::new(dialect).with_default_schema(shop::schema(dialect));
    policy.allow(customers()).expect("a table");
    policy.allow_linked(table("orders", None), of_orders()).expect("a table");
    let of_lines = vec![link("order_id", table("orders", None), of_orders())];
    policy.allow_linked(table("order_lines", None), of_lines).expect("a table");
    policy
}

#[test]
fn what_refers_to_hidden_rows_is_hidden_however_it_is_asked() {
    let policy = following(Dialect::Sqlite);
    let counted = |sql: &str| {
        let plan = guard(sql, &policy, &Parameters::new()).unwrap_or_else(|refusal| panic!("{refusal}: {sql}"));
        rows(&plan.sql)[0][0].clone()
    };
    let all = "SELECT COUNT(*) FROM orders WHERE customer_id IN (SELECT id FROM customers WHERE region = 'EU')";
    let of_eu = rows(all)[0][0].clone();
    let lines = "SELECT COUNT(*) FROM order_lines WHERE order_id IN (SELECT id FROM orders WHERE customer_id IN \
                 (SELECT id FROM customers WHERE region = 'EU'))";
    assert_ne!(of_eu, rows("SELECT COUNT(*) FROM orders")[0][0]);
    for sql in [
        "SELECT COUNT(*) FROM orders",
        "SELECT COUNT(*) FROM (SELECT * FROM main.orders) o",
        "WITH orders AS (SELECT * FROM orders) SELECT COUNT(*) FROM orders",
        "SELECT COUNT(o.id) FROM orders o FULL JOIN customers c ON c.id = o.id",
        "SELECT COUNT(*) FROM orders WHERE customer_id IS NULL",
    ] {
        assert_eq!(counted(sql), of_eu, "{sql}");
    }
    assert_eq!(counted("SELECT COUNT(*) FROM order_lines"), rows(lines)[0][0]);
    assert_eq!(
        counted("SELECT COUNT(*) FROM order_lines l LEFT JOIN orders o ON o.id = l.order_id WHERE o.id IS NULL"),
        0.into()
    );
}

#[test]
fn links_are_written_in_each_dialect_behind_the_fence() {
    for (dialect, expected) in [
        (
            Dialect::PostgreSql,
            r#"WHERE (("emporion_row_0 orders"."customer_id") IN (SELECT "emporion_linked_0"."id" FROM (SELECT * FROM "public"."customers" AS "emporion_row_1 customers" WHERE ("emporion_row_1 customers".region = 'EU') OFFSET 0) AS "emporion_linked_0")) OFFSET 0"#,
        ),
        (
            Dialect::MySql,
            "WHERE ((`emporion_row_0 orders`.`customer_id`) IN (SELECT `emporion_linked_0`.`id` FROM (SELECT * FROM `shop`.`customers` AS `emporion_row_1 customers` WHERE (`emporion_row_1 customers`.region = 'EU') LIMIT 18446744073709551615) AS `emporion_linked_0`)) LIMIT 18446744073709551615",
        ),
    ] {
        let policy = following(dialect);
        let plan = guard("SELECT COUNT(*) FROM orders", &policy, &Parameters::new()).unwrap();
        assert!(plan.sql.contains(expected), "{}", plan.sql);
        assert!(plan.filtered.iter().any(|table| table.name == "orders"));
    }
}

#[test]
fn a_link_that_cannot_be_written_closes_its_table() {
    let mut policy = Policy::new(Dialect::Sqlite);
    let table = |name: &str| Table {
        name: TableName { schema: None, name: name.to_owned() },
        columns: Some(vec![Column::named("id")]),
        filter: None,
        rows: None,
    };
    for (columns, to_columns) in [(vec![], vec![]), (vec!["id".to_owned()], vec![])] {
        let link = Link { columns, to: table("customers"), to_links: Vec::new(), to_columns };
        assert!(policy.allow_linked(table("orders"), vec![link]).is_err());
    }
    assert!(guard("SELECT 1 FROM orders", &policy, &Parameters::new()).is_err());
}

/// A table that has lost the columns that filters, masks and links read: the source refuses, whatever stands around.
#[test]
fn no_query_around_gives_a_filter_the_columns_that_its_table_lacks() {
    let table = |name: &str, filter: Option<&str>, mask: Option<Mask>| Table {
        name: TableName { schema: Some("main".to_owned()), name: name.to_owned() },
        columns: Some(vec![Column { mask, ..Column::named("gone") }, Column::named("id")]),
        filter: filter.map(str::to_owned),
        rows: Some(100),
    };
    let to = |column: &str, to_column: &str| Link {
        columns: vec![column.to_owned()],
        to: table("customers", None, None),
        to_links: Vec::new(),
        to_columns: vec![to_column.to_owned()],
    };
    let runs = |given: Table, links: Vec<Link>, alias: &str| {
        let mut policy = Policy::new(Dialect::Sqlite).with_default_schema("main");
        policy.allow_linked(given, links).expect("a table");
        let inner = "(SELECT COUNT(*) FROM orders), (SELECT MAX(id) FROM orders), (SELECT MAX(gone) FROM orders)";
        let sql = format!("SELECT {inner} FROM (SELECT 'EU' AS gone) AS {alias}");
        let plan = guard(&sql, &policy, &Parameters::new()).map_err(|refusal| refusal.rule.code())?;
        shop::database().prepare(&plan.sql).map(drop).map_err(|_| "no such column")
    };
    let filtered = || table("orders", Some("gone = 'EU' OR \"gone\" LIKE 'E%'"), None);
    assert_eq!(runs(filtered(), Vec::new(), "x"), Err("no such column"));
    assert_eq!(runs(table("orders", None, Some(Mask::FirstLetters)), Vec::new(), "x"), Err("no such column"));
    for (column, to_column) in [("gone", "id"), ("id", "gone")] {
        let links = vec![to(column, to_column)];
        assert_eq!(runs(table("orders", None, None), links, "x"), Err("no such column"), "{column}");
    }
    for alias in
        ["\"emporion_row_0 orders\"", "[EMPORION_ROW_0 orders]", "emporion_linked_0", "\"emporion_r\u{f6}w_0\""]
    {
        assert_eq!(runs(filtered(), Vec::new(), alias), Err("IDENTIFIER"), "{alias}");
    }
}

#[test]
fn what_is_written_for_links_is_bounded() {
    let table = |name: String| Table {
        name: TableName { schema: None, name },
        columns: Some(["id", "a", "b", "c"].map(Column::named).into()),
        filter: None,
        rows: None,
    };
    fn links(table: &impl Fn(String) -> Table, depth: usize) -> Vec<Link> {
        let columns = if depth == 0 { &[][..] } else { &["a", "b", "c"] };
        let link = |column: &&str| Link {
            columns: vec![(*column).to_owned()],
            to: table(format!("t{}", depth - 1)),
            to_links: links(table, depth - 1),
            to_columns: vec!["id".to_owned()],
        };
        columns.iter().map(link).collect()
    }
    let mut policy = Policy::new(Dialect::PostgreSql);
    policy.allow_linked(table("t3".to_owned()), links(&table, 3)).expect("39 links");
    let refusal = policy.allow_linked(table("t4".to_owned()), links(&table, 4)).unwrap_err();
    assert_eq!(refusal.rule.code(), "TOO_COMPLEX");
}

#[test]
fn limits_are_bounded_and_tell_when_an_answer_is_cut() {
    let policy = shop::policy(Dialect::Sqlite, None).with_max_rows(100);
    let limited = |sql: &str| {
        let plan = guard(sql, &policy, &Parameters::new()).unwrap_or_else(|refusal| panic!("{refusal}: {sql}"));
        (plan.sql.rsplit_once("LIMIT ").expect("a limit").1.to_owned(), plan.limit)
    };
    assert_eq!(limited("SELECT id FROM orders"), ("101".to_owned(), 100));
    assert_eq!(limited("SELECT id FROM orders LIMIT 5"), ("5".to_owned(), 5));
    assert_eq!(limited("SELECT id FROM orders LIMIT 100000"), ("101".to_owned(), 100));
    assert_eq!(limited("SELECT id FROM orders LIMIT -1"), ("101".to_owned(), 100));
    assert_eq!(limited("SELECT id FROM orders LIMIT 5 OFFSET 10"), ("5 OFFSET 10".to_owned(), 5));
    assert_eq!(limited("SELECT id FROM orders LIMIT 10, 5"), ("10, 5".to_owned(), 5));
    assert_eq!(limited("SELECT id FROM orders FETCH FIRST 5 ROWS ONLY"), ("5".to_owned(), 5));
    assert_eq!(limited("(SELECT id FROM orders LIMIT 7)"), ("7".to_owned(), 7));
    assert_eq!(limited("SELECT id FROM orders UNION ALL SELECT id FROM orders"), ("101".to_owned(), 100));
    assert_eq!(limited("SELECT id FROM orders LIMIT 0"), ("0".to_owned(), 0));
}

#[test]
fn parameters_become_literals_that_cannot_break_out() {
    let policy = shop::policy(Dialect::Sqlite, None);
    let mut given = Parameters::new();
    given.insert("status".to_owned(), Literal::Text("' OR 1=1 --\\".to_owned()));
    given.insert("least".to_owned(), Literal::Number("-2.5".to_owned()));
    given.insert("nothing".to_owned(), Literal::Null);
    let plan = guard(
        "SELECT id FROM orders WHERE status = :status AND amount - :least > 0 AND :nothing IS NULL",
        &policy,
        &given,
    )
    .unwrap();
    assert!(
        plan.sql.contains("status = ''' OR 1=1 --\\'")
            && plan.sql.contains("amount - (-2.5) > 0")
            && plan.sql.contains("NULL IS NULL"),
        "{}",
        plan.sql
    );
    assert_eq!(plan.parameters, ["status", "least", "nothing"]);
    given.insert("least".to_owned(), Literal::Number("1; DROP TABLE orders".to_owned()));
    assert_eq!(guard("SELECT :least", &policy, &given).unwrap_err().rule.code(), "PARAMETER");
    given.insert("n".to_owned(), Literal::Number("3".to_owned()));
    assert_eq!(guard("SELECT id FROM orders LIMIT :n", &policy, &given).unwrap().limit, 3);
}

#[test]
fn text_is_printed_so_that_no_server_reads_it_otherwise() {
    // Each of these ends a string early where backslashes and doubled quotes are confused.
    let printed =
        |sql: &str, dialect| shop::decide(sql, dialect).unwrap_or_else(|refusal| panic!("{refusal}: {sql}")).sql;
    assert_eq!(
        printed(r"SELECT '\\', ' , (SELECT word FROM secrets) -- '", Dialect::MySql),
        r"SELECT '\\', ' , (SELECT word FROM secrets) -- ' LIMIT 10001"
    );
    assert_eq!(printed(r"SELECT 'a\'b'", Dialect::MySql), r"SELECT 'a''b' LIMIT 10001");
    assert_eq!(printed(r"SELECT '\''' , 'x'", Dialect::PostgreSql), r"SELECT '\''', 'x' LIMIT 10001");
    assert_eq!(printed(r"SELECT E'a\'b\\'", Dialect::PostgreSql), r"SELECT 'a''b\' LIMIT 10001");
    assert_eq!(printed("SELECT $$it's$$", Dialect::PostgreSql), "SELECT 'it''s' LIMIT 10001");
    assert_eq!(printed("SELECT 'a''''b'", Dialect::Sqlite), "SELECT 'a''''b' LIMIT 10001");
    assert_eq!(printed("SELECT - -1, 1 - -1 /* x */ -- y", Dialect::Sqlite), "SELECT -(-1), 1 - -1 LIMIT 10001");
}

#[test]
fn a_row_filter_is_a_plain_condition_over_the_tables_own_columns() {
    let columns: Vec<Column> = ["id", "region"].map(Column::named).to_vec();
    let check = |filter: &str| {
        let checked = Policy::check_filter(Dialect::Sqlite, Some(&columns), &[], filter);
        checked.map(|_| ()).map_err(|refusal| refusal.rule.code())
    };
    assert_eq!(check("region IN ('EU')"), Ok(()));
    assert_eq!(check("region = 'EU' OR (id > 5 AND lower(region) LIKE 'u%')"), Ok(()));
    assert_eq!(check("other = 1"), Err("UNKNOWN_COLUMN"));
    assert_eq!(check("id IN (SELECT id FROM orders)"), Err("UNSUPPORTED"));
    assert_eq!(check("1 = 1) OR (1 = 1"), Err("SYNTAX"));
    assert_eq!(check("1 = 1; DROP TABLE orders"), Err("MULTIPLE_STATEMENTS"));
    assert_eq!(check("load_extension('x')"), Err("FUNCTION_NOT_ALLOWED"));
    assert_eq!(check("id = :me"), Err("PARAMETER"));
    assert_eq!(check(""), Err("SYNTAX"));
    assert_eq!(check("id = 1 -- x"), Ok(()));
    assert_eq!(check(&format!("id = 1{}", " OR id = 1".repeat(1_000))), Err("TOO_LONG"));
}

#[test]
fn a_row_filter_looks_at_one_row_and_is_true_or_false() {
    let columns: Vec<Column> = ["id", "region", "active"].map(Column::named).to_vec();
    let booleans = ["active".to_owned()];
    for dialect in [Dialect::Sqlite, Dialect::PostgreSql, Dialect::MySql] {
        let check = |filter: &str| Policy::check_filter(dialect, Some(&columns), &booleans, filter);
        for good in [
            "active",
            "NOT active AND (id > 1 OR active IS NULL)",
            "TRUE",
            "coalesce(active, id = 1)",
            "CASE WHEN id = 1 THEN active ELSE false END",
            "region LIKE 'E%' AND id BETWEEN 1 AND 2",
        ] {
            assert!(check(good).is_ok(), "{dialect:?}: {good}: {:?}", check(good));
        }
        for bad in [
            "count(*) > 1",
            "sum(id) = 1",
            "max(id) = 1",
            "id = 1 AND row_number() > 1",
            "id > avg(id) OVER (PARTITION BY region)",
            "rank() OVER (ORDER BY id) < 3",
            "lag(id) = 1",
            "region",
            "id = 1 OR region",
            "NOT region",
            "(id)",
            "1",
            "'x'",
            "id + 1",
            "lower(region)",
            "coalesce(region, 'x')",
            "CASE WHEN id = 1 THEN region ELSE 'x' END",
            "(id, 1)",
        ] {
            let rule = check(bad).map_err(|refusal| refusal.rule.code());
            assert_eq!(rule, Err("UNSUPPORTED"), "{dialect:?}: {bad}");
        }
    }
    assert!(Policy::check_filter(Dialect::Sqlite, Some(&columns), &[], "max(id, 1) = 1").is_ok());
    assert!(Policy::check_filter(Dialect::Sqlite, Some(&columns), &[], "region REGEXP '^E'").is_ok());
    assert!(Policy::check_filter(Dialect::PostgreSql, None, &[], "doc ? 'a' AND doc @? '$.b'").is_ok());
    let several = Policy::check_filter(Dialect::PostgreSql, None, &[], "unnest(tags) = 'a'").unwrap_err();
    assert_eq!(several.rule.code(), "UNSUPPORTED");
}

#[test]
fn a_row_filter_is_printed_without_comments() {
    let print = |dialect: Dialect, filter: &str| Policy::check_filter(dialect, None, &[], filter).unwrap();
    assert_eq!(print(Dialect::Sqlite, "region='EU' -- x"), "region = 'EU'");
    assert_eq!(print(Dialect::PostgreSql, "a /* ) */ = 1 -- )\n and b = 'it''s' -- x"), "a = 1 AND b = 'it''s'");
    assert_eq!(print(Dialect::MySql, r"a = '\\' # x"), r"a = '\\'");
    assert_eq!(print(Dialect::PostgreSql, r#""Odd -- name" = '-- x'"#), r#""Odd -- name" = '-- x'"#);
    // What was printed is printed the same again.
    for text in ["a - -1 = 2", "a = E'\\'' OR NOT (b AND c > 1)", "a IN (1, 2) AND b::text = 'x'"] {
        let columns = ["b".to_owned()];
        let once = Policy::check_filter(Dialect::PostgreSql, None, &columns, text).unwrap();
        assert_eq!(Policy::check_filter(Dialect::PostgreSql, None, &columns, &once).unwrap(), once);
    }
}

#[test]
fn two_schemas_with_one_table_name_need_the_schema() {
    let mut policy = Policy::new(Dialect::PostgreSql);
    for schema in ["a", "b"] {
        let name = TableName { schema: Some(schema.to_owned()), name: "t".to_owned() };
        policy.allow(Table { name, columns: None, filter: None, rows: None }).unwrap();
    }
    let rule = |sql: &str| guard(sql, &policy, &Parameters::new()).map_err(|refusal| refusal.rule.code());
    assert_eq!(rule("SELECT 1 FROM t").unwrap_err(), "AMBIGUOUS_NAME");
    assert!(rule("SELECT x FROM b.t").is_ok());
    assert!(rule("SELECT u.x, v.x FROM a.t u JOIN b.t v ON u.x = v.x").is_ok());
}

#[test]
fn the_tables_below_a_view_are_found() {
    let names = |sql: &str, dialect| {
        tables_read(sql, dialect)
            .into_iter()
            .map(|table| (table.schema.unwrap_or_default(), table.name))
            .collect::<Vec<_>>()
    };
    let pair = |schema: &str, name: &str| (schema.to_owned(), name.to_owned());
    assert_eq!(
        names("CREATE VIEW v AS WITH x AS (SELECT * FROM a.t) SELECT * FROM x JOIN Orders o ON 1 = 1", Dialect::Sqlite),
        [pair("", "Orders"), pair("a", "t")]
    );
    assert_eq!(
        names("SELECT pg_sleep(1) FROM \"S\".\"T\", lower.Case", Dialect::PostgreSql),
        [pair("S", "T"), pair("lower", "case")]
    );
    assert!(names("not sql at all", Dialect::MySql).is_empty());
}

#[test]
fn estimates_are_read_from_each_servers_plan() {
    let postgresql = json!([{"Plan": {"Node Type": "Nested Loop", "Plan Rows": 10, "Plan Width": 8, "Plans": [
        {"Node Type": "Seq Scan", "Plan Rows": 1000, "Plan Width": 8}, {"Node Type": "Seq Scan", "Plan Rows": 100_000, "Plan Width": 8}]}}]);
    assert_eq!(Estimate::of_json(&postgresql).rows, 100_001_010);
    let mariadb = json!({"query_block": {"table": {"table_name": "t", "rows": 500, "filtered": 100}}});
    assert_eq!(Estimate::of_json(&mariadb).rows, 500);
    let nested = json!({"query_block": {"nested_loop": [{"table": {"rows": 1000, "filtered": 100}}, {"table": {"rows": 100_000, "filtered": 100}}]}});
    assert_eq!(Estimate::of_json(&nested).rows, 100_001_000);
    assert_eq!(Estimate::of_json(&nested).check(CostLimits::default()).unwrap_err().rule.code(), "COST_LIMIT");
    let policy = shop::policy(Dialect::Sqlite, None);
    let plan = shop::decide("SELECT a.id FROM orders a JOIN orders b ON a.note = b.note", Dialect::Sqlite).unwrap();
    let rows = |steps: &[(i64, i64, &str)]| {
        let step = |(id, parent, text): &(i64, i64, &str)| Step { id: *id, parent: *parent, text: (*text).to_owned() };
        Estimate::of_steps(&steps.iter().map(step).collect::<Vec<_>>(), &Sizes::of(&plan, &policy)).rows
    };
    assert_eq!(rows(&[(3, 0, "SCAN a"), (5, 0, "SCAN b")]), 10_000_100_000);
    // Behind a row filter the table is read once, and what comes out of it is joined.
    assert_eq!(rows(&[(2, 0, "CO-ROUTINE orders"), (7, 2, "SCAN orders"), (19, 0, "SCAN orders")]), 100_000);
    let joined = [(3, 0, "MATERIALIZE a"), (9, 3, "SCAN orders"), (45, 0, "SCAN a"), (62, 0, "SCAN b")];
    assert_eq!(rows(&joined), 10_000_100_000);
    // What a function makes of each row's value is little, whatever the table has.
    assert_eq!(rows(&[(3, 0, "SCAN a"), (6, 0, "SCAN j VIRTUAL TABLE INDEX 1:")]), 10_100_000);
    let series = ["SCAN s VIRTUAL TABLE INDEX 3:"; 4];
    let series: Vec<_> = series.iter().map(|step| (3, 0, *step)).collect();
    assert!(rows(&series) > CostLimits::default().rows, "four series side by side");
    let correlated = [(3, 0, "SCAN a"), (8, 0, "CORRELATED SCALAR SUBQUERY 1"), (12, 8, "SCAN b")];
    assert_eq!(rows(&correlated), 10_000_100_000);
    assert_eq!(rows(&[(3, 0, "SCAN a"), (8, 0, "SCALAR SUBQUERY 1"), (12, 8, "SCAN b")]), 200_000);
    assert!(Estimate::question(&plan, Dialect::Sqlite).starts_with("EXPLAIN QUERY PLAN SELECT"));
}

fn masked(dialect: Dialect, filter: Option<&str>) -> Policy {
    let mut policy = Policy::new(dialect);
    let mask = |name: &str| match name {
        "name" => Some(Mask::FirstLetters),
        "email" => Some(Mask::Hashed(HashKey::of(&[0xab]))),
        "region" => Some(Mask::Hidden),
        "born" => Some(Mask::Year(Time::Day)),
        _ => None,
    };
    let columns = ["id", "name", "email", "region", "born"];
    let columns = columns.map(|name| Column { mask: mask(name), ..Column::named(name) });
    let name = TableName { schema: None, name: "customers".to_owned() };
    let filter = filter.map(str::to_owned);
    policy.allow(Table { name, columns: Some(columns.into()), filter, rows: Some(100) }).expect("a table");
    policy
}

#[test]
fn a_masked_column_is_read_as_its_mask_and_by_nothing_else() {
    for (dialect, parts) in [
        (
            Dialect::PostgreSql,
            ["SHA256(CONVERT_TO('ab' ||", "LEFT(CAST({row}.\"name\" AS TEXT)", "DATE_TRUNC('year', {row}.\"born\")"],
        ),
        (Dialect::MySql, ["SHA2(CONCAT('ab'", "LEFT(CAST({row}.`name` AS CHAR)", "MAKEDATE(YEAR({row}.`born`), 1)"]),
        (
            Dialect::Sqlite,
            [
                "emporion_hash('ab', {row}.\"email\")",
                "SUBSTR(CAST({row}.\"name\" AS TEXT)",
                "SUBSTR({row}.\"born\", 1, 4)",
            ],
        ),
    ] {
        for filter in [None, Some("email = 'x'")] {
            let policy = masked(dialect, filter);
            let sql = "SELECT email, COUNT(*) FROM customers WHERE name = 'x' GROUP BY email ORDER BY email";
            let plan =
                guard(sql, &policy, &Parameters::new()).unwrap_or_else(|refusal| panic!("{dialect:?}: {refusal}"));
            for part in parts.iter().chain(&["CASE WHEN false THEN"]) {
                let part = part.replace("{row}", &dialect.written("emporion_row_0 customers").unwrap());
                let found = plan.sql.to_ascii_lowercase().contains(&part.to_ascii_lowercase());
                assert!(found, "{dialect:?}: {part} in {}", plan.sql);
            }
        }
        for sql in ["SELECT emporion_hash('ab', 'x')", "SELECT EMPORION_HASH('ab', email) FROM customers"] {
            guard(sql, &masked(dialect, None), &Parameters::new()).expect_err(sql);
        }
    }
    assert!(!format!("{:?}", masked(Dialect::Sqlite, None)).contains("\"ab\""), "keys stay out of logs");
}

#[test]
fn masks_keep_short_texts_whole_and_filters_read_values() {
    let filter = "email LIKE '%1%'";
    let mut policy = Policy::new(Dialect::Sqlite);
    let mask = |name: &str| (name == "email").then_some(Mask::FirstLetters);
    let columns = shop::TABLES.iter().find(|(name, _)| *name == "customers").expect("customers").1;
    let columns = columns.iter().map(|name| Column { mask: mask(name), ..Column::named(*name) }).collect();
    let name = TableName { schema: Some("main".to_owned()), name: "customers".to_owned() };
    let filter = Some(filter.to_owned());
    policy.allow(Table { name, columns: Some(columns), filter, rows: Some(100) }).expect("a table");
    let all = |sql: &str| rows(&guard(sql, &policy, &Parameters::new()).expect(sql).sql);
    let shown = all("SELECT DISTINCT email FROM customers WHERE email IS NOT NULL");
    assert!(!shown.is_empty());
    for row in shown {
        let rusqlite::types::Value::Text(text) = &row[0] else { panic!("{row:?}") };
        assert!(text.ends_with("***") && text.len() <= 6, "{text}");
    }
    assert!(all("SELECT 1 FROM customers WHERE email LIKE '%.%'").is_empty());
}
