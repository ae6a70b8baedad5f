//! Numbers as people read them: by a format such as `#,##0.00` or `0.0%`, with their unit.

use serde_json::Value;

/// A number, also where the source answers decimals as texts.
pub fn of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
        _ => None,
    }
    .filter(|number: &f64| number.is_finite())
}

/// As people read it: by its format and with its unit.
pub fn shown(value: &Value, format: Option<&str>, unit: Option<&str>) -> String {
    let Some(number) = of(value) else {
        return match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
    };
    // Whole numbers beyond what a float holds are shown as they came.
    if let (Value::Number(whole), None) = (value, format)
        && let Some(whole) = whole.as_i64()
    {
        return with_unit(grouped(&whole.to_string()), unit);
    }
    let text = match format {
        Some(format) => formatted(number, format),
        None => plain(number),
    };
    with_unit(text, unit)
}

fn with_unit(text: String, unit: Option<&str>) -> String {
    match unit {
        Some(unit) if !text.ends_with('%') => format!("{text} {unit}"),
        _ => text,
    }
}

/// A number by a format. A percentage is a hundred times what it is.
pub fn formatted(number: f64, format: &str) -> String {
    let is_percent = format.contains('%');
    let number = if is_percent { number * 100.0 } else { number };
    let decimals = match format.split_once('.') {
        Some((_, rest)) => rest.chars().take_while(|c| matches!(c, '0' | '#')).count().min(10),
        None => 0,
    };
    let text = fixed(number, decimals);
    let text = if format.contains(',') { grouped(&text) } else { text };
    if is_percent { format!("{text} %") } else { text }
}

/// Two decimals, or as many as show something of a small number.
fn plain(number: f64) -> String {
    if number == number.trunc() && number.abs() < 1e15 {
        return grouped(&fixed(number, 0));
    }
    let decimals = if number.abs() >= 1.0 {
        2
    } else {
        let first = -number.abs().log10().floor();
        if first.is_finite() { (first as usize).saturating_add(2).min(12) } else { 2 }
    };
    let text = fixed(number, decimals);
    grouped(text.trim_end_matches('0').trim_end_matches('.'))
}

/// With so many decimals. Halves are rounded away from nothing, as people do it.
pub fn fixed(number: f64, decimals: usize) -> String {
    let scale = 10f64.powi(i32::try_from(decimals).unwrap_or(0));
    let scaled = number * scale;
    let rounded = if scaled.is_finite() && scaled.abs() < 9e15 {
        (scaled + scaled.signum() * 1e-9).round() / scale
    } else {
        number
    };
    let text = format!("{rounded:.decimals$}");
    // No zero below zero.
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| matches!(c, '0' | '.')) => rest.to_owned(),
        _ => text,
    }
}

/// Digits in groups of three.
pub fn grouped(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    match fraction {
        Some(fraction) => format!("{sign}{out}.{fraction}"),
        None => format!("{sign}{out}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_shown_by_their_formats() {
        for (value, format, unit, wanted) in [
            (json!(1284500), Some("#,##0"), Some("EUR"), "1,284,500 EUR"),
            (json!(1234.5), Some("#,##0.00"), None, "1,234.50"),
            (json!(0.0825), Some("0.0%"), Some("EUR"), "8.3 %"),
            (json!(-0.001), Some("0.0"), None, "0.0"),
            (json!("1234567.891"), None, None, "1,234,567.89"),
            (json!(9007199254740993_i64), None, None, "9,007,199,254,740,993"),
            (json!(0.00123), None, None, "0.00123"),
            (json!(-999), None, None, "-999"),
            (json!(2.5), None, Some("h"), "2.5 h"),
            (json!(1.005), Some("0.00"), None, "1.01"),
            (json!(0.125), Some("0.00"), None, "0.13"),
        ] {
            assert_eq!(shown(&value, format, unit), wanted);
        }
    }
}
