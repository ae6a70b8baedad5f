//! How large something is.

use crate::text::texts::Texts;

/// Bytes as people say them. Larger units are called alike in every language.
pub fn size(t: Texts, bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return t.count("admin.bytes", bytes);
    }
    let (mut size, mut unit) = (bytes as f64 / 1024.0, 0);
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{} {}", t.tenths(size), UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::size;
    use crate::text::texts::Texts;

    #[test]
    fn sizes_are_said_as_people_do() {
        let rendered = |code| {
            let t = Texts::by_code(code).expect("it is spoken");
            [1, 12, 2_048, 5 << 20, 3 << 40, 2_048 << 40].map(|bytes| size(t, bytes))
        };
        assert_eq!(rendered("en"), ["1 byte", "12 bytes", "2.0 KiB", "5.0 MiB", "3.0 TiB", "2,048.0 TiB"]);
        assert_eq!(rendered("de"), ["1 Byte", "12 Bytes", "2,0 KiB", "5,0 MiB", "3,0 TiB", "2.048,0 TiB"]);
    }
}
