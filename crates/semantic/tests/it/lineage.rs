//! What the columns of views are made of. Each case: a query, the view's columns, and what is told of them.

use emporion_semantic::guard::{Dialect, TableName};
use emporion_semantic::lineage::{Known, columns_read};

struct Shop(Dialect);

const TABLES: &[(&str, &[&str])] = &[
    ("orders", &["id", "customer_id", "total", "note"]),
    ("customers", &["id", "name", "country"]),
    ("items", &["order_id", "sku", "qty"]),
    ("people", &["id", "boss_id", "name"]),
    ("orders_view", &["id", "total"]),
];

impl Known for Shop {
    fn table(&self, named: &TableName) -> Option<(TableName, Vec<String>)> {
        let is_here = named.schema.as_deref().is_none_or(|schema| schema.eq_ignore_ascii_case("shop"));
        let same = |name: &str| match self.0 {
            Dialect::PostgreSql => name == named.name,
            _ => name.eq_ignore_ascii_case(&named.name),
        };
        let (name, columns) = TABLES.iter().find(|(name, _)| is_here && same(name))?;
        let table = TableName { schema: Some("shop".to_owned()), name: (*name).to_owned() };
        Some((table, columns.iter().map(|column| (*column).to_owned()).collect()))
    }
}

/// `id<orders.id,items.order_id total<orders.total`; what has no origins is left out.
fn told(dialect: Dialect, sql: &str, columns: &str) -> String {
    let columns: Vec<String> = columns.split(' ').map(str::to_owned).collect();
    let derived = columns_read(sql, dialect, &columns, &Shop(dialect));
    let each = derived.into_iter().map(|derived| {
        let from = derived.from.iter().map(|from| format!("{}.{}", from.table.name, from.column));
        format!("{}<{}", derived.column, from.collect::<Vec<_>>().join(","))
    });
    each.collect::<Vec<_>>().join(" ")
}

fn in_every_dialect(sql: &str, columns: &str) -> String {
    let first = told(Dialect::Sqlite, sql, columns);
    for other in [Dialect::PostgreSql, Dialect::MySql] {
        assert_eq!(told(other, sql, columns), first, "{other:?}: {sql}");
    }
    first
}

#[test]
fn columns_are_resolved_as_the_dialects_do_it() {
    for (sql, columns, wanted) in [
        ("SELECT id, total FROM orders", "id total", "id<orders.id total<orders.total"),
        ("CREATE VIEW v (a, b) AS SELECT id, total FROM shop.orders", "a b", "a<orders.id b<orders.total"),
        (
            "SELECT o.* FROM orders o",
            "id customer_id total note",
            "id<orders.id customer_id<orders.customer_id total<orders.total note<orders.note",
        ),
        (
            "SELECT o.id, c.name AS who FROM orders AS o LEFT JOIN customers c ON c.id = o.customer_id WHERE o.note IS NULL",
            "id who",
            "id<orders.id who<customers.name",
        ),
        ("SELECT shop.orders.id FROM shop.orders, items", "id", "id<orders.id"),
        ("SELECT total, sku FROM orders JOIN items ON id = order_id", "total sku", "total<orders.total sku<items.sku"),
        // Expressions: everything in them; nothing where there is nothing.
        (
            "SELECT qty * total AS worth, 1 AS one, count(*) AS n FROM orders, items",
            "worth one n",
            "worth<items.qty,orders.total",
        ),
        (
            "SELECT CASE WHEN note IS NULL THEN total ELSE 0 END AS x, coalesce(note, 'none') AS y FROM orders",
            "x y",
            "x<orders.note,orders.total y<orders.note",
        ),
        (
            "SELECT sum(total) OVER (PARTITION BY customer_id ORDER BY id) AS running FROM orders",
            "running",
            "running<orders.customer_id,orders.id,orders.total",
        ),
        (
            "SELECT sum(total) OVER w AS running FROM orders WINDOW w AS (PARTITION BY customer_id)",
            "running",
            "running<orders.customer_id,orders.total",
        ),
        // Sub-queries, common table expressions.
        ("SELECT s.a FROM (SELECT id AS a, total FROM orders) AS s", "a", "a<orders.id"),
        ("SELECT * FROM (SELECT id, total FROM orders) AS s", "id total", "id<orders.id total<orders.total"),
        (
            "WITH big AS (SELECT id, total * 2 AS twice FROM orders), named (n) AS (SELECT name FROM customers) \
             SELECT big.twice, n FROM big, named",
            "twice n",
            "twice<orders.total n<customers.name",
        ),
        ("WITH orders AS (SELECT name AS id FROM customers) SELECT id FROM orders", "id", "id<customers.name"),
        (
            "SELECT c.name, (SELECT max(o.total) FROM orders o WHERE o.customer_id = c.id) AS most FROM customers c",
            "name most",
            "name<customers.name most<orders.total",
        ),
        (
            "SELECT (SELECT c.country FROM items WHERE order_id = 1) AS country FROM customers c",
            "country",
            "country<customers.country",
        ),
        (
            "SELECT EXISTS (SELECT sku FROM items) AS has, id IN (SELECT order_id FROM items) AS among FROM orders",
            "has among",
            "among<items.order_id,orders.id",
        ),
        // Set operations.
        (
            "SELECT id, name FROM customers UNION ALL SELECT id, note FROM orders",
            "id name",
            "id<customers.id,orders.id name<customers.name,orders.note",
        ),
        ("SELECT id FROM customers EXCEPT SELECT customer_id FROM orders", "id", "id<customers.id"),
        // Joins by name.
        (
            "SELECT id, total, name FROM orders JOIN customers USING (id)",
            "id total name",
            "id<orders.id total<orders.total name<customers.name",
        ),
        (
            "SELECT id, name FROM orders RIGHT JOIN customers USING (id)",
            "id name",
            "id<customers.id name<customers.name",
        ),
        ("SELECT boss.name FROM people p JOIN people boss ON boss.id = p.boss_id", "name", "name<people.name"),
    ] {
        assert_eq!(in_every_dialect(sql, columns), wanted, "{sql}");
    }
}

