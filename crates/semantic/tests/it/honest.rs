//! Statements that people write: accepted by the guard, and their rows are those of the statement as it was typed.

use emporion_semantic::guard::{Dialect, Parameters, guard};

use crate::shop;

const HONEST: &[&str] = &[
    "SELECT 1",
    "SELECT 1 AS one, 'two' AS two, NULL AS three",
    "SELECT * FROM orders",
    "SELECT * FROM orders WHERE status = 'open'",
    "SELECT id, amount FROM orders ORDER BY amount DESC LIMIT 5",
    "SELECT id AS \"Order Id\" FROM orders ORDER BY \"Order Id\" LIMIT 3",
    "SELECT COUNT(*) FROM orders",
    "SELECT COUNT(DISTINCT customer_id) FROM orders",
    "SELECT SUM(amount), AVG(amount), MIN(amount), MAX(amount) FROM orders",
    "SELECT status, COUNT(*) AS n FROM orders GROUP BY status ORDER BY n DESC, status",
    "SELECT status, SUM(amount) AS s FROM orders GROUP BY status HAVING SUM(amount) > 100 ORDER BY s",
    "SELECT strftime('%Y-%m', order_date) AS month, SUM(amount) FROM orders GROUP BY month ORDER BY month",
    "SELECT strftime('%Y', order_date) AS y, COUNT(*) FROM orders GROUP BY 1 ORDER BY 1",
    "SELECT c.region, SUM(o.amount) AS net_sales FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.region ORDER BY net_sales DESC",
    "SELECT c.name, o.id FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id AND o.status = 'open' ORDER BY c.id, o.id",
    "SELECT c.name FROM customers c LEFT OUTER JOIN orders o ON o.customer_id = c.id WHERE o.id IS NULL",
    "SELECT o.id FROM orders o INNER JOIN order_lines l ON l.order_id = o.id INNER JOIN products p ON p.id = l.product_id WHERE p.category = 'toy' ORDER BY 1",
    "SELECT o.id, p.title FROM orders o, order_lines l, products p WHERE l.order_id = o.id AND p.id = l.product_id ORDER BY o.id, p.title LIMIT 20",
    "SELECT * FROM orders JOIN products USING (id) ORDER BY id",
    "SELECT orders.id, products.title FROM orders NATURAL JOIN products ORDER BY 1",
    "SELECT p.title, x.n FROM products p CROSS JOIN (SELECT COUNT(*) AS n FROM orders) x ORDER BY p.id",
    "SELECT o.id, o.amount / t.total FROM orders o CROSS JOIN (SELECT SUM(amount) AS total FROM orders) t ORDER BY o.id LIMIT 10",
    "SELECT a.title, b.title FROM products a, products b WHERE a.id < b.id ORDER BY a.id, b.id",
    "SELECT a.title, b.title FROM products a CROSS JOIN products b ORDER BY a.id, b.id LIMIT 7",
    "SELECT e.name, m.name AS manager FROM employees e LEFT JOIN employees m ON m.id = e.manager_id ORDER BY e.id",
    "SELECT id FROM orders WHERE amount > 100 AND amount < 200 ORDER BY id",
    "SELECT id FROM orders WHERE amount BETWEEN 100 AND 200 ORDER BY id",
    "SELECT id FROM orders WHERE amount NOT BETWEEN 10 AND 440 ORDER BY id",
    "SELECT id FROM orders WHERE status IN ('open', 'paid') AND id NOT IN (1, 2, 3) ORDER BY id LIMIT 9",
    "SELECT id FROM orders WHERE note IS NULL ORDER BY id",
    "SELECT id FROM orders WHERE note IS NOT NULL AND note LIKE '%quoted%' ORDER BY id LIMIT 4",
    "SELECT id FROM orders WHERE note LIKE '%\\%' ESCAPE '!' ORDER BY id LIMIT 4",
    "SELECT name FROM customers WHERE name LIKE 'Customer 1_' ORDER BY name",
    "SELECT name FROM customers WHERE name GLOB 'Customer 1*' ORDER BY name",
    "SELECT name FROM customers WHERE NOT (region = 'EU' OR region = 'US') ORDER BY id",
    "SELECT COALESCE(region, 'none') AS r, COUNT(*) FROM customers GROUP BY r ORDER BY r",
    "SELECT IFNULL(region, '?'), NULLIF(region, 'EU') FROM customers ORDER BY id",
    "SELECT CASE WHEN amount > 200 THEN 'big' WHEN amount > 100 THEN 'middle' ELSE 'small' END AS size, COUNT(*) FROM orders GROUP BY size ORDER BY size",
    "SELECT CASE status WHEN 'open' THEN 1 ELSE 0 END FROM orders ORDER BY id LIMIT 8",
    "SELECT iif(amount > 100, 'a', 'b') FROM orders ORDER BY id LIMIT 60",
    "SELECT SUM(CASE WHEN status = 'open' THEN amount ELSE 0 END) / SUM(amount) FROM orders",
    "SELECT COUNT(*) FILTER (WHERE status = 'open') FROM orders",
    "SELECT ROUND(AVG(amount), 2), ABS(-5), 7 % 3, 7 / 2, 7.0 / 2 FROM orders",
    "SELECT UPPER(name), LOWER(name), LENGTH(name), SUBSTR(name, 1, 3), TRIM(name), REPLACE(name, 'C', 'K') FROM customers ORDER BY id LIMIT 5",
    "SELECT name || ' <' || email || '>' FROM customers ORDER BY id LIMIT 5",
    "SELECT CAST(amount AS INTEGER), CAST(id AS TEXT), CAST(amount AS REAL) FROM orders ORDER BY id LIMIT 5",
    "SELECT date(order_date, '+1 month'), julianday(order_date) FROM orders ORDER BY id LIMIT 5",
    "SELECT printf('%.2f', amount) FROM orders ORDER BY id LIMIT 5",
    "SELECT id FROM orders WHERE order_date >= '2026-03-01' AND order_date < '2026-04-01' ORDER BY id",
    "SELECT id FROM orders WHERE order_date > date('2026-05-01', '-7 days') ORDER BY id LIMIT 3",
    "SELECT id FROM orders WHERE customer_id IN (SELECT id FROM customers WHERE region = 'EU') ORDER BY id",
    "SELECT id FROM orders WHERE customer_id NOT IN (SELECT id FROM customers WHERE region = 'EU') ORDER BY id",
    "SELECT name FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.amount > 400) ORDER BY name",
    "SELECT name FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.status = 'open') ORDER BY name",
    "SELECT name, (SELECT COUNT(*) FROM orders o WHERE o.customer_id = c.id) AS n FROM customers c ORDER BY n DESC, c.id",
    "SELECT name, (SELECT MAX(amount) FROM orders WHERE customer_id = customers.id) FROM customers ORDER BY id",
    "SELECT id FROM orders WHERE amount > (SELECT AVG(amount) FROM orders) ORDER BY id",
    "SELECT id FROM orders WHERE amount = (SELECT MAX(amount) FROM orders)",
    "SELECT * FROM (SELECT customer_id, SUM(amount) AS s FROM orders GROUP BY customer_id) t WHERE t.s > 500 ORDER BY t.s",
    "SELECT t.s FROM (SELECT customer_id, SUM(amount) AS s FROM orders GROUP BY customer_id) AS t JOIN customers c ON c.id = t.customer_id ORDER BY 1",
    "SELECT AVG(s) FROM (SELECT SUM(amount) AS s FROM orders GROUP BY customer_id)",
    "SELECT x.* FROM (SELECT id, amount FROM orders) x ORDER BY x.id LIMIT 3",
    "SELECT o.*, c.name FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.id LIMIT 3",
    "WITH big AS (SELECT * FROM orders WHERE amount > 300) SELECT COUNT(*) FROM big",
    "WITH big AS (SELECT * FROM orders WHERE amount > 300), eu AS (SELECT * FROM customers WHERE region = 'EU') SELECT big.id, eu.name FROM big JOIN eu ON eu.id = big.customer_id ORDER BY big.id",
    "WITH t(a, b) AS (SELECT id, amount FROM orders) SELECT SUM(b) FROM t WHERE a < 10",
    "WITH a AS (SELECT id FROM orders), b AS (SELECT id FROM a WHERE id > 5) SELECT COUNT(*) FROM b",
    "WITH a AS (SELECT 1 AS n), b AS (SELECT n + 1 AS n FROM a) SELECT a.n, b.n FROM a, b",
    "WITH totals AS (SELECT customer_id, SUM(amount) AS total FROM orders GROUP BY customer_id) SELECT c.name, t.total FROM totals t JOIN customers c ON c.id = t.customer_id ORDER BY t.total DESC LIMIT 5",
    "WITH months AS (SELECT strftime('%m', order_date) AS m, SUM(amount) AS s FROM orders GROUP BY m) SELECT a.m, a.s, b.s AS previous FROM months a LEFT JOIN months b ON CAST(b.m AS INTEGER) = CAST(a.m AS INTEGER) - 1 ORDER BY a.m",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT i FROM n",
    "WITH RECURSIVE chain(id, name, depth) AS (SELECT id, name, 0 FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.name, c.depth + 1 FROM employees e JOIN chain c ON e.manager_id = c.id WHERE c.depth < 10) SELECT * FROM chain ORDER BY depth, id",
    "WITH RECURSIVE days(d) AS (SELECT '2026-01-01' UNION ALL SELECT date(d, '+1 day') FROM days WHERE d < '2026-01-10') SELECT d, COUNT(o.id) FROM days LEFT JOIN orders o ON o.order_date = d GROUP BY d ORDER BY d",
    "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n LIMIT 5) SELECT i FROM n",
    "SELECT id FROM orders WHERE id < 3 UNION SELECT id FROM customers WHERE id < 5 ORDER BY id",
    "SELECT id FROM orders WHERE id < 3 UNION ALL SELECT id FROM customers WHERE id < 5 ORDER BY id",
    "SELECT id FROM orders INTERSECT SELECT id FROM products ORDER BY id",
    "SELECT id FROM customers EXCEPT SELECT customer_id FROM orders WHERE amount > 200 ORDER BY id",
    "SELECT 'order' AS kind, id FROM orders WHERE id = 1 UNION ALL SELECT 'customer', id FROM customers WHERE id = 1",
    "SELECT id FROM orders WHERE id < 3 UNION ALL SELECT id FROM orders WHERE id > 198 ORDER BY 1 DESC LIMIT 3",
    "SELECT id, ROW_NUMBER() OVER (ORDER BY amount DESC) AS rn FROM orders ORDER BY rn LIMIT 5",
    "SELECT id, customer_id, RANK() OVER (PARTITION BY customer_id ORDER BY amount DESC) AS r FROM orders ORDER BY customer_id, r",
    "SELECT id, SUM(amount) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM orders ORDER BY id LIMIT 10",
    "SELECT id, amount - LAG(amount) OVER (ORDER BY id) AS delta FROM orders ORDER BY id LIMIT 10",
    "SELECT id, LEAD(amount, 2, 0) OVER (PARTITION BY status ORDER BY id) FROM orders ORDER BY id LIMIT 10",
    "SELECT id, AVG(amount) OVER (ORDER BY id ROWS 2 PRECEDING) FROM orders ORDER BY id LIMIT 10",
    "SELECT id, SUM(amount) OVER w, COUNT(*) OVER w FROM orders WINDOW w AS (PARTITION BY status ORDER BY id) ORDER BY id LIMIT 10",
    "SELECT id, NTILE(4) OVER (ORDER BY amount), PERCENT_RANK() OVER (ORDER BY amount) FROM orders ORDER BY id",
    "SELECT * FROM (SELECT id, customer_id, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY order_date DESC) AS rn FROM orders) WHERE rn = 1 ORDER BY id",
    "SELECT id, FIRST_VALUE(id) OVER (PARTITION BY customer_id ORDER BY amount DESC) FROM orders ORDER BY id",
    "SELECT status, SUM(SUM(amount)) OVER () FROM orders GROUP BY status ORDER BY status",
    "SELECT DISTINCT status FROM orders ORDER BY status",
    "SELECT DISTINCT region, country FROM customers ORDER BY region, country",
    "SELECT GROUP_CONCAT(name, '; ') FROM customers WHERE id < 5",
    "SELECT region, GROUP_CONCAT(DISTINCT country) FROM customers GROUP BY region ORDER BY region",
    "SELECT TOTAL(amount) FROM orders WHERE id < 0",
    "SELECT id FROM orders ORDER BY note DESC, id ASC LIMIT 10 OFFSET 5",
    "SELECT id FROM orders ORDER BY id LIMIT 5, 10",
    "SELECT id FROM orders ORDER BY note NULLS FIRST, id LIMIT 40",
    "SELECT id FROM orders ORDER BY amount * -1 LIMIT 5",
    "SELECT name FROM customers ORDER BY name COLLATE NOCASE LIMIT 5",
    "SELECT id FROM orders WHERE lower(status) = 'open' ORDER BY id LIMIT 5",
    "SELECT \"A value\" FROM \"Odd Name\" ORDER BY id",
    "SELECT [A value] FROM [Odd Name] ORDER BY id",
    "SELECT `A value` AS v FROM `Odd Name` n ORDER BY n.id",
    "SELECT \"Odd Name\".\"A value\" FROM \"Odd Name\" WHERE \"Odd Name\".id = 2",
    "SELECT main.orders.id FROM main.orders ORDER BY 1 LIMIT 3",
    "SELECT o.id FROM main.orders o JOIN main.customers c ON c.id = o.customer_id ORDER BY o.id LIMIT 3",
    "SELECT Orders.Id FROM ORDERS ORDER BY orders.ID LIMIT 3",
    "select id from orders where status = 'open' order by id limit 3",
    "SELECT id -- the key\n FROM orders /* all of them */ ORDER BY id",
    "SELECT id FROM orders ORDER BY id;",
    "SELECT 'it''s', 'semi;colon', '-- no comment', '/* nor this */', 'back\\slash'",
    "SELECT x.a, x.b FROM (SELECT 1 AS a, 2 AS b UNION ALL SELECT 3, 4) x ORDER BY a",
    "SELECT column1 + 1 FROM (VALUES (1), (2), (3))",
    "SELECT v.column1, o.amount FROM (VALUES (1), (2)) v JOIN orders o ON o.id = v.column1 ORDER BY 1",
    "SELECT json_extract('{\"a\": {\"b\": 5}}', '$.a.b')",
    "SELECT '{\"a\": 5}' ->> 'a', '{\"a\": 5}' -> '$.a'",
    "SELECT value FROM json_each('[1, 2, 3]')",
    "SELECT o.id, j.value FROM orders o, json_each('[1, 2]') j WHERE o.id < 3 ORDER BY 1, 2",
    "SELECT +1, -1, ~1, NOT 1, - -1, 6 & 3, 6 | 1",
    "SELECT 1 = 1, 1 <> 2, 1 != 2, 1 == 1, 'a' < 'b', NULL IS NULL",
    "SELECT 1e3, 1.5, .5, x'4142', 0x10",
    "SELECT (SELECT COUNT(*) FROM orders) AS orders, (SELECT COUNT(*) FROM customers) AS customers",
    "SELECT c.region, COUNT(DISTINCT o.id) AS orders, SUM(l.quantity * l.price) AS turnover FROM customers c JOIN orders o ON o.customer_id = c.id JOIN order_lines l ON l.order_id = o.id GROUP BY c.region HAVING COUNT(DISTINCT o.id) > 1 ORDER BY turnover DESC",
    "SELECT p.category, strftime('%Y-%m', o.order_date) AS month, SUM(l.quantity) AS sold FROM order_lines l JOIN orders o ON o.id = l.order_id JOIN products p ON p.id = l.product_id WHERE o.status = 'paid' GROUP BY p.category, month ORDER BY month, p.category",
    "SELECT (o.amount > 100) AS big, COUNT(*) FROM orders o GROUP BY big ORDER BY big",
    "SELECT id FROM orders WHERE (id, customer_id) IN (SELECT order_id, line + 1 FROM order_lines) ORDER BY id",
    "SELECT max(id, customer_id), min(amount, 5) FROM orders ORDER BY id LIMIT 5",
    "SELECT e.id, e.name FROM employees e ORDER BY e.id",
    "SELECT a.id FROM orders a JOIN orders b ON b.id = a.id + 1 AND b.amount > a.amount ORDER BY a.id LIMIT 5",
    "SELECT id FROM (SELECT id FROM (SELECT id FROM (SELECT id FROM orders WHERE id < 10))) ORDER BY id",
    "SELECT orders FROM (SELECT COUNT(*) AS orders FROM orders)",
    "SELECT status FROM orders GROUP BY status HAVING COUNT(*) > 60 AND MIN(amount) < 5 ORDER BY COUNT(*)",
    "SELECT 1 WHERE 1 = 1",
    "SELECT id, amount FROM orders WHERE id % 50 = 0 ORDER BY 2 DESC",
    "SELECT ABS(amount - 100) AS distance FROM orders ORDER BY distance LIMIT 1",
    "SELECT date('2026-01-31', 'start of month', '+1 month', '-1 day')",
];

