//! Connection strings of database servers: the address form (`postgres://…`) and libpq's `key=value` form.

use percent_encoding::percent_decode_str;

/// What a connection string says. Its `Debug` is not derived on purpose: it holds a password.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Dsn {
    pub host: String,
    pub port: u16,
    pub user: Option<String>,
    pub password: Option<String>,
    pub database: Option<String>,
    pub ssl_mode: Option<String>,
    /// Everything else, in order.
    pub options: Vec<(String, String)>,
}

/// Modes that servers' own clients know.
const SSL_MODES: &[&str] = &["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

impl Dsn {
    /// `port` is the one that servers of this kind usually listen on.
    ///
    /// Errors: the broken rule, in words that hold nothing of the string.
    pub fn parse(text: &str, schemes: &[&str], port: u16) -> Result<Dsn, &'static str> {
        let text = text.trim();
        let dsn = match text.split_once("://") {
            // A `=` before the `://` means that the address is a value of the other form.
            Some((scheme, rest)) if !scheme.contains('=') => {
                if !schemes.iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
                    return Err("has a scheme that does not belong to this type of data source");
                }
                Dsn { port, ..Dsn::default() }.with_address(rest)?
            }
            _ => Dsn { port, ..Dsn::default() }.with_pairs(text)?,
        };
        if dsn.host.is_empty() {
            return Err("names no host");
        }
        if dsn.ssl_mode.as_deref().is_some_and(|mode| !SSL_MODES.contains(&mode)) {
            return Err("has an unknown sslmode");
        }
        Ok(dsn)
    }

    pub fn host_port(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    fn with_address(mut self, rest: &str) -> Result<Dsn, &'static str> {
        let dsn = &mut self;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        // The last @ separates: passwords are often written with a bare one.
        let (credentials, server) = match authority.rsplit_once('@') {
            Some((credentials, server)) => (Some(credentials), server),
            None => (None, authority),
        };
        if let Some(credentials) = credentials {
            let (user, password) = match credentials.split_once(':') {
                Some((user, password)) => (user, Some(password)),
                None => (credentials, None),
            };
            dsn.user = non_empty(decoded(user)?);
            dsn.password = password.map(decoded).transpose()?.and_then(non_empty);
        }
        dsn.take_server(server)?;
        dsn.database = non_empty(decoded(path)?);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or("has a parameter without a value")?;
            dsn.take(&decoded(name)?, decoded(value)?)?;
        }
        Ok(self)
    }

    fn take_server(&mut self, server: &str) -> Result<(), &'static str> {
        let (host, port) = match server.strip_prefix('[') {
            Some(inner) => {
                let (host, after) = inner.split_once(']').ok_or("has a host with an open bracket")?;
                (host, after.strip_prefix(':'))
            }
            None => match server.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (server, None),
            },
        };
        self.host = decoded(host)?;
        if let Some(port) = port {
            self.take("port", port.to_owned())?;
        }
        Ok(())
    }

    /// `host=db port=5432 password='it''s'`, blanks between the pairs, a backslash before a quote in a quoted value.
    fn with_pairs(mut self, text: &str) -> Result<Dsn, &'static str> {
        let mut rest = text.trim_start();
        if rest.is_empty() {
            return Err("is empty");
        }
        while !rest.is_empty() {
            let (name, after) = rest.split_once('=').ok_or("is neither an address nor a list of key=value")?;
            let (value, after) = value_of(after.trim_start())?;
            self.take(name.trim(), value)?;
            rest = after.trim_start();
        }
        Ok(self)
    }

    fn take(&mut self, name: &str, value: String) -> Result<(), &'static str> {
        match name {
            "host" => self.host = value,
            "port" => {
                let port = value.parse::<u16>().ok().filter(|port| *port > 0);
                self.port = port.ok_or("has a port that is no number from 1 to 65535")?;
            }
            "user" => self.user = non_empty(value),
            "password" => self.password = non_empty(value),
            "dbname" => self.database = non_empty(value),
            "sslmode" => self.ssl_mode = non_empty(value.to_ascii_lowercase()),
            "" => return Err("has a value without a name"),
            other => self.options.push((other.to_owned(), value)),
        }
        Ok(())
    }
}

