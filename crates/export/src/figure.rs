//! Figures as their sources mean them.

use serde_json::{Number, Value};

/// The digits of a number. A float is rounded to the fifteen that every decimal keeps in it: what it has beyond these was
/// made by adding, as in `0.1 + 0.2`, and no source has said it.
pub fn digits(number: &Number) -> String {
    let float = number.as_f64().filter(|_| number.is_f64());
    match float.and_then(|float| format!("{float:.14e}").parse::<f64>().ok()) {
        Some(rounded) => Value::from(rounded).to_string(),
        None => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Number, json};

    use super::digits;

    #[test]
    fn a_sum_of_decimals_is_a_decimal() {
        let of = |value: serde_json::Value| value.as_number().map(digits);
        for (value, wanted) in [
            (json!(183704.36000000002), "183704.36"),
            (json!(238.54999999999998), "238.55"),
            (json!(0.1 + 0.2), "0.3"),
            (json!(1e300), "1e+300"),
            (json!(-2.5), "-2.5"),
            (json!(1.0), "1.0"),
            (json!(9007199254740993_i64), "9007199254740993"),
        ] {
            assert_eq!(of(value).as_deref(), Some(wanted));
        }
        assert_eq!(digits(&Number::from(7)), "7");
    }
}