#[test]
fn a_query_that_reads_itself_is_followed_to_its_end() {
    let sql = "WITH RECURSIVE chain (id, above, name) AS (SELECT id, boss_id, name FROM people WHERE boss_id IS NULL \
               UNION ALL SELECT p.id, c.id, c.name || p.name FROM people p JOIN chain c ON p.boss_id = c.id) \
               SELECT id, above, name FROM chain";
    let wanted = "id<people.id above<people.boss_id,people.id name<people.name";
    assert_eq!(in_every_dialect(sql, "id above name"), wanted);
    // Without the word, the name means what it meant before, but in SQLite.
    let sql = "WITH orders AS (SELECT customer_id AS id FROM orders) SELECT id FROM orders";
    assert_eq!(told(Dialect::PostgreSql, sql, "id"), "id<orders.customer_id");
    assert_eq!(told(Dialect::Sqlite, sql, "id"), "");
    // What is not defined yet is not a table of that name.
    let sql = "WITH RECURSIVE a AS (SELECT id FROM orders), orders AS (SELECT id FROM customers) SELECT id FROM a";
    assert_eq!(in_every_dialect(sql, "id"), "");
}

#[test]
fn what_cannot_be_resolved_has_no_origins() {
    for (sql, columns) in [
        // Ambiguous, unknown, of an unknown table, of a function.
        ("SELECT id FROM orders, customers", "id"),
        ("SELECT nothing FROM orders", "nothing"),
        ("SELECT x FROM elsewhere", "x"),
        ("SELECT e.x FROM elsewhere e, orders", "x"),
        ("SELECT * FROM elsewhere", "x y"),
        ("SELECT *, total FROM orders, elsewhere", "a b c d e"),
        ("SELECT g FROM generate_series(1, 3) AS g", "g"),
        ("SELECT total + x AS sum FROM orders, elsewhere", "sum"),
        // Names and numbers that are not the view's.
        ("SELECT id, total FROM orders", "id"),
        ("SELECT id, total FROM orders", "id amount"),
        ("SELECT id, total FROM orders UNION SELECT id FROM customers", "id total"),
        ("not sql at all", "id"),
        ("DELETE FROM orders", "id"),
    ] {
        assert_eq!(in_every_dialect(sql, columns), "", "{sql}");
    }
    // One column that is lost takes no other along.
    assert_eq!(in_every_dialect("SELECT total, x FROM orders, elsewhere", "total x"), "total<orders.total");
    // What a name means is looked for from the inside out, and not beyond what is not known.
    let sql =
        "SELECT (SELECT max(name) FROM elsewhere) AS n, (SELECT max(c.name) FROM elsewhere) AS m FROM customers c";
    assert_eq!(in_every_dialect(sql, "n m"), "m<customers.name");
    // A sub-query beside a table does not see it.
    let sql = "SELECT s.n FROM customers c, (SELECT name AS n FROM orders) s";
    assert_eq!(in_every_dialect(sql, "n"), "");
}

