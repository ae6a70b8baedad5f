//! `Idempotency-Key`: which keys are taken.

/// 1 to 255 printable ASCII characters, as UUIDs and most generators give them.
pub fn is_key(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_printable_and_bounded() {
        assert!(is_key("4f6c2b0e-5d0e-4c0f-9a55-1f6a2b3c4d5e"));
        for text in ["", "a\nb", "é", &"k".repeat(256)] {
            assert!(!is_key(text), "{text}");
        }
    }
}
