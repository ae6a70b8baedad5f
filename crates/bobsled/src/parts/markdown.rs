//! Markdown that may be shown as it is: without HTML, and without links that run something.

/// Schemes that a link may have; one without a scheme stays within the page.
const SCHEMES: &[&str] = &["http", "https", "mailto"];

/// The text without tags, comments and dangerous link targets. Doing it twice changes nothing more.
pub fn sanitised(text: &str) -> String {
    let mut safe = text.to_owned();
    // What is taken out can make something of what stood around it.
    loop {
        let next = without_dangerous_targets(&without_tags(&safe));
        if next == safe {
            return safe;
        }
        safe = next;
    }
}

/// Drops `<tag …>`, `</tag>`, `<!…>` and `<?…>`; a tag that is not closed goes to the end. `a < b` and `<https://…>` stay.
fn without_tags(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        kept.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let is_link = after.split_once('>').is_some_and(|(inner, _)| is_autolink(inner));
        if is_link || !after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) {
            kept.push('<');
            rest = after;
        } else {
            rest = after.find('>').map_or("", |end| &after[end + 1..]);
        }
    }
    kept.push_str(rest);
    kept
}

fn is_autolink(inner: &str) -> bool {
    let has_scheme = inner.split_once(':').is_some_and(|(scheme, _)| SCHEMES.contains(&scheme));
    has_scheme && !inner.contains(|c: char| c.is_whitespace() || matches!(c, '<' | '"'))
}

/// Empties the targets of `](…)` and `]: …` whose scheme is none of those that are known.
fn without_dangerous_targets(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(']') {
        let (before, after) = rest.split_at(at + 1);
        kept.push_str(before);
        rest = after;
        let Some(inner) = after.strip_prefix('(').or_else(|| after.strip_prefix(':')) else { continue };
        let target = inner.trim_start_matches(|c: char| c.is_whitespace() || c == '<');
        let end = target.find(|c: char| c.is_whitespace() || matches!(c, ')' | '>')).unwrap_or(target.len());
        if is_dangerous(&target[..end]) {
            kept.push_str(&after[..1]);
            kept.push('#');
            rest = &target[end..];
        }
    }
    kept.push_str(rest);
    kept
}

fn is_dangerous(target: &str) -> bool {
    // Browsers skip control characters in schemes, and entities are read before them.
    let plain: String = target.chars().filter(|c| !c.is_control()).collect();
    let Some((scheme, _)) = plain.split_once(':') else { return plain.contains('&') && plain.contains(';') };
    let is_path = scheme.contains(['/', '?', '#']);
    !is_path && !SCHEMES.contains(&scheme.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_and_links_stay() {
        for text in [
            "# Title\n\n*a* < b, 3 > 2\n\n- [x](https://e.com/?a=1&b=2) ![p](/p.png) <https://e.com>",
            "[a]: https://e.com\n[b](mailto:a@b) [c](#here) `x[0]`",
        ] {
            assert_eq!(sanitised(text), text);
        }
    }

    #[test]
    fn what_would_run_goes() {
        for (text, safe) in [
            ("a<script>alert(1)</script>b", "aalert(1)b"),
            ("<img src=x onerror=alert(1)>", ""),
            ("<scr<script>ipt>alert(1)", "ipt>alert(1)"),
            ("a <!-- x --> b", "a  b"),
            ("<iframe src=x", ""),
            ("[x](javascript:alert(1))", "[x](#))"),
            ("[x]( JaVaScRiPt:alert)", "[x](#)"),
            ("[x](java\u{1}script:alert)", "[x](#)"),
            ("[x](javascript&#58;alert)", "[x](#)"),
            ("[x]: data:text/html,y", "[x]:#"),
        ] {
            assert_eq!(sanitised(text), safe, "{text}");
        }
    }
}
