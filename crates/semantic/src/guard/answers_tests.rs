use super::Answer::{Binary, Number, Stored, Text};
use super::*;

fn of(sql: &str) -> Option<Vec<Option<Answer>>> {
    let columns = |columns: &[(&str, Option<Answer>)]| -> Columns {
        columns.iter().map(|(name, answer)| ((*name).to_owned(), *answer)).collect()
    };
    let tables = Tables::from([
        ("orders".to_owned(), columns(&[("id", Some(Stored("INT"))), ("placed", Some(Stored("DATE")))])),
        ("sales".to_owned(), columns(&[("region", Some(Stored("TEXT"))), ("net", Some(Number))])),
    ]);
    answers(sql, &tables)
}

fn one(sql: &str) -> Option<Answer> {
    let all = of(&format!("SELECT {sql} FROM orders o")).expect("columns");
    assert_eq!(all.len(), 1, "{sql}");
    all[0]
}

#[test]
fn expressions_answer_what_their_form_says() {
    for (sql, answer) in [
        ("COUNT(*)", Some(Number)),
        ("SUM(id) / 2.0", Some(Number)),
        ("-id", Some(Number)),
        ("id > 3 AND placed IS NULL", Some(Number)),
        ("ROUND(AVG(id), 2)", Some(Number)),
        ("ROW_NUMBER() OVER (ORDER BY id)", Some(Number)),
        ("id || 'x'", Some(Text)),
        ("UPPER('x')", Some(Text)),
        ("CURRENT_DATE", Some(Text)),
        ("x'41'", Some(Binary)),
        ("MAX(o.placed)", Some(Stored("DATE"))),
        ("COALESCE(SUM(id), 0)", Some(Number)),
        ("LAG(id, 1, 0) OVER (ORDER BY id)", Some(Stored("INT"))),
        ("CASE WHEN id = 1 THEN 2 ELSE NULL END", Some(Number)),
        ("CASE WHEN id = 1 THEN 2 ELSE 'many' END", None),
        ("IIF(id = 1, 'one', 'many')", Some(Text)),
        ("CAST(id AS TEXT)", Some(Text)),
        ("CAST('1' AS DECIMAL(3))", Some(Number)),
        ("(SELECT COUNT(*) FROM sales)", Some(Number)),
        ("json_extract('{}', '$.a')", None),
        ("nothing", None),
        ("NULL", None),
    ] {
        assert_eq!(one(sql), answer, "{sql}");
    }
}

#[test]
fn names_lead_to_what_they_stand_for() {
    let day = Some(Stored("DATE"));
    for (sql, answers) in [
        ("SELECT * FROM sales", vec![Some(Stored("TEXT")), Some(Number)]),
        ("SELECT n FROM (SELECT COUNT(*) AS n FROM orders) x", vec![Some(Number)]),
        ("WITH x(a, b) AS (SELECT placed, COUNT(*) FROM orders GROUP BY 1) SELECT b, a, x.* FROM x", {
            vec![Some(Number), day, day, Some(Number)]
        }),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n", vec![Some(Number)]),
        ("SELECT s.net, o.placed FROM main.orders o LEFT JOIN \"main\".\"sales\" AS s ON 1", vec![Some(Number), day]),
        ("WITH sales AS (SELECT 'x' AS net) SELECT net FROM sales", vec![Some(Text)]),
        ("CREATE VIEW v AS SELECT COUNT(*), MIN(placed) FROM orders", vec![Some(Number), day]),
        ("SELECT placed FROM orders UNION SELECT 'never'", vec![None]),
        ("VALUES (1, 'a')", vec![Some(Number), Some(Text)]),
    ] {
        assert_eq!(of(sql), Some(answers), "{sql}");
    }
}

#[test]
fn what_is_not_known_is_not_guessed() {
    for sql in [
        "SELECT * FROM elsewhere",
        "SELECT * FROM json_each('[]')",
        "SELECT * FROM orders JOIN sales USING (id)",
        "DROP TABLE orders",
        "SELECT",
    ] {
        assert_eq!(of(sql), None, "{sql}");
    }
}

#[test]
fn no_statement_makes_endless_columns() {
    let mut sql = "WITH a0 AS (SELECT * FROM orders)".to_owned();
    for n in 1..60 {
        sql += &format!(", a{n} AS (SELECT x.*, y.* FROM a{p} x, a{p} y)", p = n - 1);
    }
    assert_eq!(of(&format!("{sql} SELECT * FROM a59")), None);
}