fn value_of(text: &str) -> Result<(String, &str), &'static str> {
    let mut value = String::new();
    let quoted = text.strip_prefix('\'');
    let mut characters = quoted.unwrap_or(text).char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.push(characters.next().ok_or("ends in a backslash")?.1),
            '\'' if quoted.is_some() => return Ok((value, &quoted.unwrap_or(text)[at + 1..])),
            blank if blank.is_whitespace() && quoted.is_none() => return Ok((value, &text[at..])),
            plain => value.push(plain),
        }
    }
    if quoted.is_some() { Err("has an open quote") } else { Ok((value, "")) }
}

fn decoded(text: &str) -> Result<String, &'static str> {
    match percent_decode_str(text).decode_utf8() {
        Ok(text) if text.contains('\0') => Err("holds a NUL"),
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err("has an escape that is not UTF-8"),
    }
}

fn non_empty(text: String) -> Option<String> {
    if text.is_empty() { None } else { Some(text) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SCHEMES: &[&str] = &["postgres", "postgresql"];

    fn parse(text: &str) -> Dsn {
        Dsn::parse(text, SCHEMES, 5_432).unwrap_or_else(|rule| panic!("{text} {rule}"))
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,60}", rest in "[a-z@:/?=&%'\\\\ \\[\\]0-9]{0,40}") {
            let _ = Dsn::parse(&text, SCHEMES, 5_432);
            let _ = Dsn::parse(&format!("postgres://{rest}"), SCHEMES, 5_432);
            let _ = Dsn::parse(&rest, SCHEMES, 5_432);
        }
    }

    #[test]
    fn an_address_is_taken_to_pieces() {
        let dsn = parse("postgresql://us%40er:p%2Fw@db:6432/my%20db?sslmode=Require&a=b%26c");
        assert_eq!((dsn.host.as_str(), dsn.port), ("db", 6432));
        assert_eq!((dsn.user.as_deref(), dsn.password.as_deref()), (Some("us@er"), Some("p/w")));
        assert_eq!((dsn.database.as_deref(), dsn.ssl_mode.as_deref()), (Some("my db"), Some("require")));
        assert_eq!(dsn.options, [("a".to_owned(), "b&c".to_owned())]);
        assert_eq!(dsn.host_port(), "db:6432");
    }

    #[test]
    fn parts_may_be_missing_and_passwords_untidy() {
        let dsn = parse("postgres://u:p@ss@h");
        assert_eq!((dsn.password.as_deref(), dsn.host_port().as_str()), (Some("p@ss"), "h:5432"));
        assert_eq!((dsn.database, dsn.options.len()), (None, 0));
        assert_eq!(parse("postgres://[::1]:5432/d").host_port(), "[::1]:5432");
        assert_eq!(parse("postgres:///d?host=h").host, "h");
    }

    #[test]
    fn pairs_are_taken_to_pieces() {
        let dsn = parse("host=db port = 5432  user=u password='it\\'s a p' dbname=d sslmode=disable x=y");
        assert_eq!((dsn.host_port().as_str(), dsn.database.as_deref()), ("db:5432", Some("d")));
        assert_eq!(dsn.password.as_deref(), Some("it's a p"));
        assert_eq!(dsn.options, [("x".to_owned(), "y".to_owned())]);
    }

    #[test]
    fn what_is_no_connection_string_is_refused() {
        for text in [
            "",
            "db",
            "mysql://h/d",
            "postgres://",
            "postgres://h:0/d",
            "postgres://h:port/d",
            "postgres://h:99999/d",
            "postgres://[::1/d",
            "postgres://h/d?sslmode=maybe",
            "postgres://h/d?x",
            "postgres://%ff/d",
            "host='db",
            "port=5432",
            "=x",
        ] {
            assert!(Dsn::parse(text, SCHEMES, 5_432).is_err(), "{text}");
        }
    }
}
