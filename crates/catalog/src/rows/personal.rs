//! What is personal in a table: columns that are tagged as such, and columns that hold secrets by their name or type.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Bound;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::Reader;
use crate::boxed::Boxed;
use crate::id::RecordId;
use crate::kinds::GLOSSARY_TERM;
use crate::kinds::column::COLUMNS;
use crate::kinds::table::KEPT_MASKS;
use crate::name;
use crate::problem::Problem;
use crate::record::{Edge, Record};
use crate::relation;
use crate::spelling::decode;

/// The tag of what identifies persons and harms them when it leaks. What stands below it means the same.
pub const SENSITIVE: &str = "PII.Sensitive";
/// Tags by which a person has said that it does not.
const HARMLESS: &[&str] = &["PII.None", "PII.NonSensitive"];
/// What is shown instead of a masked value.
pub const MASK: &str = "********";

/// Which columns of one table hold what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Personal {
    /// The table as a whole is tagged, or so many masks stay that it is masked as a whole.
    whole: bool,
    /// Paths of columns as FQNs are written, those inside a column with a dot.
    tagged: BTreeSet<String>,
    /// Those of them that somebody has tagged, or has confirmed.
    confirmed: BTreeSet<String>,
    harmless: BTreeSet<String>,
    secret: BTreeSet<String>,
    likely: BTreeSet<String>,
    /// Every column, folded, with its type.
    columns: BTreeMap<String, String>,
}

/// Columns that stay masked whatever they are called by now: see [`crate::rules::lasting_masks`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeptMasks {
    Columns(BTreeSet<String>),
    /// They were too many to be kept one by one: every column is masked.
    Whole,
}

impl KeptMasks {
    /// How many are kept one by one, and how long their paths may be together: they are read with each look at the rows.
    pub const MOST: usize = 10_000;
    const MOST_BYTES: usize = 1 << 20;

    pub fn of_body(table: &Map<String, Value>) -> KeptMasks {
        match table.get(KEPT_MASKS) {
            Some(Value::Bool(true)) => KeptMasks::Whole,
            kept => {
                let paths = kept.and_then(Value::as_array).into_iter().flatten();
                KeptMasks::Columns(paths.filter_map(|path| path.as_str().map(str::to_owned)).collect())
            }
        }
    }

    /// As a table keeps them. Nothing where there are none.
    pub fn to_value(&self) -> Option<Value> {
        match self {
            KeptMasks::Columns(paths) if paths.is_empty() => None,
            KeptMasks::Columns(paths) if Self::are_too_many(paths) => Some(Value::Bool(true)),
            KeptMasks::Columns(paths) => Some(paths.iter().map(String::as_str).collect()),
            KeptMasks::Whole => Some(Value::Bool(true)),
        }
    }

    fn are_too_many(paths: &BTreeSet<String>) -> bool {
        paths.len() > Self::MOST || paths.iter().map(String::len).sum::<usize>() > Self::MOST_BYTES
    }
}

impl Personal {
    /// Whether values of the column are masked for those who do not hold the rows: it is tagged, or a secret.
    ///
    /// `path` is as FQNs are written, or the name of a top column.
    /// What is no column of the table may be any of them in another spelling.
    pub fn is_masked(&self, path: &str) -> bool {
        if self.whole {
            return true;
        }
        let path = folded(path);
        // What holds something masked shows it.
        let is_in = |set: &BTreeSet<String>| has(set, &path) || has_below(set, &path);
        !self.columns.contains_key(&path) || is_in(&self.tagged) || is_in(&self.secret)
    }

    /// Paths of those that are masked for what the table itself says of them: secrets, and masks that stay.
    pub fn secrets(&self) -> &BTreeSet<String> {
        &self.secret
    }

    /// The columns by their paths, with their types.
    pub fn columns(&self) -> &BTreeMap<String, String> {
        &self.columns
    }

    /// What a table says by itself, without its labels.
    pub fn of_body(table: &Map<String, Value>) -> Personal {
        let mut personal = Personal::default();
        personal.look_at(table.get("columns"), None);
        match KeptMasks::of_body(table) {
            KeptMasks::Columns(paths) => personal.secret.extend(paths),
            KeptMasks::Whole => personal.whole = true,
        }
        personal
    }

