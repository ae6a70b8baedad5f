//! Addresses that tell a secret: a password in them, or a parameter by which they let somebody in.

use percent_encoding::percent_decode_str;

/// Words that name a secret by themselves.
const WORDS: &[&str] = &["auth", "authorization", "jwt", "pass", "sas", "sig"];

/// What ends the names of secrets, whatever they begin with.
const ENDS: &[&str] = &[
    "accesskey",
    "accountkey",
    "apikey",
    "authkey",
    "credential",
    "credentials",
    "encryptionkey",
    "hexkey",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "pwd",
    "secret",
    "secretkey",
    "sharedkey",
    "signature",
    "signingkey",
    "subscriptionkey",
    "token",
];

/// Whether a text is an address that tells a secret: `scheme://user:password@host`, `https://host/file?sig=…`. Names of
/// parameters are taken by whole words: `author` and `design` are none.
pub fn tells_secret(text: &str) -> bool {
    let pairs = text.split(['?', '&', ';', '#']).skip(1).filter_map(|pair| pair.split_once('='));
    password(text).is_some() || pairs.into_iter().any(|(name, value)| !value.is_empty() && names_secret(name))
}

/// An address without the parameters of its query that let somebody in, and those, as they are meant.
pub fn without_secrets(address: &str) -> (String, Vec<(String, String)>) {
    let mut secrets = Vec::new();
    let (rest, fragment) = address.find('#').map_or((address, ""), |at| address.split_at(at));
    let Some((place, query)) = rest.split_once('?') else { return (address.to_owned(), secrets) };
    let mut open: Vec<&str> = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=').filter(|(name, value)| !value.is_empty() && names_secret(name)) {
            Some((name, value)) => secrets.push((decoded(name), decoded(value))),
            None => open.push(pair),
        }
    }
    if secrets.is_empty() {
        return (address.to_owned(), secrets);
    }
    let mark = if open.is_empty() { "" } else { "?" };
    (format!("{place}{mark}{}{fragment}", open.join("&")), secrets)
}

/// A name or a value of a query as it is meant.
fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// The password of an address, if there is one.
pub fn password(text: &str) -> Option<&str> {
    user(text)?.split_once(':').map(|(_, password)| password).filter(|password| !password.is_empty())
}

/// What stands before the host: `user:password`, `user`.
pub fn user(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("//").or_else(|| text.split_once("://").map(|(_, rest)| rest))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit_once('@').map(|(user, _)| user)
}

/// Whether a parameter of that name, as it stands in an address, lets somebody in.
pub fn names_secret(name: &str) -> bool {
    let name = percent_decode_str(name).decode_utf8_lossy();
    let words = words(&name);
    let whole = words.concat();
    let two = words.windows(2).map(|two| two.concat());
    // A key of something is mostly none that opens it.
    whole == "key" || words.iter().cloned().chain(two).chain([whole.clone()]).any(|word| is_secret(&word))
}

fn is_secret(word: &str) -> bool {
    WORDS.contains(&word) || ENDS.iter().any(|end| word.ends_with(end))
}

/// A name taken apart at what is neither a letter nor a digit, and where a capital begins a word.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut chars = name.chars().peekable();
    let mut last = ' ';
    while let Some(c) = chars.next() {
        let is_end = c.is_uppercase() && (last.is_lowercase() || chars.peek().is_some_and(|next| next.is_lowercase()));
        if !c.is_alphanumeric() || is_end {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        last = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_lets_somebody_in_tells_a_secret() {
        for text in [
            "https://u:pw@h/a.csv",
            "//u:pw@h/a.csv",
            "jdbc:postgresql://u:p@w@h?x=1",
            "https://h/a?sv=1&sig=abc",
            "https://h/a?%73ig=abc",
            "https://h/a?X-Amz-Signature=abc",
            "https://h/a?X-Amz-Credential=abc",
            "https://h/a?x-goog-signature=abc",
            "https://h/a#access_token=abc",
            "https://h/a?accessToken=abc",
            "https://h/a?APIKey=abc",
            "https://h/a?api_key=abc",
            "https://h/a?key=abc",
            "https://h/a?SIG=abc",
            "https://h/a?sIg=abc",
            "https://h/a?auth=abc",
            "https://h/a?client_secret=abc",
            "shop.db?password=pw",
            "shop.db?sslpassword=pw",
            "jdbc:sqlserver://h;user=u;pwd=pw",
        ] {
            assert!(tells_secret(text), "{text}");
        }
    }

    #[test]
    fn parameters_that_let_somebody_in_are_taken_off_an_address() {
        for (address, open, secrets) in [
            ("https://h/a?sv=1&sig=a%2Bb&x=2", "https://h/a?sv=1&x=2", vec![("sig", "a+b")]),
            ("https://h/a?key=1&token=t+u#f", "https://h/a#f", vec![("key", "1"), ("token", "t u")]),
            ("https://h/a?sv=1&sig=", "https://h/a?sv=1&sig=", vec![]),
            ("https://h/a#sig=x", "https://h/a#sig=x", vec![]),
            ("https://h/a", "https://h/a", vec![]),
        ] {
            let secrets = secrets.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            assert_eq!(without_secrets(address), (open.to_owned(), secrets), "{address}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        for text in [
            "https://h/a?author=x&authority=y",
            "https://h/a?design=2&assigned=me",
            "https://h/a?keyword=x&partition_key=id&primaryKey=id&monkey=1",
            "https://h/a?tokens=3&compass=n",
            "https://h/a?token=",
            "https://h/token=x/a.csv",
            "https://h/a?token",
            "s3://b/user@example.com/a.parquet",
            "s3://b/u:v@example.com/a.parquet",
            "https://u@h/a.csv",
            "https://h:80/a?mail=u:v@x",
            "a:b@c",
            "shop.db",
            "",
        ] {
            assert!(!tells_secret(text), "{text}");
        }
        assert_eq!(user("https://u@h/a.csv"), Some("u"));
        assert_eq!(user("s3://b/user@example.com/a.parquet"), None);
    }
}
