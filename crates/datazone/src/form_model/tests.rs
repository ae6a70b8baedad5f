//! Models that clients send, and content that follows them or does not.

use proptest::prelude::*;
use serde_json::json;

use super::*;

const FULL: &str = r#"
$version: "2.0"
namespace dzd_x
use cloud.forms#glossaryterm

/// Which state an order is in.
enum State { OPEN, DONE = "done" }

string Email
list Emails { member: Email }
@length(max: 2)
map Labels { key: String, value: String }

@mixin
structure Audited { @required reviewedBy: String }

structure Place {
    @required
    city: smithy.api#String
    zip: Zip
}

@pattern("^[0-9]{5}$")
string Zip

structure SalesForm with [Audited] {
    @range(min: 1, max: 10)
    count: Integer

    @documentation("Who buys")
    @length(min: 2, max: 5)
    buyer: String,
    state: State
    places: Places
    emails: Emails
    labels: Labels
    since: Timestamp
    ratio: Double
    active: Boolean
    big: Long
    free: Document
    @glossaryterm("g1")
    category: String
    @cloud.forms#glossaryterm("g2")
    tags: Emails
    parent: SalesForm
}
@uniqueItems
list Places { member: Place }
"#;

fn model() -> SmithyModel {
    SmithyModel::parse(FULL, "SalesForm").unwrap()
}

fn faults(content: Value) -> Vec<String> {
    told(model().read("F", Some(&content.to_string())))
}

fn told(checked: Result<Value, Vec<Violation>>) -> Vec<String> {
    let faults = checked.err().unwrap_or_default();
    faults.into_iter().map(|fault| format!("{} {}", fault.field, fault.rule)).collect()
}

#[test]
fn the_sample_of_the_reference_is_read() {
    let text = "namespace dzd_x\n\nstructure MyForm {\n @required\n name: smithy.api#String\n}";
    let model = SmithyModel::parse(text, "MyForm").unwrap();
    assert_eq!(told(model.read("F", Some("{}"))), ["F.name is missing but it is required"]);
    assert_eq!(model.read("MyForm", Some("{\"name\": \"x\"}")), Ok(json!({ "name": "x" })));
}

