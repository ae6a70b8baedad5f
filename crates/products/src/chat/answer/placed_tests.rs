use super::super::{
    Chart, ChartFormat, Clarification, Confidence, Interpretation, Moment, Origin, Provenance, Sql, Status, Table,
};
use super::*;

fn placed(answer: Answer) -> Placed {
    let shows = Shows { text: true, table: true, chart: true, sql: true };
    let (warnings, usage) = (vec![AnswerWarning::new("ASKED", "of the request")], Usage::default());
    let (thread, message) = (RecordId::fresh(), RecordId::fresh());
    Placed { thread, message, answer, warnings, usage, shows, is_again: false }
}

fn provenance(method: Option<Method>) -> Option<Provenance> {
    let origin = Origin { as_of: Some(Moment(1_795_000_000_000)), ..Origin::default() };
    Some(Provenance { method, origin: Some(origin), timings: None })
}

fn figures(method: Method) -> Answer {
    let query = Map::from_iter([("metrics".to_owned(), json!(["net_sales"])), ("time".to_owned(), Value::Null)]);
    Answer {
        provenance: provenance(Some(method)),
        confidence: Some(Confidence::default()),
        interpretation: Some(Interpretation { query, ..Interpretation::default() }),
        sql: Some(Sql::default()),
        table: Some(Table { rows: vec![vec![json!(1)]], ..Table::default() }),
        ..Answer::new(Status::Answered, "Net sales: 1.")
    }
}

/// The members behind the ids and the status.
fn names(printed: &Value) -> Vec<&str> {
    printed.as_object().expect("an object").keys().skip(3).map(String::as_str).collect()
}