    /// Whether it is masked, and nothing but an unconfirmed proposal says that it should be.
    pub fn is_only_proposed(&self, path: &str) -> bool {
        let path = folded(path);
        let is_sure = || self.whole || has(&self.confirmed, &path) || has(&self.secret, &path);
        self.columns.contains_key(&path) && has(&self.tagged, &path) && !is_sure()
    }

    /// Whether anything of the table is masked.
    pub fn masks_any(&self) -> bool {
        self.whole || !self.tagged.is_empty() || !self.secret.is_empty()
    }

    /// The same, or it looks as if it should be tagged: then no values of it are put anywhere by themselves.
    pub fn is_kept_out(&self, path: &str) -> bool {
        let canonical = folded(path);
        self.is_masked(path) || (has(&self.likely, &canonical) && !has(&self.harmless, &canonical))
    }

    /// The columns of which that holds, as they are named.
    pub fn kept_out<'a>(&'a self, columns: &'a [String]) -> impl Iterator<Item = &'a String> {
        columns.iter().filter(|column| self.is_kept_out(&name::quote(column)))
    }

    fn look_at(&mut self, columns: Option<&Value>, above: Option<&str>) {
        for column in columns.and_then(Value::as_array).into_iter().flatten() {
            let Some(own) = column.get("name").and_then(Value::as_str) else { continue };
            let path = name::join(above, own);
            let text = |field: &str| column.get(field).and_then(Value::as_str).unwrap_or_default();
            let spelled = decode(own);
            let path = folded(&path);
            self.columns.insert(path.clone(), format!("{}\n{}", text("data_type"), text("data_type_display")));
            if is_secret(&spelled, text("data_type"), text("data_type_display")) {
                self.secret.insert(path.clone());
            } else if proposed_for(&spelled, text("data_type")).is_some() {
                self.likely.insert(path.clone());
            }
            self.look_at(column.get("children"), Some(&path));
        }
    }
}

/// A path as it is compared: quoted where it must be, without regard to case.
pub fn folded(path: &str) -> String {
    let path = path.trim();
    name::fold(&name::canonical(path).unwrap_or_else(|| name::quote(path)))
}

/// Whether the set has the path or something above it.
fn has(set: &BTreeSet<String>, path: &str) -> bool {
    set.contains(path) || path.match_indices('.').any(|(end, _)| set.contains(&path[..end]))
}

/// Whether the set has something below the path: what begins with it stands together.
fn has_below(set: &BTreeSet<String>, path: &str) -> bool {
    let above = format!("{path}.");
    let from = (Bound::Included(above.as_str()), Bound::Unbounded);
    set.range::<str, _>(from).next().is_some_and(|first| first.starts_with(&above))
}

impl Reader<'_> {
    /// What is personal in each of the tables, in their order.
    ///
    /// Cost: one read of labels, and two of what glossary terms among them imply.
    pub fn personal<'a>(&'a self, tables: &'a [&'a Record]) -> Boxed<'a, Result<Vec<Personal>, Problem>> {
        Box::pin(async move {
            let ids: Vec<RecordId> = tables.iter().map(|table| table.id).collect();
            let labels = self.snapshot.edges_from(&ids, Some(&[relation::TAGGED])).await?;
            let sensitive = self.sensitive(&labels).await?;
            let harmless = self.meaning(&labels, |fqn| HARMLESS.contains(&fqn)).await?;
            let mut all = Vec::with_capacity(tables.len());
            for table in tables {
                let mut personal = Personal::of_body(&table.body);
                for label in labels.iter().filter(|label| label.from == table.id) {
                    let column = COLUMNS.path(&label.at);
                    match column {
                        None if label.at.is_empty() => personal.whole |= sensitive.contains(&label.to),
                        Some(path) if sensitive.contains(&label.to) => {
                            personal.tagged.insert(folded(path));
                            if !is_proposal(label) {
                                personal.confirmed.insert(folded(path));
                            }
                        }
                        Some(path) if harmless.contains(&label.to) => drop(personal.harmless.insert(folded(path))),
                        _ => {}
                    }
                }
                all.push(personal);
            }
            Ok(all)
        })
    }

    /// What of that to which the labels lead says that something is personal.
    pub fn sensitive<'a>(&'a self, labels: &'a [Edge]) -> Boxed<'a, Result<HashSet<RecordId>, Problem>> {
        Box::pin(async move { self.meaning(labels, is_sensitive).await })
    }

    /// Those of the labels that are such a tag, or a glossary term that bears one.
    async fn meaning(&self, labels: &[Edge], is_meant: impl Fn(&str) -> bool) -> Result<HashSet<RecordId>, Problem> {
        let account = self.principal.account;
        let ids = |edges: &[Edge]| {
            let mut ids: Vec<RecordId> = edges.iter().map(|edge| edge.to).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let direct = self.snapshot.cards(account, &ids(labels)).await?;
        let terms: Vec<RecordId> =
            direct.iter().flatten().filter(|card| card.kind == GLOSSARY_TERM).map(|card| card.id).collect();
        let mut meant: HashSet<RecordId> =
            direct.iter().flatten().filter(|card| is_meant(&card.fqn)).map(|card| card.id).collect();
        if terms.is_empty() {
            return Ok(meant);
        }
        let borne = self.snapshot.edges_from(&terms, Some(&[relation::TAGGED])).await?;
        let tags = self.snapshot.cards(account, &ids(&borne)).await?;
        let is_borne = |edge: &&Edge| tags.iter().flatten().any(|card| card.id == edge.to && is_meant(&card.fqn));
        meant.extend(borne.iter().filter(is_borne).map(|edge| edge.from));
        Ok(meant)
    }
}

