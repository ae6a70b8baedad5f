//! NullMeaning: what a description says of rows in which a field is empty: "Empty while the animal is alive", "empty for open
//! complaints".

use super::ground::{FieldId, Ground, Type};
use super::names::{further, phrases};
use super::schema_graph;
use super::times;
use super::words::{Phrases, fold, lemma, lemmas};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NullMeaning {
    /// It comes to be filled when something is over.
    pub is_lasting: bool,
    /// It may do so: "for" is said as well of some that never have any.
    pub may_last: bool,
    /// What the rows are as long as it is empty: "alive", "in service".
    pub state: Option<Vec<String>>,
}

/// What binds "empty" to what it means.
static BINDERS: Phrases = Phrases::named("null_meaning.BINDERS");
/// Of something that lasts.
static LASTING: Phrases = Phrases::named("null_meaning.LASTING");
/// How things are that are not over.
static STATES: Phrases = Phrases::named("scan.lasting.STATES");
static STILL: Phrases = Phrases::named("scan.lasting.STILL");
static SUBJECT: Phrases = Phrases::named("null_meaning.SUBJECT");
/// Of these nothing is known of what the rows are.
static VAGUE: Phrases = Phrases::named("null_meaning.VAGUE");

/// What is said of a field; of what is computed of fields nothing is.
pub(super) fn of(ground: &Ground, field: FieldId) -> Option<&NullMeaning> {
    ground.derived().null_meanings.get(field.0)?.as_ref()
}

/// Its description says of some rows that it is empty: "empty unless sold", "null for online orders".
pub(super) fn may_be_empty(ground: &Ground, field: FieldId) -> bool {
    let said = fold(ground.field(field).names.description.as_deref().unwrap_or_default());
    let words: Vec<&str> = said.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_said = |at: usize| {
        ["empty", "null", "blank"].contains(&words[at]) && !(at > 0 && ["never", "not", "non"].contains(&words[at - 1]))
    };
    (0..words.len()).any(is_said)
}

/// As its description says it.
pub(super) fn described(ground: &Ground, field: FieldId) -> Option<NullMeaning> {
    let known = ground.field(field);
    let said = fold(known.names.description.as_deref()?);
    let clauses = said.split([';', ',', '.', ':']).map(|clause| clause.split_whitespace().collect::<Vec<&str>>());
    let bound = |clause: Vec<&str>| {
        let at = clause.windows(2).position(|pair| {
            ["empty", "null", "blank"].contains(&pair[0]) && (pair[1] == "as" || BINDERS.contains(&pair[1]))
        })?;
        let is_never = at > 0 && ["never", "not", "non"].contains(&clause[at - 1]);
        let rest = clause[at + 1..].join(" ");
        let binder = BINDERS.iter().find(|binder| rest.starts_with(&format!("{binder} ")))?;
        (!is_never).then(|| (*binder, rest[binder.len()..].split(' ').map(lemma).collect::<Vec<String>>()))
    };
    let (binder, rest) = clauses.into_iter().find_map(bound)?;
    let things = &ground.dataset(known.dataset).names;
    let own = [phrases(things).concat(), further(things).concat(), lemmas(&known.names.name)].concat();
    let is_mixed = said.split([' ', ',', ';']).any(|word| ["and", "or"].contains(&word));
    let state = Some(rest).filter(|_| !is_mixed && binder != "until" && binder != "before");
    let state = state.and_then(|rest| state_of(rest, &own, binder == "for"));
    // "Empty for new stores" of a renovation says of which there is none, and of nothing that ends.
    let is_state = |words: &Vec<String>| STATES.iter().chain(STILL.iter()).any(|said| lemmas(said) == *words);
    let ends = |words: &[&str]| times::is_called_plainly(ground, field, words);
    let is_end = || state.as_ref().is_some_and(is_state) || ends(&times::ENDS) || ends(&times::OVER);
    let may_last = known.is_time && (LASTING.contains(&binder) || binder == "for");
    Some(NullMeaning { is_lasting: may_last && (binder != "for" || is_end()), may_last, state })
}

/// What is empty while a thing is in a state may be empty in others: what was cancelled is not on its way, and of payments without
/// a card another text says how they were made.
pub(super) fn is_doubtful(ground: &Ground, field: FieldId) -> bool {
    let of = ground.field(field).dataset;
    let is_other_end =
        |id: FieldId| Some(id) != times::own(ground, of) && times::is_called_plainly(ground, id, &times::OVER);
    let is_open = |id: FieldId| {
        let known = ground.field(id);
        known.ty == Type::Text && !known.is_time && !known.is_key && !known.is_enumerated
    };
    let says_it = |id: FieldId| match ground.field(field).is_time {
        true => is_other_end(id),
        false => is_open(id) && !schema_graph::identity(ground, of).contains(&id),
    };
    ground.fields_of(of).any(|id| id != field && says_it(id))
}

fn state_of(words: Vec<String>, own: &[String], is_for: bool) -> Option<Vec<String>> {
    let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let count = words.len();
    let is_subject = |word: &String| own.contains(word) || SUBJECT.contains(&word.as_str());
    let rest: Vec<String> = words.into_iter().skip_while(is_subject).collect();
    let end = rest.iter().rposition(|word| !own.contains(word))? + 1;
    // "for sculptures" names some of them, "for open complaints" says what they are.
    let is_said = !is_for || count > end;
    let is_plain = |word: &String| word.chars().all(char::is_alphabetic) && !VAGUE.contains(&word.as_str());
    let is_word = end > 1 || rest[0].len() > 3;
    (is_said && is_word && end <= 2 && rest[..end].iter().all(is_plain)).then(|| rest[..end].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::read::tests::grounds;

    #[test]
    fn a_description_says_what_rows_are_while_it_is_empty() {
        let rows = [
            ("Empty while the subscription is alive", true, Some("alive")),
            ("Last day; empty as long as it is in use", true, Some("in use")),
            ("Empty for open subscriptions", true, Some("open")),
            ("Empty for the living", true, Some("living")),
            ("Empty for sculptures", true, None),
            ("Empty until it is paid", false, None),
            ("Empty while it is not cancelled", true, None),
            ("Empty for stores and for open subscriptions", true, None),
        ];
        for (said, is_lasting, state) in rows {
            let mut ground = grounds::subscriptions();
            let at = ground.fields.iter().position(|field| field.names.name == "cancelled_at").expect("a field");
            ground.fields[at].names.description = Some(said.to_owned());
            let known = of(&ground, FieldId(at)).unwrap_or_else(|| panic!("{said}"));
            assert_eq!(
                (known.is_lasting, known.state.as_ref().map(|words| words.join(" ")).as_deref()),
                (is_lasting, state),
                "{said}"
            );
        }
        // Of what is not called so, "for" says of which there is none.
        for (said, is_lasting) in [("Empty for sculptures", false), ("Empty for open invoices", true)] {
            let mut ground = grounds::subscriptions();
            let at = ground.fields.iter().position(|field| field.names.name == "issued_on").expect("a field");
            ground.fields[at].names.description = Some(said.to_owned());
            assert_eq!(of(&ground, FieldId(at)).map(|it| it.is_lasting), Some(is_lasting), "{said}");
        }
        for said in ["Discount, never empty, 0 if there is none", "When it was emptied", ""] {
            let mut ground = grounds::subscriptions();
            let at = ground.fields.iter().position(|field| field.names.name == "cancelled_at").expect("a field");
            ground.fields[at].names.description = Some(said.to_owned());
            assert_eq!(of(&ground, FieldId(at)), None, "{said}");
        }
    }
}
