//! Passwords in addresses, which are repeated in nothing that is printed.

/// What stands in the place of a password.
const HIDDEN: &str = "***";
/// Parameters of addresses that hold one.
const PARAMETERS: &[&str] = &["password=", "passwd=", "pwd=", "token=", "secret="];

/// A text for people without the passwords of the addresses in it: of those that the process was called with, however
/// they are written, and of whatever else looks like one.
pub fn redacted(text: &str) -> String {
    let given =
        std::env::args().chain(std::env::vars().filter(|(name, _)| name.starts_with("EMPORION_")).map(|it| it.1));
    hidden_in(text, given)
}

fn hidden_in(text: &str, given: impl Iterator<Item = String>) -> String {
    let mut text = text.to_owned();
    for address in given.filter(|argument| argument.contains("://")) {
        // `--source=address` is an address too.
        let start = address.find("://").unwrap_or(0);
        let start = address[..start].rfind(|c: char| !c.is_ascii_alphanumeric() && c != '+').map_or(0, |at| at + 1);
        let address = &address[start..];
        let hidden = without_password(address);
        if hidden != address {
            text = text.replace(address, &hidden);
        }
    }
    let is_between = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | '(' | ')' | ',');
    text.split_inclusive(is_between)
        .map(|word| match word.contains("://") {
            true => without_password(word),
            false => word.to_owned(),
        })
        .collect()
}

fn without_password(address: &str) -> String {
    let mut address = address.to_owned();
    // A password may hold `/`, `?` and `@` as they are: what counts is the last of the latter.
    if let Some((scheme, rest)) = address.split_once("://")
        && let Some((credentials, host)) = rest.rsplit_once('@')
        && let Some((user, _)) = credentials.split_once(':')
    {
        address = format!("{scheme}://{user}:{HIDDEN}@{host}");
    }
    for parameter in PARAMETERS {
        let Some(found) = address.to_ascii_lowercase().find(parameter) else { continue };
        let start = found + parameter.len();
        let end = address[start..].find(['&', '#', '"', '\'', ' ', '\n']).map_or(address.len(), |at| start + at);
        address.replace_range(start..end, HIDDEN);
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_of_an_address_is_repeated() {
        for address in [
            "postgres://u:hunter2@h/db",
            "postgres://:hunter2@h/db",
            "mysql://u:hunter2@h:3306/db?sslmode=require",
            "postgres://u:p@ss/hunter2?x@h/db",
            "postgres://h/db?user=u&password=hunter2",
            "postgres://h/db?PASSWORD=hunter2&sslmode=require",
            "--source=postgres://u:hunter2@h/db",
            "postgres://u:with 'hunter2@h/db",
        ] {
            let text = format!("unexpected argument '{address}' found");
            let hidden = hidden_in(&text, [address.to_owned()].into_iter());
            assert!(!hidden.contains("hunter2") && hidden.contains("***"), "{hidden}");
            assert!(
                hidden.starts_with("unexpected argument '") && hidden.contains("h/db") || hidden.contains("h:3306")
            );
        }
        let text = "cannot open \"postgres://u:hunter2@h/db\": refused";
        assert_eq!(hidden_in(text, std::iter::empty()), "cannot open \"postgres://u:***@h/db\": refused");
    }

    #[test]
    fn other_texts_stay_as_they_are() {
        for text in ["calling http://127.0.0.1:8585: refused", "a@b:c is no address", "postgres://u@h/db", "", "x ://y"]
        {
            assert_eq!(hidden_in(text, [text.to_owned()].into_iter()), text);
        }
    }
}
