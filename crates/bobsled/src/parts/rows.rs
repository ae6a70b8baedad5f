//! The rows of the operation table that a part stands for.

use emporion_edge::shape::{Member, Shape, Struct};
use emporion_products::parts::part::Part;
use emporion_products::parts::spec::Spec;
use emporion_products::shapes::COUNT;
use http::Method;

use super::handlers;
use super::paths::{self, Verb};
use crate::operation::{Operation, Root};
use crate::shapes::common::{CURSOR, DELETED, IDEMPOTENCY_KEY, INCLUDE_TOTAL, IS_DEPLOYED, LIMIT, SEARCH};

/// Made once, at start: names and shapes live as long as the program.
pub fn of(part: &'static dyn Part) -> Vec<Operation> {
    let spec = part.spec();
    let paths = paths::of(spec);
    let list = paths.list().leak();
    let one = format!("{list}/{{{}}}", paths.label).leak();
    let answer = object(title(spec.one), vec![Member::required(spec.one, Shape::Struct(spec.object))]);
    let row = |method: Method, path: &'static str, verb: &str, summary: String| {
        let name = format!("{}_{verb}", spec.many).leak();
        Operation::new(method, Root::Products, path, name, summary.leak()).section(paths.section)
    };
    let (noun, nouns) = (spec.noun, spec.nouns);
    let rows = paths.verbs.iter().map(|verb| match verb {
        Verb::List => row(Method::GET, list, "list", format!("List the {nouns} of a {{product}}"))
            .with(&query(spec))
            .gives(listed(spec))
            .by(move |door, call| handlers::list(part, door, call)),
        Verb::Create => row(Method::POST, list, "create", format!("Store a {noun}"))
            .with(&[IDEMPOTENCY_KEY])
            .takes(spec.create)
            .gives(answer)
            .creates()
            .errors(&[404, 409, 415, 422])
            .by(move |door, call| handlers::create(part, door, call)),
        Verb::Get => row(Method::GET, one, "get", format!("Get a {noun}"))
            .gives(answer)
            .by(move |door, call| handlers::get(part, door, call)),
        Verb::Revise => row(Method::POST, one, "revise", format!("Store a new revision of a {noun}"))
            .with(&[IDEMPOTENCY_KEY])
            .takes(spec.create)
            .gives(answer)
            .errors(&[404, 409, 412, 415, 422])
            .guarded_by(move |door, call, condition| handlers::revise(part, door, call, condition)),
        Verb::Delete => row(Method::DELETE, one, "delete", format!("Delete a {noun}"))
            .gives(&DELETED)
            .errors(&[404, 409, 412])
            .guarded_by(move |door, call, condition| handlers::delete(part, door, call, condition)),
    });
    rows.collect()
}

fn query(spec: &Spec) -> Vec<Member> {
    let mut query = vec![LIMIT, CURSOR, INCLUDE_TOTAL];
    query.extend(spec.has_drafts().then_some(IS_DEPLOYED));
    query.extend((!spec.search.is_empty()).then_some(SEARCH));
    query
}

fn listed(spec: &Spec) -> &'static Struct {
    let of: &'static Shape = Box::leak(Box::new(Shape::Struct(spec.line())));
    let members = vec![
        Member::required(spec.many, Shape::List { of, min: 0, max: usize::MAX }),
        Member::required("count", COUNT),
        Member::optional("totalCount", COUNT),
    ];
    object(format!("{}List", title(spec.one)), members)
}

fn object(name: String, members: Vec<Member>) -> &'static Struct {
    let name = if name.ends_with("List") { name } else { format!("{name}Answer") };
    Box::leak(Box::new(Struct { name: name.leak(), members: members.leak(), open: true }))
}

/// The member's name as the name of a component.
fn title(member: &str) -> String {
    let mut letters = member.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}
