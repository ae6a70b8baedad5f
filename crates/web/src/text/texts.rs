//! What the pages say, one file per language.

mod sentences;

use std::collections::HashMap;
use std::sync::LazyLock;

use emporion_catalog::read::Count;
use emporion_edge::request::Request;
use toml::Value;

use crate::request::preferences;
use crate::text::time_zone::TimeZoneChoice;

struct Language {
    code: &'static str,
    /// What it calls itself.
    name: &'static str,
    /// What stands between thousands.
    thousands: &'static str,
    /// What stands before tenths.
    point: &'static str,
    file: &'static str,
}

const LANGUAGES: &[Language] = &[
    Language { code: "en", name: "English", thousands: ",", point: ".", file: include_str!("../../texts/en.toml") },
    Language { code: "de", name: "Deutsch", thousands: ".", point: ",", file: include_str!("../../texts/de.toml") },
];

static TEXTS: LazyLock<Vec<HashMap<String, String>>> =
    LazyLock::new(|| LANGUAGES.iter().map(|language| flat(language.file)).collect());

/// How a reader is told things: the texts of one language, and the clocks that times are told by. Cheap to copy.
#[derive(Debug, Clone, Copy, Default)]
pub struct Texts {
    language: usize,
    pub clocks: TimeZoneChoice,
}

impl Texts {
    /// The language that a reader has chosen, else the first of those that his browser asks for; and the clocks that he has
    /// chosen.
    pub fn of(request: &Request) -> Texts {
        let chosen = preferences::language(request).and_then(|code| Texts::by_code(&code));
        let asked = || {
            let header = request.header("accept-language")?;
            header.split(',').find_map(|part| Texts::by_code(part.split([';', '-']).next()?.trim()))
        };
        chosen.or_else(asked).unwrap_or_default().by_clocks(preferences::clocks(request))
    }

    /// The same by other clocks.
    pub fn by_clocks(self, clocks: TimeZoneChoice) -> Texts {
        Texts { clocks, ..self }
    }

    pub fn by_code(code: &str) -> Option<Texts> {
        let language = LANGUAGES.iter().position(|language| language.code.eq_ignore_ascii_case(code))?;
        Some(Texts { language, ..Texts::default() })
    }

    pub fn code(&self) -> &'static str {
        LANGUAGES[self.language].code
    }

    /// Code and name of every language.
    pub fn languages(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        LANGUAGES.iter().map(|language| (language.code, language.name))
    }

    /// The text of a key; the key, where there is none (a test finds such).
    pub fn say(&self, key: &str) -> String {
        self.text(key).to_owned()
    }

    /// What [`Texts::say`] says, not copied: for templates.
    pub fn text<'k>(&self, key: &'k str) -> &'k str {
        self.find(key).unwrap_or(key)
    }

    pub fn find(&self, key: &str) -> Option<&'static str> {
        TEXTS[self.language].get(key).map(String::as_str)
    }

    /// What a door is called; its name, where no text calls it otherwise.
    pub fn door(&self, name: &str) -> String {
        self.find(&format!("door.{name}")).unwrap_or(name).to_owned()
    }

    /// The doors that changes come in by, with what they are called, in that order.
    pub fn doors(&self) -> Vec<(&'static str, String)> {
        let named = |(key, text): (&'static String, &String)| Some((key.strip_prefix("door.")?, text.clone()));
        let mut doors: Vec<_> = TEXTS[self.language].iter().filter_map(named).collect();
        doors.sort_by(|a, b| a.1.cmp(&b.1));
        doors
    }

    /// The text with its blanks, `{name}`, filled.
    pub fn with(&self, key: &str, values: &[(&str, &str)]) -> String {
        let text = self.find(key).unwrap_or(key);
        let mut rendered = String::with_capacity(text.len() + 32);
        let mut rest = text;
        // What is filled in is not looked at again: it may hold braces of its own.
        while let Some((before, after)) = rest.split_once('{') {
            rendered.push_str(before);
            let Some((name, behind)) = after.split_once('}') else {
                rest = after;
                continue;
            };
            rendered.push_str(values.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value));
            rest = behind;
        }
        rendered.push_str(rest);
        rendered
    }

    /// So many of something: `key.one` or `key.many`.
    pub fn count(&self, key: &str, number: impl TryInto<u64>) -> String {
        let number = number.try_into().unwrap_or(0);
        let form = if number == 1 { "one" } else { "many" };
        self.with(&format!("{key}.{form}"), &[("n", &self.number(number))])
    }

    /// The same of a count; where it is not exact, as a round number that there are at least.
    pub fn counted(&self, key: &str, count: Count) -> String {
        match count {
            Count { number, is_exact: true } => self.count(key, number),
            Count { number: 0, .. } => self.say("count.not_counted"),
            Count { number, .. } => self.with("count.or_more", &[("many", &self.count(key, rounded(number)))]),
        }
    }

    /// Its number alone.
    pub fn amount(&self, count: Count) -> String {
        match count.is_exact {
            true => self.number(count.number),
            false => format!("{}+", self.number(rounded(count.number))),
        }
    }

    pub fn number(&self, number: u64) -> String {
        self.grouped(&number.to_string())
    }

    fn grouped(&self, digits: &str) -> String {
        let mut rendered = String::with_capacity(digits.len() * 2);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                rendered.push_str(LANGUAGES[self.language].thousands);
            }
            rendered.push(digit);
        }
        rendered
    }

    /// A number as it was written, in digits with an optional sign and fraction.
    pub fn decimal(&self, digits: &str) -> String {
        let (sign, digits) = digits.split_at(digits.len() - digits.trim_start_matches('-').len());
        let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
        let point = LANGUAGES[self.language].point;
        let fraction = fraction.map(|digits| format!("{point}{digits}")).unwrap_or_default();
        format!("{sign}{}{fraction}", self.grouped(whole))
    }

    /// A figure as it is written in English, in the notation of this language.
    pub fn figure(&self, written: &str) -> String {
        let (thousands, point) = self.separators();
        let sign = |c: char| match c {
            ',' => thousands,
            '.' => point,
            other => other,
        };
        written.chars().map(sign).collect()
    }

    /// What stands between thousands, and before tenths.
    pub fn separators(&self) -> (char, char) {
        let Language { thousands, point, .. } = &LANGUAGES[self.language];
        let sign = |text: &str| text.chars().next().unwrap_or_default();
        (sign(thousands), sign(point))
    }

    /// A number that is not negative, with one decimal.
    pub fn tenths(&self, number: f64) -> String {
        let tenths = (number * 10.0).round() as u64;
        format!("{}{}{}", self.number(tenths / 10), LANGUAGES[self.language].point, tenths % 10)
    }
}