fn rows(db: &rusqlite::Connection, sql: &str) -> Result<Vec<Vec<rusqlite::types::Value>>, rusqlite::Error> {
    let mut statement = db.prepare(sql)?;
    let width = statement.column_count();
    let rows = statement.query_map([], |row| (0..width).map(|at| row.get(at)).collect())?;
    rows.collect()
}

#[test]
fn honest_statements_give_the_same_rows_with_and_without_a_filter() {
    let db = shop::database();
    let bare = shop::policy(Dialect::Sqlite, None);
    let trivial = shop::policy(Dialect::Sqlite, Some("1 = 1"));
    let mut wrong = Vec::new();
    for sql in HONEST {
        let expected = rows(&db, sql).unwrap_or_else(|error| panic!("not SQLite: {error}: {sql}"));
        for policy in [&bare, &trivial] {
            match guard(sql, policy, &Parameters::new()) {
                Err(refusal) => wrong.push(format!("{refusal}: {sql}")),
                Ok(plan) => match rows(&db, &plan.sql) {
                    Err(error) => wrong.push(format!("{error}: {sql}\n    {}", plan.sql)),
                    Ok(found) if found != expected => wrong.push(format!("other rows: {sql}\n    {}", plan.sql)),
                    Ok(_) => {
                        let names: Vec<String> = db
                            .prepare(&plan.sql)
                            .expect("it ran")
                            .column_names()
                            .iter()
                            .map(ToString::to_string)
                            .collect();
                        if plan.columns.as_ref().is_some_and(|columns| columns.len() != names.len()) {
                            wrong.push(format!("other columns {:?}: {sql}", plan.columns));
                        }
                    }
                },
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), HONEST.len(), wrong.join("\n"));
}

#[test]
fn there_are_enough_honest_statements() {
    assert!(HONEST.len() >= 120, "{}", HONEST.len());
}

#[test]
fn honest_statements_of_the_other_dialects_are_accepted() {
    let mut wrong = Vec::new();
    for (dialect, statements) in [(Dialect::PostgreSql, POSTGRESQL), (Dialect::MySql, MYSQL)] {
        for filter in [None, Some("1 = 1")] {
            let policy = shop::policy(dialect, filter);
            for sql in statements {
                if let Err(refusal) = guard(sql, &policy, &Parameters::new()) {
                    wrong.push(format!("{dialect:?} {refusal}: {sql}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

const POSTGRESQL: &[&str] = &[
    "SELECT date_trunc('month', order_date) AS m, SUM(amount) FROM orders GROUP BY 1 ORDER BY 1",
    "SELECT date_trunc('month', order_date::date) AS m, SUM(amount)::numeric(12,2) FROM orders GROUP BY m",
    "SELECT DISTINCT ON (customer_id) customer_id, id FROM orders ORDER BY customer_id, order_date DESC",
    "SELECT COUNT(*) FILTER (WHERE status = 'paid') FROM orders",
    "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY amount) FROM orders",
    "SELECT order_date + INTERVAL '1 day' FROM orders WHERE order_date >= DATE '2026-01-01'",
    "SELECT order_date AT TIME ZONE 'UTC' FROM orders WHERE order_date < now() - interval '30 days'",
    "SELECT EXTRACT(YEAR FROM order_date) AS y, COUNT(*) FROM orders GROUP BY y",
    "SELECT name ILIKE '%a%' FROM customers WHERE name ~* '^c'",
    "SELECT string_agg(name, ', ' ORDER BY name) FROM customers",
    "SELECT c.name, t.total FROM customers c CROSS JOIN LATERAL (SELECT SUM(amount) AS total FROM orders o WHERE o.customer_id = c.id) t",
    "SELECT s.n, COUNT(o.id) FROM generate_series(1, 12) AS s(n) LEFT JOIN orders o ON o.id = s.n GROUP BY s.n",
    "SELECT s.m::date, COUNT(o.id) FROM generate_series(DATE '2026-01-01', DATE '2026-12-01', INTERVAL '1 month') AS s(m) LEFT JOIN orders o ON date_trunc('month', o.order_date) = s.m GROUP BY 1",
    "SELECT s.d FROM generate_series('2026-01-01'::date, '2026-03-01'::date, '1 day') AS s(d)",
    "SELECT s.n FROM generate_series(-10, 100, 10) AS s(n)",
    "SELECT id FROM orders WHERE status = ANY(ARRAY['open', 'paid'])",
    "SELECT CASE WHEN amount > 100 THEN 'big' ELSE 'small' END, COUNT(*) FROM orders GROUP BY 1 HAVING COUNT(*) > 1",
    "SELECT id FROM orders ORDER BY amount DESC NULLS LAST FETCH FIRST 10 ROWS ONLY",
    "SELECT region, country, COUNT(*) FROM customers GROUP BY ROLLUP (region, country)",
    "SELECT region, country, COUNT(*) FROM customers GROUP BY GROUPING SETS ((region), (country), ())",
    "SELECT note ->> 'a', note #>> '{b,c}' FROM orders WHERE note @> '{\"a\": 1}'",
    "WITH orders AS (SELECT * FROM orders WHERE amount > 1) SELECT COUNT(*) FROM orders",
    "WITH RECURSIVE chain AS (SELECT id, manager_id, 1 AS depth FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.manager_id, c.depth + 1 FROM employees e JOIN chain c ON e.manager_id = c.id WHERE c.depth < 20) SELECT * FROM chain",
    "SELECT \"A value\" FROM \"Odd Name\"",
    "SELECT to_char(order_date, 'YYYY-MM'), round(avg(amount), 2) FROM orders GROUP BY 1",
    "SELECT position('a' IN name), substring(name FROM 1 FOR 3), trim(BOTH ' ' FROM name), overlay(name PLACING 'x' FROM 1) FROM customers",
    "SELECT id, SUM(amount) OVER w, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY order_date ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM orders WINDOW w AS (PARTITION BY customer_id)",
    "SELECT o.id FROM public.orders o WHERE (o.id, o.customer_id) IN (SELECT l.order_id, l.line FROM order_lines l)",
    "SELECT make_interval(days => 3)",
    "SELECT CURRENT_DATE, CURRENT_TIMESTAMP, localtimestamp",
    "SELECT amount IS DISTINCT FROM 5 FROM orders LIMIT 1",
    "SELECT greatest(1, 2), least(1, 2), nullif(1, 2), coalesce(NULL, 1)",
];

const MYSQL: &[&str] = &[
    "SELECT DATE_FORMAT(order_date, '%Y-%m') AS m, SUM(amount) FROM orders GROUP BY m ORDER BY m",
    "SELECT `id`, `A value` FROM `Odd Name`",
    "SELECT COUNT(*) FROM shop.orders WHERE status IN (\"open\", 'paid')",
    "SELECT DATE_SUB(CURDATE(), INTERVAL 1 MONTH), DATE_ADD(order_date, INTERVAL 2 DAY) FROM orders",
    "SELECT YEAR(order_date), QUARTER(order_date), IF(amount > 1, 'a', 'b'), IFNULL(note, '') FROM orders",
    "SELECT GROUP_CONCAT(DISTINCT name ORDER BY name SEPARATOR '; ') FROM customers",
    "SELECT id FROM orders LIMIT 10, 20",
    "SELECT region, COUNT(*) FROM customers GROUP BY region WITH ROLLUP",
    "SELECT id DIV 2, MOD(id, 2), id % 2, note <=> NULL FROM orders",
    "SELECT name REGEXP '^C' FROM customers WHERE name NOT REGEXP 'x'",
    "SELECT JSON_EXTRACT(note, '$.a'), note->>'$.b' FROM orders",
    "SELECT CAST(amount AS SIGNED), CAST(amount AS DECIMAL(10,2)), CONVERT(amount, CHAR) FROM orders",
    "SELECT TIMESTAMPDIFF(DAY, order_date, NOW()) FROM orders",
    "WITH x AS (SELECT customer_id, SUM(amount) s FROM orders GROUP BY customer_id) SELECT c.name, x.s FROM customers c STRAIGHT_JOIN x ON x.customer_id = c.id",
    "SELECT c.name FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.amount > 5)",
    "SELECT 'it\\'s', 'back\\\\slash', 'a''b'",
    "SELECT # a comment\n id FROM orders -- and another\n",
];