#[test]
fn the_id_of_a_domain_is_a_namespace_with_and_without_its_hyphen() {
    for id in ["dzd-0197a3b2c4d5", "dzd_0197a3b2c4d5", "dzd-a_b-c"] {
        let text = format!(
            "$version: \"2.0\"\nnamespace {id}\nuse {id}#Other\n\nstructure MyForm {{\n  @required\n  @{id}#mark\n  \
             name: {id}#Name\n}}\n\nstring Name"
        );
        let model = SmithyModel::parse(&text, "MyForm").unwrap_or_else(|fault| panic!("{fault}\n{text}"));
        assert!(model.read("$", Some(r#"{"name": "a"}"#)).is_ok());
        assert!(model.read("$", Some("{}")).is_err());
    }
    for text in ["structure My-Form { a: String }", "structure MyForm { a-b: String }"] {
        assert!(SmithyModel::parse(text, "MyForm").is_err(), "{text}");
    }
}

#[test]
fn version_and_namespace_may_be_missing_and_a_name_may_be_qualified() {
    assert!(SmithyModel::parse("structure A{a:String b:Integer,c:Boolean}", "provided.A").is_ok());
}

#[test]
fn content_that_follows_the_model_passes() {
    let content = json!({
        "reviewedBy": "jane", "count": 10, "buyer": "ACME", "state": "done",
        "places": [{ "city": "Ulm", "zip": "89073" }, { "city": "Bonn" }], "emails": ["a@b"], "labels": { "a": "b" },
        "since": "2026-01-02T03:04:05Z", "ratio": 0.5, "active": true, "big": 9_007_199_254_740_993i64,
        "free": [1, { "x": null }], "category": "t1", "tags": ["t2", "t3"],
        "parent": { "reviewedBy": "joe", "count": 5.0, "since": 1752602810.307 }, "buyers": null,
    });
    assert_eq!(faults(content), Vec::<String>::new());
}

#[test]
fn all_faults_come_at_once() {
    let content = json!({
        "count": 11, "buyer": "A", "state": "closed", "places": [{ "zip": "x" }, { "zip": "x" }],
        "labels": { "a": 1, "b": "", "c": "" }, "since": "yesterday", "ratio": "1", "active": 1, "big": 1.5,
        "parent": [], "extra": true,
    });
    assert_eq!(
        faults(content),
        [
            "F.reviewedBy is missing but it is required",
            "F.count must be at most 10",
            "F.buyer must have at least 2 characters",
            "F.state must be one of [OPEN, done]",
            "F.places must not hold an item twice",
            "F.places[0].city is missing but it is required",
            "F.places[0].zip must match the pattern ^[0-9]{5}$",
            "F.places[1].city is missing but it is required",
            "F.places[1].zip must match the pattern ^[0-9]{5}$",
            "F.labels must have at most 2 items",
            "F.labels.a must be of type string, not integer",
            "F.since must be a date-time such as 2026-01-02T03:04:05Z",
            "F.ratio must be of type number, not string",
            "F.active must be of type boolean, not integer",
            "F.big must be of type integer, not number",
            "F.parent must be of type object, not array",
            "F.extra is not defined in the form type, which allows no other fields",
        ]
    );
}

#[test]
fn content_must_be_a_json_object() {
    let model = model();
    for content in ["{", "[]", "1", "nope"] {
        assert!(model.read("SalesForm", Some(content)).is_err(), "{content}");
    }
    let missing = ["F.reviewedBy is missing but it is required"];
    assert_eq!(told(model.read("F", None)), missing);
    assert_eq!(told(model.read("F", Some(" \n"))), missing);
    assert_eq!(told(model.read("F", Some("{\n 1"))), ["F is not JSON at line 2, column 2"]);
    let nested = format!("{}{}", "[".repeat(200), "]".repeat(200));
    assert_eq!(told(model.read("F", Some(&nested))), [format!("F {}", emporion_catalog::field::TOO_DEEP)]);
}

#[test]
fn integers_have_the_range_of_their_type() {
    let text = "structure A { a: Byte, b: Short, c: Integer }";
    let model = SmithyModel::parse(text, "A").unwrap();
    assert!(model.read("A", Some(r#"{"a": 127, "b": -32768, "c": 2147483647}"#)).is_ok());
    assert_eq!(model.read("A", Some(r#"{"a": 128, "b": 40000, "c": 2147483648}"#)).unwrap_err().len(), 3);
}

#[test]
fn unions_and_older_enumerations_are_understood() {
    let text = r#"
        @enum([{value: "a", name: "A"}, {value: "b"}])
        string Letter
        union Choice { left: Letter, right: Integer }
        intEnum Level { LOW = 1, HIGH = 2 }
        structure A { choice: Choice, level: Level }
    "#;
    let model = SmithyModel::parse(text, "A").unwrap();
    assert!(model.read("A", Some(r#"{"choice": {"left": "b"}, "level": 2}"#)).is_ok());
    let faults = model.read("A", Some(r#"{"choice": {"left": "c", "right": 1}, "level": 3}"#)).unwrap_err();
    assert_eq!(faults.len(), 3);
}

#[test]
fn terms_that_content_refers_to_are_listed_with_their_glossary() {
    let content = json!({ "category": "t1", "tags": ["t2"], "parent": { "category": "t3" }, "buyer": "no term" });
    let found: Vec<(String, String, String)> = model()
        .term_references("F", &content)
        .into_iter()
        .map(|reference| (reference.field, reference.glossary, reference.term))
        .collect();
    let expected = [("F.category", "g1", "t1"), ("F.tags[0]", "g2", "t2"), ("F.parent.category", "g1", "t3")];
    assert_eq!(found, expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
}

#[test]
fn models_that_make_no_sense_are_refused_with_their_line() {
    let refused = |text: &str| SmithyModel::parse(text, "A").unwrap_err();
    assert_eq!(
        refused("structure A {\n a: Unknown\n}").to_string(),
        "line 2: member \"a\" has the unknown shape \"Unknown\""
    );
    assert!(refused("structure B {}").message.contains("structure called \"A\""));
    for text in [
        "",
        "string A",
        "structure A",
        "structure A {",
        "structure A { a }",
        "structure A { a: }",
        "structure A { a: String, a: String }",
        "structure A {} structure A {}",
        "structure A { @range(min: 2, max: 1) a: Integer }",
        "structure A { @range(\"x\") a: Integer }",
        "structure A { @length(min: \"x\") a: String }",
        "structure A { @pattern(\"(\") a: String }",
        "structure A { @pattern(\"(?=x)\") a: String }",
        "structure A { @pattern(\"(a{1000}){1000}\") a: String }",
        "structure A with [B] {}",
        "structure A with [B] {} structure B with [A] {}",
        "structure A { a: L } list L { x: String }",
        "structure A { a: E } enum E {}",
        "service S {} structure A {}",
        "structure A {} }",
        "structure A { a: String ; b: String }",
        "structure A { a: smithy.api#Nothing }",
    ] {
        SmithyModel::parse(text, "A").expect_err(text);
    }
}

#[test]
fn neither_deep_values_nor_doubling_mixins_exhaust_anything() {
    let deep = format!("@x({}1{}) structure A {{}}", "[".repeat(40_000), "]".repeat(40_000));
    assert!(SmithyModel::parse(&deep, "A").unwrap_err().message.contains("nested"));
    let mut doubling = String::from("structure M0 { a: String }\n");
    for n in 1..60 {
        doubling += &format!("structure M{n} with [M{} M{}] {{}}\n", n - 1, n - 1);
    }
    doubling += "structure A with [M59] {}";
    let model = SmithyModel::parse(&doubling, "A").unwrap();
    assert_eq!(told(model.read("F", Some("{\"a\": 1}"))), ["F.a must be of type string, not integer"]);
    let fields: String = (0..1000).map(|n| format!("m{n}: String ")).collect();
    let copies: String = (0..100).map(|n| format!("structure S{n} with [M] {{}} ")).collect();
    let multiplied = format!("structure M {{ {fields} }} {copies} structure A {{}}");
    assert!(SmithyModel::parse(&multiplied, "A").unwrap_err().message.contains("members"));
    let wide: String = (0..5000).map(|n| format!("m{n}: String ")).collect();
    let wide =
        SmithyModel::parse(&format!("list L {{ member: W }} structure W {{ {wide} }} structure A {{ l: L }}"), "A");
    let content = format!("{{\"l\": [{}{{}}]}}", "{},".repeat(90_000));
    assert!(wide.unwrap().read("A", Some(&content)).is_ok());
    let many: Value =
        (0..10_000).map(|n| (format!("x{n}"), Value::Bool(true))).collect::<serde_json::Map<_, _>>().into();
    assert_eq!(faults(many).len(), 50);
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "(structure |list |enum |A|a|@|\\{|\\}|\\(|\\)|\\[|\\]|:|=|\"|,| |String|1|\n|with ){0,40}") {
        let _ = SmithyModel::parse(&text, "A");
    }

    #[test]
    fn no_content_makes_the_check_panic(content in "(\\{|\\}|\\[|\\]|\"count\"|\"places\"|\"parent\"|:|,|1|\"x\"|null){0,20}") {
        let model = model();
        if let Ok(value) = model.read("SalesForm", Some(&content)) {
            let _ = model.term_references("SalesForm", &value);
        }
    }
}
