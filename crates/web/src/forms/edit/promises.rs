//! The contract of a product in a form: a field for each promise. Between form and record it is one text, an object of what
//! stands in the fields that are filled, in the order of the promises.

use emporion_catalog::field::{Field, FieldType};
use emporion_catalog::kind::Kind;
use serde_json::{Map, Number, Value};

use crate::forms::choice::{self, Choice};
use crate::forms::form::Form;
use crate::products::contract::{self, FIELD, FRESHNESS, MINUTES_OF_DAY};
use crate::text::texts::Texts;

/// What the form shows of one.
pub struct Input {
    pub name: String,
    pub label: String,
    pub value: String,
    /// What is offered; of a number, nothing.
    pub choices: Vec<Choice>,
    pub is_wrong: bool,
}

fn promises(kind: Kind) -> &'static [Field] {
    match kind.field(FIELD).and_then(|field| field.form) {
        Some(FieldType::Struct(promises)) => promises,
        _ => &[],
    }
}

fn name(promise: &Field) -> String {
    format!("{FIELD}.{}", promise.name)
}

fn text(values: impl Iterator<Item = (&'static str, String)>) -> String {
    let filled = values.filter(|(_, value)| !value.is_empty());
    let filled: Map<String, Value> = filled.map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    if filled.is_empty() { String::new() } else { Value::Object(filled).to_string() }
}

fn of_text(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

fn typed<'a>(all: &'a Map<String, Value>, promise: &Field) -> &'a str {
    all.get(promise.name).and_then(Value::as_str).unwrap_or_default()
}

/// What a record says.
pub fn rendered(kind: Kind, contract: Option<&Value>) -> String {
    let plain = |promise: &Field| match contract.and_then(|contract| contract.get(promise.name)) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if promise.name == FRESHNESS => age(number),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    text(promises(kind).iter().map(|promise| (promise.name, plain(promise))))
}

/// What a form has sent.
pub fn sent(kind: Kind, form: &Form) -> String {
    text(promises(kind).iter().map(|promise| (promise.name, form.trimmed(&name(promise)).to_owned())))
}

/// What somebody typed over what others have said since he began: theirs, where he left what stood there.
pub fn merged(kind: Kind, (before, theirs): (&str, &str), mine: &str) -> String {
    let (before, theirs, mine) = (of_text(before), of_text(theirs), of_text(mine));
    let either = |promise: &Field| {
        let mine = typed(&mine, promise);
        if mine == typed(&before, promise) { typed(&theirs, promise) } else { mine }.to_owned()
    };
    text(promises(kind).iter().map(|promise| (promise.name, either(promise))))
}

pub fn inputs(t: Texts, kind: Kind, text: &str) -> Vec<Input> {
    let all = of_text(text);
    let input = |promise: &Field| {
        let value = typed(&all, promise);
        let unit = t.find(&format!("promise.unit.{}", promise.name));
        let label = contract::called(t, promise.name);
        Input {
            name: name(promise),
            label: unit.map_or_else(|| label.clone(), |unit| format!("{label} ({unit})")),
            choices: match promise.ty {
                FieldType::Choice(values) => choices(t, values, value),
                _ => Vec::new(),
            },
            is_wrong: !value.is_empty() && number(t, promise, value).is_err(),
            value: value.to_owned(),
        }
    };
    promises(kind).iter().map(input).collect()
}

fn choices(t: Texts, values: &[&str], chosen: &str) -> Vec<Choice> {
    let choice = |value: &str, name: String| Choice { is_chosen: value == chosen, value: value.to_owned(), name };
    let none = choice("", t.say("new.nothing"));
    std::iter::once(none).chain(values.iter().map(|value| choice(value, choice::rendered(t, value)))).collect()
}

/// What the record is to say; or what is wrong with which field.
pub fn value(t: Texts, kind: Kind, text: &str) -> Result<Value, String> {
    let all = of_text(text);
    let filled = promises(kind).iter().filter(|promise| !typed(&all, promise).is_empty());
    let found = filled.map(|promise| Ok((promise.name.to_owned(), number(t, promise, typed(&all, promise))?)));
    let found: Map<String, Value> = found.collect::<Result<_, String>>()?;
    Ok(if found.is_empty() { Value::Null } else { Value::Object(found) })
}

/// Of one promise.
fn number(t: Texts, promise: &Field, text: &str) -> Result<Value, String> {
    let label = contract::called(t, promise.name);
    let refused = |key: &str| t.with(key, &[("name", &label)]);
    match promise.ty {
        FieldType::Choice(values) if values.contains(&text) => Ok(Value::from(text)),
        FieldType::Choice(_) => Err(refused("edit.not_offered")),
        FieldType::Within { min, max } => {
            // Some write a comma where others write a point.
            let number: Number =
                serde_json::from_str(&text.replacen(',', ".", 1)).map_err(|_| refused("edit.no_number"))?;
            let is_within = number.as_f64().is_some_and(|number| (min..=max).contains(&number));
            let bounds = [("name", &*label), ("min", &*min.to_string()), ("max", &*max.to_string())];
            if is_within { Ok(Value::Number(number)) } else { Err(t.with("edit.not_within", &bounds)) }
        }
        _ if promise.name == FRESHNESS => minutes(text).map(Value::from).ok_or_else(|| refused("edit.no_age")),
        _ => whole(text).map(Value::from).ok_or_else(|| refused("edit.no_count")),
    }
}

