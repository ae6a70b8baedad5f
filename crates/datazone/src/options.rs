//! What the operator decides about this door.

#[derive(Debug, Clone)]
pub struct Options {
    /// The one region that signatures may be scoped to; without it each request says its own.
    pub region: Option<String>,
    /// Host names under which clients reach the server through a proxy that rewrites `Host`.
    pub hosts: Vec<String>,
    /// Whether domains allow new data products at all.
    pub publishing_enabled: bool,
    /// At most this many data products in an account.
    pub max_data_products: Option<u64>,
    /// Of one user; more are answered with 429.
    pub requests_per_second: Option<u32>,
    /// Where people reach the catalogue; shown as the portal of every domain.
    pub public_url: String,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            region: None,
            hosts: Vec::new(),
            publishing_enabled: true,
            max_data_products: None,
            requests_per_second: None,
            public_url: "http://127.0.0.1:8585".into(),
        }
    }
}
