//! The page that answers under `/workspaces` lead to: what a client has to change.

use std::fmt::Write;

use emporion_edge::answer::Answer;

use crate::mount::PAIRS;

/// Where the page stands, unless the operator has one elsewhere.
pub const PATH: &str = "/docs/bobsled-migration";

/// One page, without anything that has to be fetched for it.
pub fn page() -> Answer {
    Answer::bytes(200, "text/html; charset=utf-8", html())
}

fn html() -> String {
    let mut rows = String::new();
    for (newer, older) in PAIRS {
        writeln!(rows, "<tr><td><code>{older}</code></td><td><code>{newer}</code></td></tr>")
            .expect("memory to write to");
    }
    format!(
        "<!doctype html>\n\
         <html lang=\"en\"><head><meta charset=\"utf-8\"><title>From workspaces to data products</title>\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <style>body{{font:16px/1.5 sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}}\
         td,th{{text-align:left;padding:.1rem 1rem .1rem 0}}</style></head><body>\n\
         <h1>From workspaces to data products</h1>\n\
         <p>Paths under <code>/workspaces</code> are deprecated since 2 March 2026. Everything that they do is done \
         under <code>/data-products</code>, by the same verbs, over the same records, with the same ids.</p>\n\
         <ol>\n\
         <li>In every path, write <code>data-products</code> for <code>workspaces</code>. The answers of old paths name \
         the new one in their <code>Link</code> header, as <code>successor-version</code>.</li>\n\
         <li>Read and write the new names of members and query parameters. Requests may use either name under both \
         paths, so that one client can be changed a member at a time; answers use the names of their path.</li>\n\
         <li>Cursors and entity tags go on working across the change; an idempotency key belongs to the path to which it \
         was sent. <code>Location</code> headers name the new path already.</li>\n\
         </ol>\n\
         <table><thead><tr><th>Until now</th><th>From now on</th></tr></thead><tbody>\n{rows}</tbody></table>\n\
         <p>Where old paths have a last day, their answers say it in the <code>Sunset</code> header.</p>\n\
         </body></html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_renamed_key_is_on_the_page() {
        let page = html();
        assert!(
            PAIRS.iter().all(|(newer, older)| page.contains(&format!("<code>{older}</code></td><td><code>{newer}<")))
        );
        assert!(PATH.ends_with("/bobsled-migration"));
    }
}
