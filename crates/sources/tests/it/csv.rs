//! Directories of CSV files.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use emporion_sources::{Config, Database, ErrorKind, Limits, ResultType, Rules, Silent, Source, Table, open};
use serde_json::json;

use crate::servers::{WAIT, budget, plan, policy};

const ORDERS: &str = "id;customer_id;amount;ordered;note\n1;7;12,50;03.01.2026;\"a; b\"\n2;8;-1,00;04.01.2026;\n";
const CUSTOMERS: &[u8] =
    b"id,name,zip,since\n7,Ann,01067,2024-02-29 10:00\n8,J\xfcrgen,80331,2025-01-01T00:00:00+01:00\n";

fn source(dir: &Path) -> Box<dyn Source> {
    let rules = Rules::default().with_source_dirs([dir.to_owned()]);
    open(Config::from_url("csv:exports").unwrap(), &rules).unwrap()
}

fn exports() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("exports")).unwrap();
    fs::write(dir.path().join("exports/orders.csv"), ORDERS).unwrap();
    fs::write(dir.path().join("exports/customers.csv"), CUSTOMERS).unwrap();
    fs::write(dir.path().join("exports/notes.txt"), "no table").unwrap();
    dir
}

fn table<'a>(found: &'a Database, name: &str) -> &'a Table {
    found.schemas[0].tables.iter().find(|table| table.name == name).expect(name)
}

fn columns(table: &Table) -> Vec<(&str, &str)> {
    table.columns.iter().map(|column| (column.name.as_str(), column.native_type.as_str())).collect()
}

async fn rows(source: &dyn Source, sql: &str) -> Vec<Vec<serde_json::Value>> {
    let policy = policy(source, &source.crawl(&Silent, WAIT).await.unwrap());
    let plan = plan(sql, &policy);
    source.query(&plan, Some(&budget(&plan, &policy, 1_000)), Limits::default()).await.unwrap().rows
}

#[tokio::test]
async fn each_file_is_a_table_whose_types_are_those_of_its_fields() {
    let dir = exports();
    let source = source(dir.path());
    let found = source.crawl(&Silent, WAIT).await.unwrap();
    assert_eq!((found.name.as_str(), found.schemas[0].tables.len()), ("exports", 2));
    let orders = table(&found, "orders");
    let wanted =
        [("id", "INTEGER"), ("customer_id", "INTEGER"), ("amount", "REAL"), ("ordered", "DATE"), ("note", "TEXT")];
    assert_eq!((columns(orders).as_slice(), orders.rows), (&wanted[..], Some(2)));
    let wanted = [("id", "INTEGER"), ("name", "TEXT"), ("zip", "TEXT"), ("since", "TIMESTAMP")];
    assert_eq!(columns(table(&found, "customers")), wanted);
    assert_eq!(source.tables(WAIT).await.unwrap(), found.summaries());

    let joined = "SELECT c.name, c.zip, c.since, o.amount, o.ordered, o.note FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.id";
    let wanted = [
        vec![
            json!("Ann"),
            json!("01067"),
            json!("2024-02-29 10:00:00"),
            json!(12.5),
            json!("2026-01-03"),
            json!("a; b"),
        ],
        vec![
            json!("Jürgen"),
            json!("80331"),
            json!("2024-12-31 23:00:00"),
            json!(-1.0),
            json!("2026-01-04"),
            json!(null),
        ],
    ];
    assert_eq!(rows(&*source, joined).await, wanted);
    let plan = plan("SELECT ordered FROM orders", &policy(&*source, &found));
    let described = source.describe(&plan, WAIT).await.unwrap();
    assert_eq!(described[0].kind, ResultType::Date);
}

#[tokio::test]
async fn a_file_that_changed_is_read_anew_and_a_broken_line_is_named() {
    let dir = exports();
    let source = source(dir.path());
    assert_eq!(rows(&*source, "SELECT COUNT(*) FROM orders").await, [[json!(2)]]);
    fs::write(dir.path().join("exports/orders.csv"), format!("{ORDERS}3;7;1,00;05.01.2026;x\n")).unwrap();
    assert_eq!(rows(&*source, "SELECT COUNT(*) FROM orders").await, [[json!(3)]]);
    fs::write(dir.path().join("exports/orders.csv"), format!("{ORDERS}3;7;secret\n4;7;1,00;05.01.2026;x\n")).unwrap();
    let found = source.crawl(&Silent, WAIT).await.unwrap();
    let broken = table(&found, "orders");
    assert_eq!(broken.fault.as_deref(), Some("line 4 has 3 fields, and the first 5"));
    assert!(broken.columns.is_empty() && table(&found, "customers").fault.is_none());
    fs::remove_file(dir.path().join("exports/orders.csv")).unwrap();
    fs::remove_file(dir.path().join("exports/customers.csv")).unwrap();
    let error = source.crawl(&Silent, WAIT).await.unwrap_err();
    assert!(error.kind == ErrorKind::Configuration && error.message.contains(".csv"), "{error}");
}