/// Digits alone: a sign between them is a point to some and nothing to others.
fn whole(text: &str) -> Option<u64> {
    let is_whole = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_whole && i64::try_from(*number).is_ok())
}

/// `90`, `90 min`, `48 h`, `2 d`, and as pages say it: `2 days`.
fn minutes(text: &str) -> Option<u64> {
    const HOUR: u64 = 60;
    let units = [
        ("minutes", 1),
        ("minuten", 1),
        ("minute", 1),
        ("min", 1),
        ("hours", HOUR),
        ("hour", HOUR),
        ("stunden", HOUR),
        ("stunde", HOUR),
        ("h", HOUR),
        ("days", MINUTES_OF_DAY),
        ("day", MINUTES_OF_DAY),
        ("tage", MINUTES_OF_DAY),
        ("tag", MINUTES_OF_DAY),
        ("d", MINUTES_OF_DAY),
    ];
    let text = &text.to_lowercase();
    let (number, unit) =
        units.iter().find_map(|(unit, long)| Some((text.strip_suffix(unit)?.trim_end(), *long))).unwrap_or((text, 1));
    whole(number)?.checked_mul(unit).filter(|minutes| *minutes > 0 && i64::try_from(*minutes).is_ok())
}

fn age(minutes: &Number) -> String {
    match minutes.as_u64() {
        Some(long) if long > 0 && long % MINUTES_OF_DAY == 0 => format!("{} d", long / MINUTES_OF_DAY),
        Some(long) if long > 0 && long % 60 == 0 => format!("{} h", long / 60),
        _ => minutes.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use emporion_catalog::kinds;
    use serde_json::json;

    use super::*;

    fn product() -> Kind {
        Kind(kinds::ALL.iter().find(|kind| kind.name == "data_product").expect("the kind"))
    }

    fn english() -> Texts {
        Texts::by_code("en").expect("English")
    }

    #[test]
    fn what_a_record_says_comes_back_from_its_form() {
        let (kind, t) = (product(), english());
        let promised = json!({"tier": "GOLD", "availability": 99.5, "response_time": 200, "data_freshness": 2880});
        let text = rendered(kind, Some(&promised));
        assert_eq!(value(t, kind, &text), Ok(promised));
        assert_eq!((rendered(kind, None), value(t, kind, "")), (String::new(), Ok(Value::Null)));
        let inputs = inputs(t, kind, &text);
        assert_eq!(inputs[0].name, "sla.tier");
        assert_eq!(inputs[0].choices.iter().find(|choice| choice.is_chosen).expect("one").value, "GOLD");
        assert_eq!((&*inputs[1].label, &*inputs[1].value), ("Available (%)", "99.5"));
        assert_eq!(inputs[3].value, "2 d");
        assert!(inputs.iter().all(|input| !input.is_wrong));
    }

    #[test]
    fn numbers_are_read_as_they_were_meant_or_refused() {
        let (kind, t) = (product(), english());
        let one = |name: &str, text: &str| {
            let read = value(t, kind, &json!({name: text}).to_string());
            read.map(|value| value[name].clone())
        };
        assert_eq!(one("availability", "99,5"), Ok(json!(99.5)));
        for odd in ["much", "1.2.3", "1,000,000", "\"", "NaN", "true"] {
            assert_eq!(one("availability", odd), Err("Available: a number, such as 99.5".to_owned()), "{odd}");
        }
        assert_eq!(one("availability", "101"), Err("Available: from 0 to 100".to_owned()));
        assert_eq!(one("tier", "PLATINUM"), Err("Class: choose one from the list".to_owned()));
        for (text, minutes) in
            [("90", 90), ("90 min", 90), ("48 h", 2_880), ("2d", 2_880), ("1 day", 1_440), ("12 Stunden", 720)]
        {
            assert_eq!(one("data_freshness", text), Ok(json!(minutes)), "{text}");
        }
        for odd in [
            "1,000",
            "1.000",
            "60.0",
            "1e3",
            "-5",
            "+5",
            "0",
            "0 d",
            "99999999999999999999",
            "9223372036854775807 d",
            "d",
        ] {
            assert!(one("data_freshness", odd).is_err(), "{odd}");
        }
        for odd in ["1,000", "60.0", "1e3", "5 ms"] {
            let refused = "Answers within: a whole number, such as 1440".to_owned();
            assert_eq!(one("response_time", odd), Err(refused), "{odd}");
        }
        assert!(inputs(t, kind, r#"{"availability": "much"}"#)[1].is_wrong);
    }

    #[test]
    fn what_others_have_promised_meanwhile_stays() {
        let merge = |before: Value, theirs: Value, mine: Value| {
            let text = |value: Value| if value.is_null() { String::new() } else { value.to_string() };
            let merged = merged(product(), (&text(before), &text(theirs)), &text(mine));
            serde_json::from_str::<Value>(&merged).unwrap_or_default()
        };
        let before = json!({"tier": "GOLD", "availability": "99"});
        let theirs = json!({"tier": "SILVER", "data_freshness": "2 d"});
        let mine = json!({"tier": "GOLD", "availability": "95"});
        let all = json!({"tier": "SILVER", "availability": "95", "data_freshness": "2 d"});
        assert_eq!(merge(before.clone(), theirs, mine.clone()), all);
        assert_eq!(merge(before, Value::Null, mine), json!({"availability": "95"}));
    }
}