#[test]
fn members_of_figures_stand_in_their_order() {
    let reported = placed(figures(Method::SemanticParse)).print();
    let begin = ["provenance", "confidence", "interpretation", "sql", "text", "chart"];
    let end = ["suggestions", "warnings", "usage", "table"];
    assert_eq!(names(&reported), [&begin[..], &end[..]].concat());
    assert_eq!(reported["chart"], Value::Null);
    assert_eq!(reported["interpretation"].to_string(), r#"{"metrics":["net_sales"],"time":null,"assumptions":[]}"#);
    let origin: Vec<&String> = reported["provenance"].as_object().expect("an object").keys().collect();
    let parts = ["method", "verifiedQueryId", "semanticModels", "dataAssets", "dataProductVersion", "asOf"];
    assert_eq!(origin, parts);

    let reported = placed(figures(Method::LlmSql)).print();
    let begin = ["provenance", "confidence", "sql", "text", "interpretation"];
    assert_eq!(names(&reported), [&begin[..], &end[..]].concat());

    let shows = Shows { text: false, table: false, chart: false, sql: false };
    let reported = Placed { shows, ..placed(figures(Method::SemanticParse)) }.print();
    let shown = ["provenance", "confidence", "interpretation", "text", "suggestions", "warnings", "usage"];
    assert_eq!((names(&reported), &reported["text"]), (shown.to_vec(), &json!("")));
}

#[test]
fn members_of_what_is_no_answer_stand_in_their_order() {
    let end = ["warnings", "usage"];
    let refused = |reason, instead_of| {
        let refusal = Refusal { instead_of, ..Refusal::new(reason, vec!["happiness".to_owned()]) };
        let provenance = provenance(None);
        Answer { refusal: Some(refusal), provenance, ..Answer::new(Status::NotAnswerable, "No.") }
    };
    let unknown = refused(RefusalReason::UnknownTerms, None);
    let reported = placed(unknown.clone()).print();
    assert_eq!(names(&reported), [&["unknownTerms", "reason", "text", "suggestions", "provenance"][..], &end].concat());

    let warnings = vec![AnswerWarning::new("LLM_REJECTED", "of a model")];
    let reported = placed(Answer { warnings, ..unknown }).print();
    assert_eq!(names(&reported), ["unknownTerms", "reason", "text", "suggestions", "warnings", "provenance", "usage"]);
    assert_eq!(reported["warnings"].as_array().map(Vec::len), Some(2));

    let reported = placed(refused(RefusalReason::OpenEnded, None)).print();
    assert_eq!(names(&reported), [&["reason", "text", "suggestions", "provenance"][..], &end].concat());
    let unnamed = refused(RefusalReason::UnknownTerms, Some(RefusalReason::OutsideModel));
    let reported = placed(unnamed).print();
    assert_eq!(names(&reported), [&["reason", "text", "suggestions", "provenance", "unknownTerms"][..], &end].concat());

    let of_documents = Answer {
        quotes: Some(Vec::new()),
        provenance: Some(Provenance::default()),
        ..refused(RefusalReason::UnknownTerms, None)
    };
    let reported = placed(of_documents).print();
    let begin = ["reason", "text", "suggestions", "quotes", "unknownTerms", "provenance"];
    assert_eq!(names(&reported), [&begin[..], &end].concat());
    assert_eq!(reported["provenance"], json!({"method": null}));

    let clarification = Some(Clarification::default());
    let asked = Answer { clarification, provenance: provenance(None), ..Answer::new(Status::NeedsClarification, "?") };
    let reported = placed(asked).print();
    assert_eq!(names(&reported), [&["text", "clarification", "provenance", "suggestions"][..], &end].concat());
    let needs = Answer { provenance: provenance(None), ..Answer::new(Status::NeedsLlm, "…") };
    let reported = placed(needs).print();
    assert_eq!(names(&reported), [&["text", "provenance", "suggestions"][..], &end].concat());
}

#[test]
fn a_thread_keeps_no_rows_and_no_passages() {
    let chart = Some(Chart { format: ChartFormat::VegaLite, spec: json!({"mark": "bar"}) });
    let (kept, text) = placed(Answer { chart, ..figures(Method::SemanticParse) }).kept();
    assert!(!kept.contains_key("chart") && !kept.contains_key("table") && text == "Net sales: 1.");

    let quote = Quote {
        name: "policy.md".to_owned(),
        heading: Some("Returns".to_owned()),
        page: Some(2),
        text: "30 days".to_owned(),
        ..Quote::default()
    };
    let quoted = Answer {
        quotes: Some(vec![quote]),
        provenance: provenance(Some(Method::DocumentQuote)),
        confidence: Some(Confidence::default()),
        interpretation: Some(Interpretation::default()),
        ..Answer::new(Status::Answered, "30 days")
    };
    let reported = placed(quoted.clone()).print();
    let begin = ["text", "sources", "quotes", "interpretation", "provenance", "confidence"];
    assert_eq!(names(&reported), [&begin[..], &["suggestions", "warnings", "usage"]].concat());
    let (kept, text) = placed(quoted).kept();
    assert_eq!(text, "Quoted from \u{201c}policy.md\u{201d}, page 2.");
    assert_eq!(kept.keys().next_back().map(String::as_str), Some("quotes"));
    assert_eq!(
        kept["quotes"].to_string(),
        r#"[{"documentId":"","name":"policy.md","dataProductId":"","alias":null,"page":2,"index":0}]"#
    );
}

#[test]
fn what_is_kept_is_read_again() {
    let unknown = Refusal::new(RefusalReason::UnknownTerms, vec!["happiness".to_owned()]);
    let refused =
        Answer { refusal: Some(unknown), provenance: provenance(None), ..Answer::new(Status::NotAnswerable, "No.") };
    for answer in [Answer { table: None, ..figures(Method::VerifiedQuery) }, refused] {
        let placed = placed(answer.clone());
        let (kept, _) = placed.kept();
        let read = Answer::parse(&kept.into()).expect("an answer");
        assert_eq!(read, Answer { warnings: placed.warnings, ..answer });
    }
    let of_another = json!({
        "threadId": "t", "status": "guessed", "text": "?",
        "provenance": {"method": "magic", "asOf": "2026-11-20T10:00:00Z"},
        "confidence": {"level": "some"}, "reading": {}, "quotes": [{"documentId": "d", "name": "n", "index": 3}],
    });
    let read = Answer::parse(&of_another).expect("an answer");
    assert_eq!((read.status, read.method(), read.refusal), (Status::Failed, None, None));
    assert_eq!(read.quotes.map(|quotes| quotes[0].index), Some(3));
}