#[test]
fn each_dialect_has_its_own_names() {
    let lateral = "SELECT s.n FROM customers c, LATERAL (SELECT c.name AS n FROM orders) s";
    assert_eq!(told(Dialect::PostgreSql, lateral, "n"), "n<customers.name");
    // Quoted names are exact there.
    assert_eq!(
        told(Dialect::PostgreSql, "SELECT ID, \"total\" FROM Orders", "id total"),
        "id<orders.id total<orders.total"
    );
    assert_eq!(told(Dialect::PostgreSql, "SELECT \"Total\" FROM orders", "Total"), "");
    assert_eq!(told(Dialect::MySql, "SELECT `O`.`Total` AS `T` FROM `shop`.`Orders` `o`", "t"), "t<orders.total");
    assert_eq!(
        told(
            Dialect::MySql,
            "select `shop`.`orders`.`id` AS `id` from (`shop`.`orders` join `shop`.`items` on(1 = 1))",
            "id"
        ),
        "id<orders.id"
    );
    assert_eq!(told(Dialect::Sqlite, "SELECT [Total] FROM main_orders", "Total"), "");
    // `*` behind a join by name: columns that are joined come first, but in SQLite.
    let sql = "SELECT * FROM items JOIN (SELECT id AS x, sku FROM items, customers) AS s USING (sku)";
    assert_eq!(
        told(Dialect::PostgreSql, sql, "sku order_id qty x"),
        "sku<items.sku order_id<items.order_id qty<items.qty x<customers.id"
    );
    assert_eq!(
        told(Dialect::Sqlite, sql, "order_id sku qty x"),
        "order_id<items.order_id sku<items.sku qty<items.qty x<customers.id"
    );
    // SQLite numbers the columns of one name.
    let sql = "SELECT * FROM people JOIN customers";
    let columns = "id boss_id name id:1 name:1 country";
    assert_eq!(
        told(Dialect::Sqlite, sql, columns),
        "id<people.id boss_id<people.boss_id name<people.name id:1<customers.id name:1<customers.name country<customers.country"
    );
    // Parts of values are no columns.
    assert_eq!(told(Dialect::PostgreSql, "SELECT (o.note).total AS part FROM orders o", "part"), "part<orders.note");
    assert_eq!(
        told(Dialect::PostgreSql, "SELECT row_to_json(i.*) AS all_of_it FROM items i", "all_of_it"),
        "all_of_it<items.order_id,items.qty,items.sku"
    );
    // The name of an argument is none either, whatever columns there are.
    assert_eq!(told(Dialect::PostgreSql, "SELECT make_interval(qty => 1) AS x FROM items", "x"), "");
}

#[test]
fn how_a_column_is_made_is_told_with_it() {
    let columns = ["id".to_owned(), "twice".to_owned()];
    let sql = "SELECT s.id, s.t AS twice FROM (SELECT id, total * 2 AS t FROM orders) s";
    let derived = columns_read(sql, Dialect::PostgreSql, &columns, &Shop(Dialect::PostgreSql));
    let functions: Vec<_> = derived.iter().map(|derived| derived.function.as_deref()).collect();
    assert_eq!(functions, [None, Some("total * 2")]);
}

#[test]
fn hostile_definitions_end_soon() {
    // Each step could double what the next is made of, or how often it is looked at.
    let mut nested = "SELECT id FROM people".to_owned();
    for depth in 0..12 {
        nested = format!(
            "WITH RECURSIVE r{depth} (id) AS ({nested} UNION ALL SELECT id FROM r{depth}) SELECT id FROM r{depth}"
        );
    }
    let mut chain = "WITH c0 AS (SELECT id, customer_id, total, note FROM orders)".to_owned();
    for step in 1..400 {
        let before = step - 1;
        chain += &format!(", c{step} AS (SELECT a.id + b.id AS id FROM c{before} a, c{before} b)");
    }
    chain += " SELECT id FROM c399";
    let sum = format!("SELECT {} AS s FROM orders", vec!["total"; 20_000].join(" + "));
    let unions = vec!["SELECT id FROM orders"; 5_000].join(" UNION ALL ");
    let began = std::time::Instant::now();
    for dialect in [Dialect::Sqlite, Dialect::PostgreSql, Dialect::MySql] {
        told(dialect, &nested, "id");
        assert_eq!(told(dialect, &chain, "id"), "id<orders.id");
        assert_eq!(told(dialect, &sum, "s"), "s<orders.total");
        told(dialect, &unions, "id");
    }
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}