/// The number with its first digit alone.
fn rounded(number: u64) -> u64 {
    let place = 10_u64.pow(number.checked_ilog10().unwrap_or(0));
    number / place * place
}

fn flat(file: &str) -> HashMap<String, String> {
    let read: toml::Table = file.parse().expect("the languages' files are read by a test");
    let mut texts = HashMap::new();
    put("", &Value::Table(read), &mut texts);
    texts
}

fn put(at: &str, value: &Value, texts: &mut HashMap<String, String>) {
    match value {
        Value::Table(members) => {
            for (name, value) in members {
                put(&if at.is_empty() { name.clone() } else { format!("{at}.{name}") }, value, texts);
            }
        }
        Value::String(text) => drop(texts.insert(at.to_owned(), text.clone())),
        _ => {}
    }
}

/// What a field is called, where it has a name for people.
pub fn field_name(t: Texts, field: &str) -> String {
    t.find(&format!("field.{field}")).map_or_else(|| field.replace('_', " "), str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn blanks(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).collect()
    }

    #[test]
    fn what_was_not_counted_to_its_end_is_said_so() {
        let t = Texts::by_code("en").expect("it is spoken");
        let rendered = |number, is_exact| t.counted("count.products", Count { number, is_exact });
        assert_eq!(rendered(1, true), "1 product");
        assert_eq!([rendered(1, false), rendered(247, false)], ["1 product or more", "200 products or more"]);
        assert_eq!((rendered(0, true).as_str(), rendered(0, false).as_str()), ("0 products", "not counted"));
        assert_eq!(
            [(247, true), (247, false)].map(|(number, is_exact)| t.amount(Count { number, is_exact })),
            ["247", "200+"]
        );
    }

    #[test]
    fn every_language_says_everything_with_the_same_blanks() {
        for language in &TEXTS[1..] {
            let (one, other): (BTreeSet<_>, BTreeSet<_>) = (TEXTS[0].keys().collect(), language.keys().collect());
            assert!(one == other, "one has and the other lacks {:?}", one.symmetric_difference(&other));
            for (key, text) in language {
                assert_eq!(blanks(text), blanks(&TEXTS[0][key]), "{key}");
            }
        }
    }

    /// Keys stand in templates and sources as the first argument of the functions that say them.
    #[test]
    fn what_is_said_has_a_text() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut missing = BTreeSet::new();
        let of = ["src", "templates", "../web-kit"];
        let mut folders = of.map(|folder| root.join(folder)).to_vec();
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = std::fs::read_to_string(&path).expect("a text");
                let counting = &[".one", ".many"][..];
                for (function, forms) in [
                    ("say(\"", &[""][..]),
                    (".t.text(\"", &[""]),
                    (" t.text(\"", &[""]),
                    ("with(\"", &[""]),
                    ("count(\"", counting),
                    ("t.counted(\"", counting),
                ] {
                    for part in text.split(function).skip(1) {
                        let Some((key, _)) = part.split_once('"') else { continue };
                        // Headers are put `with` names, too, which have no dot.
                        for form in forms.iter().filter(|_| key.contains('.') && !key.ends_with('.')) {
                            let key = format!("{key}{form}");
                            if !TEXTS[0].contains_key(&key) {
                                missing.insert(key);
                            }
                        }
                    }
                }
            }
        }
        assert_eq!(missing, BTreeSet::new());
    }

    #[test]
    fn blanks_are_filled_once_and_numbers_are_grouped() {
        let (texts, german) = (Texts::default(), Texts::by_code("de").expect("it is spoken"));
        assert_eq!(texts.number(1_234_567), "1,234,567");
        assert_eq!(german.number(12_345), "12.345");
        assert_eq!(texts.number(999), "999");
        assert_eq!([texts.decimal("-1000.50"), german.decimal("5000000.1234")], ["-1,000.50", "5.000.000,1234"]);
        assert_eq!([texts.tenths(2.0), german.tenths(1_023.96)], ["2.0", "1.024,0"]);
        assert_eq!([texts.figure("-1,234.5 %"), german.figure("-1,234.5 %")], ["-1,234.5 %", "-1.234,5 %"]);
        assert_eq!(texts.with("no such key {a} {b}", &[("a", "{b}"), ("b", "c")]), "no such key {b} c");
    }
}