#[tokio::test]
async fn files_that_take_longer_than_a_question_are_there_for_a_later_one() {
    let dir = exports();
    let lines: String = (0..200_000).map(|at| format!("{at};text {at};{at},5\n")).collect();
    fs::write(dir.path().join("exports/many.csv"), format!("id;name;amount\n{lines}")).unwrap();
    let source = source(dir.path());
    let short = Duration::from_millis(20);
    let error = source.crawl(&Silent, short).await.unwrap_err();
    assert!(error.kind == ErrorKind::Timeout && error.message.contains("still being read"), "{error}");
    let begun = Instant::now();
    let found = loop {
        match source.crawl(&Silent, Duration::from_millis(400)).await {
            Ok(found) => break found,
            Err(error) => assert!(begun.elapsed() < WAIT, "it is never there: {error}"),
        }
    };
    assert_eq!(table(&found, "many").columns.len(), 3);
}

#[tokio::test]
async fn metadata_beside_a_file_say_what_is_guessed_otherwise() {
    let dir = exports();
    let said = json!({
        "@context": "http://www.w3.org/ns/csvw",
        "dc:description": "Orders\nof the shop",
        "dialect": {"delimiter": ";", "encoding": "utf-8", "header": true},
        "tableSchema": {
            "columns": [
                {"name": "order_id", "datatype": "integer", "dc:description": "Number of the order"},
                {"name": "customer", "datatype": "string"},
                {"datatype": {"base": "decimal", "format": {"decimalChar": ",", "groupChar": "."}}},
                {"datatype": {"base": "date", "format": "dd.MM.yyyy"}},
            ],
            "primaryKey": "order_id",
            "foreignKeys": [{"columnReference": "customer", "reference": {"resource": "customers.csv", "columnReference": "id"}}],
        },
    });
    let beside = dir.path().join("exports/orders.csv-metadata.json");
    fs::write(&beside, said.to_string()).unwrap();
    let source = source(dir.path());
    let found = source.crawl(&Silent, WAIT).await.unwrap();
    let orders = table(&found, "orders");
    assert_eq!((orders.fault.as_deref(), orders.comment.as_deref()), (None, Some("Orders of the shop")));
    assert_eq!(columns(orders)[..2], [("order_id", "INTEGER"), ("customer", "TEXT")]);
    assert_eq!(orders.columns[0].comment.as_deref(), Some("Number of the order"));
    assert_eq!(orders.primary_key, ["order_id"]);
    assert_eq!(orders.foreign_keys[0].to.name, "customers");

    for (change, why) in [
        (json!({"tableSchema": {"primaryKey": "nothing"}}), "in a key a column that there is not"),
        (json!({"dialect": {"encoding": "martian"}}), "named for it is not known"),
        (json!({"dialect": {"delimiter": "::"}}), "not one character"),
        (json!({"tableSchema": {"columns": [{"datatype": "duration"}]}}), "named for it is not read"),
        (
            json!({"tableSchema": {"columns": [{"datatype": "string"}, {"datatype": "date"}]}}),
            "line 2: not every \"customer_id\" is a day",
        ),
        (json!({"tableSchema": {"columns": [{"name": "id"}, {"name": "ID"}]}}), "two of its columns are called \"ID\""),
        (json!("no object"), "cannot be read at line 1"),
    ] {
        fs::write(&beside, change.to_string()).unwrap();
        let found = source.crawl(&Silent, WAIT).await.unwrap();
        let fault = table(&found, "orders").fault.as_deref().unwrap_or_default();
        assert!(fault.contains(why), "{change}: {fault}");
    }
    fs::write(dir.path().join("exports/orders.csv"), ORDERS.replace("2;8", "1;8")).unwrap();
    fs::write(&beside, json!({"tableSchema": {"primaryKey": ["id"]}}).to_string()).unwrap();
    let found = source.crawl(&Silent, WAIT).await.unwrap();
    assert_eq!(table(&found, "orders").fault.as_deref(), Some("line 3 has a primary key that another line has"));
}