pub fn is_sensitive(fqn: &str) -> bool {
    fqn.strip_prefix(SENSITIVE).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether a label is what a program proposes, and nobody has confirmed.
pub fn is_proposal(label: &Edge) -> bool {
    let says = |name: &str, word: &str| label.attributes.get(name).and_then(Value::as_str) == Some(word);
    says("label_type", "Automated") && says("state", "Suggested")
}

/// The words of a name: `apiKey`, `API_KEY` and `api-key` are the same two.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for c in name.chars() {
        let begins = c.is_uppercase() && !before.is_uppercase();
        if !c.is_alphanumeric() {
            before = c;
            continue;
        }
        match words.last_mut() {
            Some(word) if before.is_alphanumeric() && !begins => word.extend(c.to_lowercase()),
            _ => words.push(c.to_lowercase().collect()),
        }
        before = c;
    }
    words
}

/// Whether a type can hold a text or bytes; an unknown one may.
fn is_textual(data_type: &str) -> bool {
    const OTHER: &[&str] = &[
        "INT",
        "BIGINT",
        "SMALLINT",
        "TINYINT",
        "MEDIUMINT",
        "BYTEINT",
        "LONG",
        "NUMBER",
        "NUMERIC",
        "DECIMAL",
        "FLOAT",
        "DOUBLE",
        "MONEY",
        "BOOLEAN",
        "DATE",
        "DATETIME",
        "TIME",
        "TIMESTAMP",
        "TIMESTAMPZ",
        "YEAR",
        "INTERVAL",
    ];
    !OTHER.iter().any(|other| other.eq_ignore_ascii_case(data_type))
}

/// Whether a column holds secrets, as its name or its type says.
fn is_secret(name: &str, data_type: &str, display: &str) -> bool {
    const ALONE: &[&str] = &[
        "password",
        "passwords",
        "passwd",
        "pwd",
        "passphrase",
        "passcode",
        "secret",
        "secrets",
        "token",
        "tokens",
        "hash",
        "hashes",
        "salt",
        "credential",
        "credentials",
        "otp",
        "cvv",
        "cvc",
        "apikey",
        "pincode",
    ];
    let words = words(name);
    let is_named = words.iter().any(|word| ALONE.contains(&word.as_str()))
        // A key that is a text opens something, or stands for somebody; one that is a number joins tables.
        || (words.len() > 1 && words.last().is_some_and(|word| word == "key") && is_textual(data_type));
    let is_typed = self::words(display).iter().any(|word| ["password", "secret", "token"].contains(&word.as_str()));
    is_typed || (is_named && is_textual(data_type))
}

/// Words in the names of columns that identify persons, in each language of the pages: a line in brackets says how those below
/// it are looked for.
const LANGUAGES: &[&str] = &[include_str!("personal/en.txt"), include_str!("personal/de.txt")];

/// Those of all languages at once.
static NAMING: LazyLock<PersonalNames> = LazyLock::new(|| PersonalNames {
    words: listed("words").flat_map(str::split_whitespace).collect(),
    pairs: listed("pairs").filter_map(|line| line.split_once(' ')).collect(),
    whole: listed("whole").flat_map(str::split_whitespace).collect(),
    births: listed("births").flat_map(str::split_whitespace).collect(),
    numbers: listed("numbers").flat_map(str::split_whitespace).collect(),
});

