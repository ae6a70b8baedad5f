//! Randomness for keys, nonces and generated credentials: the operating system's, nothing else.

use rand::TryRngCore as _;
use rand::rngs::OsRng;

/// Random bytes.
///
/// A machine that cannot produce randomness cannot keep a secret either, so there is no error to handle: going on
/// with predictable keys would be worse than stopping.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    OsRng.try_fill_bytes(&mut out).expect("the operating system provides randomness");
    out
}

/// `count` characters drawn evenly from `alphabet` (at most 256 symbols, ASCII).
pub(crate) fn text(alphabet: &[u8], count: usize) -> String {
    // Bytes at or above the largest multiple of the alphabet's size would favour its first symbols: draw again.
    let fair = 256 - 256 % alphabet.len();
    let mut out = String::with_capacity(count);
    while out.len() < count {
        for byte in bytes::<32>() {
            if usize::from(byte) < fair && out.len() < count {
                out.push(char::from(alphabet[usize::from(byte) % alphabet.len()]));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_of_the_alphabet_is_drawn_about_equally_often() {
        let drawn = text(b"abc", 30_000);
        for symbol in ['a', 'b', 'c'] {
            let share = drawn.chars().filter(|&c| c == symbol).count();
            assert!((9_300..=10_700).contains(&share), "{symbol} was drawn {share} times in 30000");
        }
    }

    #[test]
    fn two_draws_differ() {
        assert_ne!(bytes::<32>(), bytes::<32>());
    }
}
