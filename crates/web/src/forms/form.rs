//! What a form sends.

use emporion_edge::request::Request;

/// The fields of a form, in its order.
pub struct Form(Vec<(String, String)>);

impl Form {
    pub fn of(request: &Request) -> Form {
        Form(url::form_urlencoded::parse(&request.body).into_owned().collect())
    }

    /// The same of a form that is sent as an address.
    pub fn of_address(request: &Request) -> Form {
        Form(url::form_urlencoded::parse(request.raw_query.as_bytes()).into_owned().collect())
    }

    /// The first value of a field; empty where there is none.
    pub fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// A field without the blanks around it.
    pub fn trimmed(&self, name: &str) -> &str {
        self.text(name).trim()
    }

    /// All values of a field that can be there several times.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// A long text as it is kept: browsers send every line's end as two characters.
    pub fn prose(&self, name: &str) -> String {
        self.text(name).replace("\r\n", "\n")
    }
}
