//! Tests of `details`.

use emporion_catalog::id::Revision;
use emporion_catalog::testing;

use super::*;

fn record(kind: &str, fqn: &str, body: Value) -> Record {
    let Value::Object(body) = body else { panic!("an object") };
    let name = fqn.rsplit('.').next().expect("a name");
    Record { fqn: fqn.to_owned(), body: body.into(), ..testing::record(kind, None, name) }
}

fn ends() -> (Record, Record) {
    let columns = json!([{"name": "id"}, {"name": "a.b", "children": [{"name": "c"}]}]);
    (
        record("table", "s.d.c.from", json!({"columns": columns})),
        record("table", "s.d.c.to", json!({"columns": [{"name": "x"}]})),
    )
}

fn read(details: &Value) -> OmResult<Said> {
    let (from, to) = ends();
    Said::read(details.as_object().expect("an object"), &from, &to, None)
}

#[test]
fn what_is_said_comes_back_as_it_was_wherever_the_records_stand() {
    let details = json!({
        "sqlQuery": "SELECT 1",
        "columnsLineage": [
            {"fromColumns": ["s.d.c.from.id", "s.d.c.from.\"a.b\".c"], "toColumn": "s.d.c.to.x", "function": "SUM"},
            {"toColumn": "s.d.c.to.x"},
        ],
        "pipeline": {"id": RecordId::fresh().to_string(), "type": "pipeline"},
        "description": "why",
        "source": "DbtLineage",
        "assetEdges": 3,
        "tempLineageTables": [{"fromEntity": "a", "toEntity": "b"}],
    });
    let said = read(&details).expect("in order");
    assert_eq!(said.attributes["source"], "model");
    assert_eq!(said.attributes["columns"][0]["from"], json!(["id", "\"a.b\".c"]));
    let edge = Edge {
        id: emporion_catalog::id::EdgeId::fresh(),
        from: RecordId::fresh(),
        relation: DERIVED_FROM,
        at: String::new(),
        ord: 0,
        to: RecordId::fresh(),
        attributes: said.attributes,
        since: Revision::FIRST,
        until: None,
    };
    assert_eq!(pipeline_of(&edge), said.pipeline);
    let shown = print(&edge, "s.d.c.from", "s.d.c.to", details.get("pipeline").cloned());
    assert_eq!(Value::Object(shown), details);
    let moved = print(&edge, "t.from", "t.to", None);
    assert_eq!(moved["columnsLineage"][0]["fromColumns"][0], "t.from.id");
}

#[test]
fn columns_exist_and_stand_on_their_side() {
    let (from, to) = ends();
    for (sources, target, is_right) in [
        (vec!["s.d.c.from.id"], "s.d.c.to.x", true),
        (vec!["s.d.c.from.\"a.b\""], "s.d.c.to.x", true),
        (vec!["s.d.c.from.nope"], "s.d.c.to.x", false),
        (vec!["s.d.c.to.x"], "s.d.c.to.x", false),
        (vec!["s.d.c.from"], "s.d.c.to.x", false),
        (vec!["s.d.c.from.id.deeper"], "s.d.c.to.x", false),
        (vec![], "s.d.c.to.id", false),
        (vec!["s..d"], "s.d.c.to.x", false),
    ] {
        let columns = json!([{"fromColumns": sources, "toColumn": target}]);
        let details = Map::from_iter([("columnsLineage".to_owned(), columns.clone())]);
        let found = Said::read(&details, &from, &to, None);
        assert_eq!(found.is_ok(), is_right, "{columns}");
        let _ = found.map_err(|error| assert!(error.status == 400 && error.message.starts_with("Invalid column name")));
    }
    // What was said before may be of a column that is gone by now.
    let columns = json!([{"fromColumns": ["s.d.c.from.gone"], "toColumn": "s.d.c.to.x"}]);
    let details = Map::from_iter([("columnsLineage".to_owned(), columns.clone())]);
    assert!(Said::read(&details, &from, &to, Some(&columns)).is_ok());
}

#[test]
fn a_task_of_a_pipeline_is_a_column_too() {
    let from = record("pipeline", "af.load", json!({"tasks": [{"name": "t1"}]}));
    let (_, to) = ends();
    let of = |task: &str| {
        let columns = json!([{"fromColumns": [task], "toColumn": "s.d.c.to.x"}]);
        Said::read(&Map::from_iter([("columnsLineage".to_owned(), columns)]), &from, &to, None).is_ok()
    };
    assert!(of("af.load.t1") && !of("af.load.t2"));
}

#[test]
fn a_pipeline_is_one() {
    assert_eq!(
        read(&json!({"pipeline": {"id": RecordId::fresh().to_string(), "type": "table"}})).expect_err("").status,
        400
    );
    assert_eq!(
        read(&json!({})).expect("nothing is said").attributes,
        Map::from_iter([("source".to_owned(), "manual".into())])
    );
}

#[test]
fn every_source_is_known_in_both_words() {
    let known: Vec<&str> = SOURCES.iter().map(|(wire, _)| *wire).collect();
    assert_eq!(known, WIRE_SOURCES);
    let mut core: Vec<&str> = SOURCES.iter().map(|(_, core)| *core).collect();
    core.sort_unstable();
    core.dedup();
    assert_eq!(core.len(), SOURCES.len());
    let stamped: Vec<&str> = STAMPS.iter().map(|(member, _)| *member).collect();
    assert_eq!(stamped, STAMPED);
}
