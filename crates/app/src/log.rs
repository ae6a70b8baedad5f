//! What the process says of itself.

use std::io::IsTerminal;

use emporion_edge::access_log;

use crate::config::Config;

pub fn start(config: &Config) {
    use tracing_subscriber::EnvFilter;
    // The library of the MCP door tells of every request, as the access log does, and calls it an error when a client
    // leaves. Who names it hears it.
    let but = |wanted: &str| EnvFilter::try_new(format!("rmcp=off,{wanted}"));
    let filter = std::env::var(EnvFilter::DEFAULT_ENV)
        .map_err(drop)
        .and_then(|wanted| but(&wanted).map_err(drop))
        .or_else(|()| but(&config.log.filter).map_err(drop))
        .unwrap_or_else(|()| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if config.log.json {
        builder.json().init();
        access_log::start(access_log::Format::Json);
    } else {
        // Colours are for people who look.
        builder.with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()).init();
        access_log::start(access_log::Format::Text);
    }
}