#[tokio::test]
async fn nothing_outside_the_directory_is_read_and_nothing_is_written() {
    let dir = exports();
    fs::write(dir.path().join("passwords.csv"), "user,password\nann,secret\n").unwrap();
    std::os::unix::fs::symlink(dir.path().join("passwords.csv"), dir.path().join("exports/linked.csv")).unwrap();
    fs::create_dir(dir.path().join("exports/below.csv")).unwrap();
    fs::write(dir.path().join("exports/customers.tsv"), "id\tname\n").unwrap();
    let reader = source(dir.path());
    let found = reader.crawl(&Silent, WAIT).await.unwrap();
    let names: Vec<&str> = found.schemas[0].tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["customers", "customers", "orders"]);
    assert!(found.schemas[0].tables[1].fault.as_deref().is_some_and(|fault| fault.contains("same name")));
    assert_eq!(rows(&*reader, "SELECT COUNT(*) FROM customers").await, [[json!(2)]]);
    let rules = Rules::default().with_source_dirs([dir.path().join("exports")]);
    for path in ["..", "../passwords.csv", "/etc"] {
        let error = open(Config::from_url(&format!("csv:{path}")).unwrap(), &rules).err().expect(path);
        assert_eq!(error.kind, ErrorKind::Forbidden, "{path}");
    }
    open(Config::from_url("csv:.").unwrap(), &rules).unwrap();
    fs::write(dir.path().join("exports/more.csv"), vec![b'a'; 10]).unwrap();
    assert_eq!(reader.crawl(&Silent, std::time::Duration::ZERO).await.unwrap_err().kind, ErrorKind::Timeout);
}

#[tokio::test]
async fn what_stands_for_no_value_is_none() {
    let dir = exports();
    fs::write(dir.path().join("exports/visits.csv"), "id,gone,note,score\n1,2026-01-02,NULL,NULL\n2,\\N,NA,7\n")
        .unwrap();
    let source = source(dir.path());
    let found = source.crawl(&Silent, WAIT).await.unwrap();
    let wanted = [("id", "INTEGER"), ("gone", "DATE"), ("note", "TEXT"), ("score", "INTEGER")];
    assert_eq!(columns(table(&found, "visits")), wanted);
    let all = "SELECT v.gone, v.note, v.score FROM visits v ORDER BY v.id";
    let wanted = [vec![json!("2026-01-02"), json!("NULL"), json!(null)], vec![json!(null), json!("NA"), json!(7)]];
    assert_eq!(rows(&*source, all).await, wanted);
    let metadata = r#"{"null": "NULL", "tableSchema": {"columns": [{}, {"null": ["\\N", "-"]}, {"null": ["NA"]}]}}"#;
    fs::write(dir.path().join("exports/visits.csv-metadata.json"), metadata).unwrap();
    let wanted = [vec![json!("2026-01-02"), json!("NULL"), json!(null)], vec![json!(null), json!(null), json!(7)]];
    assert_eq!(rows(&*source, all).await, wanted);
}

#[tokio::test]
async fn what_a_connection_says_of_a_file_wins_and_is_found_by_its_columns_names() {
    let dir = exports();
    let said = |said: serde_json::Value| {
        let files = json!({"orders.csv": said}).to_string();
        let kept = json!({"databaseMode": "exports", "connectionOptions": {"csvFiles": files}});
        Config::from_connection(emporion_sources::System::Sqlite, &kept).unwrap()
    };
    let rules = Rules::default().with_source_dirs([dir.path().to_owned()]);
    let columns_by = async |config: &Config| {
        let found = open(config.clone(), &rules).unwrap().crawl(&Silent, WAIT).await.unwrap();
        assert_eq!(table(&found, "customers").columns[1].name, "name", "another file is as it was");
        let orders = table(&found, "orders");
        columns(orders).into_iter().map(|(name, kind)| format!("{name} {kind}")).collect::<Vec<_>>().join(", ")
    };
    let beside = json!({"tableSchema": {"columns": [{"name": "number", "datatype": "string"}]}});
    fs::write(dir.path().join("exports/orders.csv-metadata.json"), beside.to_string()).unwrap();
    let config = said(json!({"tableSchema": {"columns": [
        {"titles": "amount", "datatype": "string"}, {"titles": "id", "name": "no"}, {"titles": "gone", "name": "id"},
    ]}}));
    let wanted = "no TEXT, customer_id INTEGER, amount TEXT, ordered DATE, note TEXT";
    assert_eq!(columns_by(&config).await, wanted);
    assert_eq!(config.kept(None).config["connectionOptions"]["csvFiles"], {
        let Config::Sqlite { files, .. } = &config else { panic!("files") };
        files.text().unwrap()
    });
    let config = said(json!({"dialect": {"header": false}}));
    let wanted = "number TEXT, column_2 TEXT, column_3 TEXT, column_4 TEXT, column_5 TEXT";
    assert_eq!(columns_by(&config).await, wanted);
    let config = said(json!({"dialect": {"delimiter": ","}}));
    let told = emporion_sources::trial(&config, &rules, "orders.csv", 2, WAIT).await.unwrap();
    assert_eq!((told.delimiter, told.encoding, told.rows[0].len()), (Some(','), Some("UTF-8"), 2), "{told:?}");
    assert_eq!(told.fault.as_deref(), Some("line 2 has 2 fields, and the first 1"));
    for file in ["../secret.csv", "customers", "orders.csv-metadata.json", "", "/etc/passwd"] {
        assert_eq!(
            emporion_sources::trial(&config, &rules, file, 2, WAIT).await.unwrap_err().kind,
            ErrorKind::Forbidden
        );
    }
}
