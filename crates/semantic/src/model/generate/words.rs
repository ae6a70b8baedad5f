//! Names of tables and columns as words.

/// `order_date`, `orderDate`, `Order Date` and `ORDER_DATE` are `order`, `date`; `CustomerID` is `customer`, `id`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = vec![String::new()];
    for (at, c) in letters.iter().enumerate() {
        if !c.is_alphanumeric() {
            words.push(String::new());
            continue;
        }
        let before = at.checked_sub(1).map(|at| letters[at]);
        let follows_small = before.is_some_and(|before| before.is_lowercase());
        // The last capital of `IDNumber` begins the next word.
        let begins_small =
            before.is_some_and(char::is_uppercase) && letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if c.is_uppercase() && (follows_small || begins_small) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Nouns that have no plural, or are one that no ending tells.
const SAME: [&str; 56] = [
    "advice",
    "baggage",
    "cash",
    "cattle",
    "children",
    "clothing",
    "criteria",
    "data",
    "equipment",
    "evidence",
    "feedback",
    "feet",
    "fish",
    "freight",
    "fuel",
    "furniture",
    "hardware",
    "information",
    "inventory",
    "jewelry",
    "knowledge",
    "luggage",
    "machinery",
    "mail",
    "media",
    "men",
    "merchandise",
    "mice",
    "metadata",
    "money",
    "music",
    "news",
    "payroll",
    "people",
    "personnel",
    "police",
    "produce",
    "progress",
    "research",
    "series",
    "sheep",
    "software",
    "species",
    "staff",
    "stock",
    "stuff",
    "telemetry",
    "teeth",
    "traffic",
    "transport",
    "travel",
    "usage",
    "waste",
    "water",
    "weather",
    "women",
];

/// The singular of an English plural, as far as its ending tells.
pub(super) fn singular(word: &str) -> String {
    if SAME.contains(&word) {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    let ends = |ending: &&str| word.ends_with(*ending);
    if ["sses", "xes", "ches", "shes"].iter().any(ends) {
        return word[..word.len() - 2].to_owned();
    }
    match word.strip_suffix('s') {
        Some(stem) if !stem.ends_with('s') && stem.len() > 1 => stem.to_owned(),
        _ => word.to_owned(),
    }
}

/// The plural of a word or words, as far as the ending tells.
pub(crate) fn plural(words: &str) -> String {
    let ends = |ending: &&str| words.ends_with(*ending);
    if words.rsplit(' ').next().is_some_and(|last| SAME.contains(&last)) {
        return words.to_owned();
    }
    if let Some(stem) = words.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u'])) {
        return format!("{stem}ies");
    }
    match words {
        plural if plural.ends_with('s') || plural.is_empty() => plural.to_owned(),
        one if ["x", "ch", "sh"].iter().any(ends) => format!("{one}es"),
        one => format!("{one}s"),
    }
}

/// A name as people write it: `order_date` and `orderDate` are both "Order date".
pub fn label(name: &str) -> String {
    let words = words(name).join(" ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A name that questions can say: `order_date`.
pub(super) fn plain_name(name: &str) -> String {
    words(name).join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        for (name, wanted) in [
            ("order_date", "order date"),
            ("OrderDate", "order date"),
            ("Order Details", "order details"),
            ("CustomerID", "customer id"),
            ("IDNumber", "id number"),
            ("UNIT_PRICE", "unit price"),
            ("address2", "address2"),
            ("Größe_in_M", "größe in m"),
            ("--", ""),
        ] {
            assert_eq!(words(name).join(" "), wanted, "{name}");
        }
        for (plural, wanted) in [
            ("orders", "order"),
            ("countries", "country"),
            ("addresses", "address"),
            ("boxes", "box"),
            ("class", "class"),
            ("series", "series"),
            ("news", "news"),
        ] {
            assert_eq!(singular(plural), wanted);
        }
        for (one, wanted) in [
            ("film actor", "film actors"),
            ("country", "countries"),
            ("day", "days"),
            ("orders", "orders"),
            ("box", "boxes"),
            ("staff", "staff"),
            ("lab equipment", "lab equipment"),
            ("inventory", "inventory"),
            ("time series", "time series"),
            ("people", "people"),
            ("staff member", "staff members"),
        ] {
            assert_eq!(plural(one), wanted);
        }
    }
}
