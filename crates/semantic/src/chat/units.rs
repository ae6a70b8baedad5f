//! Units, as people and models write them.

/// A unit, and how people write it.
const UNITS: [(&str, &[&str]); 22] = [
    ("EUR", &["eur", "euro", "euros", "€"]),
    ("USD", &["usd", "dollar", "dollars", "$", "us dollars"]),
    ("GBP", &["gbp", "pounds", "£"]),
    ("CHF", &["chf", "franc", "francs"]),
    ("JPY", &["jpy", "yen", "¥"]),
    ("ms", &["ms", "millisecond", "milliseconds"]),
    ("s", &["s", "sec", "secs", "second", "seconds"]),
    ("min", &["min", "mins", "minute", "minutes"]),
    ("h", &["h", "hr", "hrs", "hour", "hours"]),
    ("d", &["d", "day", "days"]),
    ("mm", &["mm", "millimetres", "millimeters"]),
    ("cm", &["cm", "centimetres", "centimeters"]),
    ("m", &["metre", "metres", "meter", "meters"]),
    ("km", &["km", "kilometre", "kilometres", "kilometer", "kilometers"]),
    ("mi", &["mi", "mile", "miles"]),
    ("m²", &["m²", "m2", "sqm"]),
    ("g", &["g", "gram", "grams"]),
    ("kg", &["kg", "kilo", "kilos", "kilogram", "kilograms"]),
    ("t", &["ton", "tons", "tonne", "tonnes"]),
    ("l", &["l", "litre", "litres", "liter", "liters"]),
    ("kWh", &["kwh", "kilowatt hours"]),
    ("%", &["%", "percent"]),
];

/// The unit of one way to write it.
pub(super) fn unit(written: &str) -> Option<&'static str> {
    let written = written.trim().to_lowercase();
    UNITS
        .iter()
        .find(|(unit, words)| unit.to_lowercase() == written || words.contains(&written.as_str()))
        .map(|(unit, _)| *unit)
}

/// What a unit measures, and how many of the first of its kind one of it is.
pub(super) fn scale(written: &str) -> Option<(&'static str, f64)> {
    Some(match unit(written)? {
        "ms" => ("s", 0.001),
        "s" => ("s", 1.0),
        "min" => ("s", 60.0),
        "h" => ("s", 3_600.0),
        "d" => ("s", 86_400.0),
        "mm" => ("m", 0.001),
        "cm" => ("m", 0.01),
        "m" => ("m", 1.0),
        "km" => ("m", 1_000.0),
        "mi" => ("m", 1_609.344),
        "g" => ("g", 1.0),
        "kg" => ("g", 1_000.0),
        "t" => ("g", 1_000_000.0),
        _ => return None,
    })
}

/// How long one of a unit of time is.
pub(super) fn seconds(written: &str) -> Option<f64> {
    scale(written).filter(|(kind, _)| *kind == "s").map(|(_, times)| times)
}

/// The same unit, or a larger or smaller one of its kind.
pub(super) fn is_like(one: &str, other: &str) -> bool {
    let kind = |written: &str| scale(written).map(|(kind, _)| kind);
    unit(one).is_some() && unit(one) == unit(other) || kind(one).is_some() && kind(one) == kind(other)
}

/// The unit that a name says: `wait_minutes`, `amount_eur`.
pub(super) fn of_name(words: &[String]) -> Option<&'static str> {
    const TIMES: [&str; 8] = ["dur", "duration", "time", "length", "wait", "len", "elapsed", "age"];
    let (last, rest) = words.split_last()?;
    let is_short = last.len() < 3 || last == "min";
    let is_said = if is_short { rest.iter().any(|word| TIMES.contains(&word.as_str())) } else { !rest.is_empty() };
    let is_unit = seconds(last).is_some() || ["eur", "usd", "gbp", "chf", "jpy", "kg", "km"].contains(&last.as_str());
    // `milliseconds` alone says both what it is and in what.
    let is_alone = rest.is_empty() && last.starts_with("millisecond");
    unit(last).filter(|_| is_unit && (is_said || is_alone || last == "ms" && !rest.is_empty()))
}

/// The code of a currency.
pub(super) fn is_money(unit: &str) -> bool {
    unit.len() == 3 && unit.chars().all(|letter| letter.is_ascii_uppercase())
}
