//! Texts that define views, which anybody may write who describes a table: long and deep ones are looked at within bounds, on
//! the small stack that servers have.

use emporion_semantic::guard::{Dialect, TableName, defining_query, tables_named, tables_read};
use emporion_semantic::lineage::{Known, columns_read};

const DIALECTS: [Dialect; 3] = [Dialect::Sqlite, Dialect::PostgreSql, Dialect::MySql];

struct Nothing;

impl Known for Nothing {
    fn table(&self, _: &TableName) -> Option<(TableName, Vec<String>)> {
        None
    }
}

fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(512 << 10).spawn(work).expect("a thread").join().expect("no panic");
}

/// Looks at it in each way that there is.
fn read(sql: &str, dialect: Dialect) -> bool {
    columns_read(sql, dialect, &["x".to_owned()], &Nothing);
    tables_named(sql, dialect);
    defining_query(sql, dialect).is_some()
}

/// The beginning, and as many parts as go into the longest text that is looked at.
fn chain(begin: &str, part: &str, parts: usize) -> String {
    format!("{begin}{}", part.repeat(parts.min((999_000 - begin.len()) / part.len())))
}

const CHAINS: [(&str, &str); 14] = [
    ("SELECT 1", "+1"),
    ("SELECT 1", " OR 1"),
    ("SELECT 1", "||1"),
    ("SELECT 1", " IS NULL"),
    ("SELECT 1", "::int"),
    ("SELECT a", "[1]"),
    ("SELECT a", ".a"),
    ("SELECT 1", " UNION SELECT 1"),
    ("SELECT * FROM a", " JOIN a"),
    ("SELECT * FROM a", " JOIN a ON 1"),
    ("SELECT * FROM a", " NATURAL JOIN a"),
    ("SELECT 1 ", "NOT "),
    ("SELECT ", "- "),
    ("SELECT 1 FROM a WHERE 1", " AND a.b = 1 COLLATE c"),
];

#[test]
fn the_longest_chains_do_not_overflow_the_stack() {
    on_a_small_stack(|| {
        for (begin, part) in CHAINS {
            let sql = chain(begin, part, usize::MAX);
            assert!(!read(&sql, Dialect::PostgreSql), "{begin}{part}… has no end");
        }
    });
}

#[test]
fn the_longest_chains_that_are_looked_at_have_room() {
    on_a_small_stack(|| {
        for (begin, part) in CHAINS {
            for parts in [4_900, 14_900, 22_400] {
                read(&chain(begin, part, parts), Dialect::PostgreSql);
            }
        }
        let sql = chain("SELECT 1", "+1", 20_000);
        assert!(DIALECTS.into_iter().all(|dialect| read(&sql, dialect)), "what runs is looked at");
    });
}

#[test]
fn brackets_in_brackets_end() {
    on_a_small_stack(|| {
        for depth in [40, 400, 100_000] {
            for (begin, open, close) in [
                ("SELECT ", "(", ")"),
                ("SELECT ", "f(", ")"),
                ("SELECT ", "(SELECT ", ")"),
                ("SELECT ", "CASE WHEN (", ") THEN 1 END"),
                ("SELECT * FROM ", "(", ")"),
                ("SELECT * FROM ", "(a JOIN ", ")"),
                ("SELECT * FROM ", "(SELECT * FROM ", ") a"),
                ("SELECT ", "a[", "]"),
                ("", "(", ")"),
                ("", "WITH a AS (", ") SELECT 1"),
                ("SELECT ", "INTERVAL ", ""),
                ("SELECT CAST(1 AS ", "STRUCT<a ", ">"),
                ("SELECT ", "(1, ", ")"),
            ] {
                for close in [close, ""] {
                    let sql = format!("{begin}{}1{}", open.repeat(depth), close.repeat(depth));
                    let _ = DIALECTS.map(|dialect| read(&sql, dialect));
                }
            }
        }
    });
}

#[test]
fn long_definitions_that_are_not_deep_are_looked_at() {
    on_a_small_stack(|| {
        let columns: Vec<String> = (0..9_000)
            .map(|n| format!("COALESCE(o.c{n}, 'a'), CASE WHEN o.d{n} > 1 THEN 2 ELSE 3 END AS e{n}"))
            .collect();
        let sql = format!("CREATE VIEW v AS SELECT {} FROM main.orders o", columns.join(", "));
        assert!((500_000..1_000_000).contains(&sql.len()), "{} bytes", sql.len());
        for dialect in DIALECTS {
            let tables = tables_read(&sql, dialect);
            assert_eq!(tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["orders"], "{dialect:?}");
        }
    });
}