struct PersonalNames {
    /// Wherever they stand in a name.
    words: HashSet<&'static str>,
    /// One behind the other.
    pairs: HashSet<(&'static str, &'static str)>,
    /// Where they are the name.
    whole: HashSet<&'static str>,
    /// With one of these a name is meant of a column of any type, with one of the others of a number as well.
    births: HashSet<&'static str>,
    numbers: HashSet<&'static str>,
}

/// The lines of a list.
fn listed(wanted: &str) -> impl Iterator<Item = &'static str> {
    let lines = LANGUAGES.iter().flat_map(|language| language.lines());
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let named = lines.scan("", |list, line| {
        let name = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        *list = name.unwrap_or(*list);
        Some((*list, name.is_none().then_some(line)))
    });
    named.filter(move |(list, _)| *list == wanted).filter_map(|(_, line)| line)
}

/// The tag that a crawler proposes for a column of that name and type.
pub fn proposed_for(name: &str, data_type: &str) -> Option<&'static str> {
    let PersonalNames { words: alone, pairs, whole, births, numbers } = &*NAMING;
    let words = words(name);
    let has = |list: &HashSet<&str>| words.iter().any(|word| list.contains(word.as_str()));
    let fits = is_textual(data_type) || has(births) || has(numbers);
    let is_meant = has(alone)
        || words.windows(2).any(|pair| pairs.contains(&(pair[0].as_str(), pair[1].as_str())))
        || matches!(words.as_slice(), [word] if whole.contains(word.as_str()));
    // `email_id`, `phone_count`: what counts or points is nobody's.
    let points = words.last().is_some_and(|word| ["count", "flag", "verified", "enabled"].contains(&word.as_str()));
    (is_meant && fits && !points && data_type != "BOOLEAN").then_some(SENSITIVE)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_known_by_name_and_type() {
        for name in
            ["password", "password_hash", "apiKey", "API_KEY", "auth-token", "PasswordSalt", "secret_key", "hash"]
        {
            assert!(is_secret(name, "VARCHAR", ""), "{name}");
        }
        for (name, data_type) in
            [("customer_key", "INT"), ("key", "VARCHAR"), ("tokenised", "VARCHAR"), ("hash", "BOOLEAN")]
        {
            assert!(!is_secret(name, data_type, ""), "{name}");
        }
        assert!(is_secret("x", "USER_DEFINED", "app.password"));
    }

    #[test]
    fn personal_columns_are_proposed_by_name() {
        for name in ["email", "EMail", "customer_email", "first_name", "LastName", "phone", "address", "date_of_birth"]
        {
            assert_eq!(proposed_for(name, "VARCHAR"), Some(SENSITIVE), "{name}");
        }
        for name in
            ["Vorname", "kunden_nachname", "Telefon", "strasse", "Straße", "PLZ", "steuerNummer", "konto_nr", "Adresse"]
        {
            assert_eq!(proposed_for(name, "VARCHAR"), Some(SENSITIVE), "{name}");
        }
        for (name, data_type) in [
            ("birth_date", "DATE"),
            ("geburtsdatum", "DATE"),
            ("geb_datum", "DATE"),
            ("plz", "INT"),
            ("kontonummer", "BIGINT"),
        ] {
            assert_eq!(proposed_for(name, data_type), Some(SENSITIVE), "{name}");
        }
        for (name, data_type) in [
            ("name", "VARCHAR"),
            ("product_name", "VARCHAR"),
            ("email_count", "INT"),
            ("region", "VARCHAR"),
            ("address_id", "INT"),
            ("kunde", "VARCHAR"),
            ("kunden_nr", "VARCHAR"),
            ("ort", "VARCHAR"),
            ("kontostand", "DECIMAL"),
            ("konto", "VARCHAR"),
            ("datum", "DATE"),
        ] {
            assert_eq!(proposed_for(name, data_type), None, "{name}");
        }
    }

    #[test]
    fn what_stands_in_a_personal_column_is_personal() {
        let mut personal = Personal::default();
        let columns = json!([{"name": "who", "data_type": "STRUCT", "children": [{"name": "x.y", "data_type": "INT"}]},
                             {"name": "token", "data_type": "VARCHAR"}, {"name": "mail", "data_type": "VARCHAR"}]);
        personal.look_at(Some(&columns), None);
        personal.tagged.insert("who".into());
        assert!(personal.is_masked("who") && personal.is_masked("who.\"x.y\"") && personal.is_masked("token"));
        assert!(!personal.is_masked("mail") && personal.is_kept_out("mail"));
        let inner = json!({"columns": [{"name": "who", "data_type": "STRUCT", "children": [
            {"name": "pin", "data_type": "STRUCT", "children": [{"name": "hash", "data_type": "TEXT"}]},
            {"name": "age", "data_type": "INT"}]}]});
        let inner = Personal::of_body(inner.as_object().unwrap());
        assert!(inner.is_masked("who") && inner.is_masked("who.pin") && !inner.is_masked("who.age"));
        assert!(personal.is_only_proposed("who") && personal.is_only_proposed("who.\"x.y\""));
        assert!(!personal.is_only_proposed("token") && !personal.is_only_proposed("nothing"));
        personal.confirmed.insert("who".into());
        assert!(!personal.is_only_proposed("who") && !personal.is_only_proposed("who.\"x.y\""));
        for other in ["TOKEN", " token ", "main.t.token", "`token`", "who.X.Y", "nothing"] {
            assert!(personal.is_masked(other), "{other}");
        }
        personal.harmless.extend(["mail".to_owned(), "token".to_owned()]);
        // A label is easily put on: it opens no secret.
        assert!(!personal.is_kept_out("mail") && personal.is_masked("token"));
    }

    /// As many looks as a path has parents, and one for what is below it, however many masks there are.
    #[test]
    fn masks_are_found_among_very_many() {
        let wide = |prefix: &str, many: usize| (0..many).map(|n| format!("{prefix}{n:05}")).collect::<Vec<_>>();
        let columns =
            |n: &str| json!({"name": n, "data_type": "STRUCT", "children": [{"name": "x", "data_type": "INT"}]});
        let mut kept = wide("gone", KeptMasks::MOST - 3);
        kept.extend(["c00007", "c00009.x", "c00011.x.deep"].map(str::to_owned));
        let mut body = json!({"columns": wide("c", 2_000).iter().map(|n| columns(n)).collect::<Vec<_>>()});
        body["kept_masks"] = KeptMasks::Columns(kept.into_iter().collect()).to_value().unwrap();
        let mut personal = Personal::of_body(body.as_object().unwrap());
        assert!(!personal.whole);
        // What tags and secrets there are besides counts for as little.
        personal.tagged.extend(wide("gone", 20_000));
        let masked: Vec<String> = wide("c", 2_000)
            .into_iter()
            .flat_map(|name| [format!("{name}.x"), name])
            .filter(|path| personal.is_masked(path))
            .collect();
        assert_eq!(masked, ["c00007.x", "c00007", "c00009.x", "c00009", "c00011.x", "c00011"]);
        // Neither what merely begins alike nor a dot within a name is above anything.
        let set = BTreeSet::from(["a-b".to_owned(), "a.b.c".to_owned(), "\"p.q\".r".to_owned(), "z".to_owned()]);
        assert!(has_below(&set, "a") && has_below(&set, "a.b") && has_below(&set, "\"p.q\""));
        assert!(
            !has_below(&set, "a.b.c") && !has_below(&set, "a-b") && !has_below(&set, "p") && !has_below(&set, "zz")
        );
        assert!(has(&set, "a.b.c.d") && has(&set, "z.y") && !has(&set, "a.b") && !has(&set, "zz"));
    }

    #[test]
    fn too_many_masks_mask_the_table() {
        let paths =
            |many: usize, length: usize| KeptMasks::Columns((0..many).map(|n| format!("{n:0length$}")).collect());
        let body =
            |kept: &KeptMasks| json!({"columns": [{"name": "a", "data_type": "INT"}], KEPT_MASKS: kept.to_value()});
        for (kept, is_whole) in [
            (paths(KeptMasks::MOST, 5), false),
            (paths(KeptMasks::MOST + 1, 5), true),
            (paths(1_000, 2_000), true),
            (KeptMasks::Whole, true),
        ] {
            let body = body(&kept);
            let body = body.as_object().unwrap();
            assert_eq!(KeptMasks::of_body(body), if is_whole { KeptMasks::Whole } else { kept });
            assert_eq!(Personal::of_body(body).is_masked("a"), is_whole);
        }
        assert_eq!(KeptMasks::Columns(BTreeSet::new()).to_value(), None);
    }
}
