//! Numbers as people write them: `1,000`, `1.5k`, `2 million`, `ten`, `10%`, `$5`.

use super::{Kind, Token};

const WORDS: [(&str, u32); 29] = [
    ("zero", 0),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
    ("dozen", 12),
];
const SCALES: [(&str, usize); 10] = [
    ("hundred", 2),
    ("k", 3),
    ("thousand", 3),
    ("m", 6),
    ("mn", 6),
    ("mio", 6),
    ("million", 6),
    ("bn", 9),
    ("billion", 9),
    ("millions", 6),
];
const CURRENCIES: [(&str, &str); 14] = [
    ("$", "USD"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("¥", "JPY"),
    ("usd", "USD"),
    ("dollar", "USD"),
    ("dollars", "USD"),
    ("eur", "EUR"),
    ("euro", "EUR"),
    ("euros", "EUR"),
    ("gbp", "GBP"),
    ("pounds", "GBP"),
    ("chf", "CHF"),
    ("francs", "CHF"),
];

/// `1000`, `1,000`, `1.5`, `1.5k`, `007` as decimal digits; anything else, dates among it, is no number.
pub(super) fn plain(word: &str) -> Option<String> {
    if let Some((_, number)) = WORDS.iter().find(|(name, _)| *name == word) {
        return Some(number.to_string());
    }
    let letters = word.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(word.len());
    let (digits, scale) = word.split_at(letters);
    let zeros = match scale {
        "" => 0,
        "k" | "m" | "mn" | "bn" => SCALES.iter().find(|(name, _)| *name == scale)?.1,
        _ => return None,
    };
    scaled(&ungrouped(digits)?, zeros)
}

/// Takes out the commas between thousands.
fn ungrouped(digits: &str) -> Option<String> {
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let all = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let is_grouped = whole.contains(',');
    if !all(first) || (is_grouped && first.len() > 3) || groups.any(|group| group.len() != 3 || !all(group)) {
        return None;
    }
    match fraction {
        Some(rest) if !all(rest) => None,
        Some(rest) => Some(format!("{}.{rest}", whole.replace(',', ""))),
        None => Some(whole.replace(',', "")),
    }
}

/// Moves the point right, without arithmetic that rounds.
fn scaled(digits: &str, zeros: usize) -> Option<String> {
    if digits.len() > 30 {
        return None;
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut moved: String = fraction.chars().chain(std::iter::repeat('0')).take(zeros).collect();
    moved.insert_str(0, whole);
    let rest = fraction.get(zeros..).unwrap_or_default().trim_end_matches('0');
    let trimmed = moved.trim_start_matches('0');
    let whole = if trimmed.is_empty() { "0" } else { trimmed };
    Some(if rest.is_empty() { whole.to_owned() } else { format!("{whole}.{rest}") })
}

/// Joins what stands apart and is one number: `2 million`, `$ 5`, `10 %`, `- 5`.
pub(super) fn joined(tokens: Vec<Token>) -> Vec<Token> {
    let mut joined: Vec<Token> = Vec::with_capacity(tokens.len());
    for token in tokens {
        let before = joined.last();
        let touches = before.is_some_and(|before| before.to == token.from);
        let number = before.and_then(|before| before.number().map(str::to_owned));
        let currency = |text: &str| CURRENCIES.iter().find(|(sign, _)| *sign == text).map(|(_, code)| *code);
        let is_scale = token.kind == Kind::Word && token.text.len() > 2 || touches;
        let scale = SCALES.iter().find(|(name, _)| is_scale && *name == token.text).map(|(_, zeros)| *zeros);
        let kind = match (&number, before) {
            (Some(digits), Some(_)) if token.text == "%" || token.text == "percent" => {
                Some(Kind::Percent(digits.clone()))
            }
            (Some(digits), Some(_)) if scale.is_some() => scaled(digits, scale.unwrap_or(0)).map(Kind::Number),
            (Some(digits), Some(_))
                if token.kind != Kind::Number(digits.clone()) && currency(&token.text).is_some() =>
            {
                currency(&token.text).map(|code| Kind::Money(digits.clone(), code))
            }
            (_, Some(before)) if matches!(before.kind, Kind::Sign) => match (&token.kind, currency(&before.text)) {
                (Kind::Number(digits), Some(code)) => Some(Kind::Money(digits.clone(), code)),
                (Kind::Number(digits), None) if before.text == "-" && touches && is_minus(&joined) => {
                    Some(Kind::Number(format!("-{digits}")))
                }
                _ => None,
            },
            (_, Some(Token { kind: Kind::Money(digits, code), .. })) if scale.is_some() => {
                scaled(digits, scale.unwrap_or(0)).map(|digits| Kind::Money(digits, code))
            }
            _ => None,
        };
        match (kind, joined.last_mut()) {
            (Some(kind), Some(last)) => {
                last.kind = kind;
                last.text = format!("{} {}", last.text, token.text);
                last.lemma = last.text.clone();
                last.to = token.to;
            }
            _ => joined.push(token),
        }
    }
    joined
}

/// The dash that was read last does not stand behind a word or number.
fn is_minus(tokens: &[Token]) -> bool {
    match tokens {
        [.., before, dash] => before.to < dash.from,
        _ => true,
    }
}
