//! Lines to copy: this very product, by each of the ways to it.

use askama::Template;
use emporion_catalog::alias::CLOUD_ID;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use emporion_catalog::rows::grants;
use emporion_products::queryable_products;
use serde_json::json;

use crate::fault::Fault;
use crate::layout::shell::Shell;
use crate::pages::account;
use crate::records::address;
use crate::records::record::{Here, Top};
use crate::request::visit::{Shown, Visit, answer};
use crate::text::plain::shown;
use crate::text::shell_words::{self, word};

#[derive(Template)]
#[template(path = "product/use.html")]
struct Use {
    p: Shell,
    top: Top,
    ways: Vec<Way>,
    setting: String,
    /// Where a token for it is made.
    account: String,
}

struct Way {
    title: String,
    text: String,
    lines: String,
}

pub async fn tab(here: Here<'_>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let url = visit.door.base_url(&visit.request);
    let ways = ways(visit, reading, view).await?;
    let setting = format!("export EMPORION_URL={} EMPORION_TOKEN=…", word(&url));
    answer(&Use { p: here.shell(), top: here.top().await?, ways, setting, account: account::making(view.id()) })
}

async fn ways(visit: &Visit, reading: &Reading<'_>, view: &View) -> Result<Vec<Way>, Fault> {
    let (t, id, account) = (visit.t, view.id(), reading.account());
    let may_query = reading.rows().may_query(view).await?.is_some();
    let mut ways = Vec::new();
    let mut add = |key: &str, lines: String| {
        let (title, text) = (t.say(&format!("use.{key}")), t.say(&format!("use.{key}_text")));
        ways.push(Way { title, text, lines });
    };
    let lent = view.targets(relation::HAS_ASSET).find(|(edge, card)| card.kind.is("table") && grants::is_granted(edge));
    let name = &view.record.name;
    // A name that is not all seen is not copied.
    let called = if shown(name) == *name { name.clone() } else { id.to_string() };
    let is_asked = may_query && lent.is_some();
    if let (true, Some((_, table))) = (may_query, lent) {
        let sql = format!("SELECT COUNT(*) FROM {}", identifier(&table.name));
        let body = json!({ "sql": sql }).to_string();
        add(
            "sql",
            format!(
                "curl -s -H \"Authorization: Bearer $EMPORION_TOKEN\" -H \"Content-Type: application/json\" \\\n  \
                 \"$EMPORION_URL/api/v1/accounts/{account}/data-products/{id}/run-sql\" \\\n  -d {}",
                word(&shell_words::seen(&body))
            ),
        );
        add("ask", format!("emporion ask {}", word(&called)));
        for (key, lines) in over_postgres(visit, reading, view, &table.name).await? {
            add(key, lines);
        }
    }
    add(
        "curl",
        format!(
            "curl -s -H \"Authorization: Bearer $EMPORION_TOKEN\" \\\n  \
             \"$EMPORION_URL/api/v1/dataProducts/{id}?fields=owners,domains,tags\""
        ),
    );
    add(
        "python",
        format!(
            "import os\nfrom metadata.ingestion.ometa.ometa_api import OpenMetadata\n\
             from metadata.generated.schema.entity.domains.dataProduct import DataProduct\n\
             from metadata.generated.schema.entity.services.connections.metadata.openMetadataConnection import OpenMetadataConnection\n\
             from metadata.generated.schema.security.client.openMetadataJWTClientConfig import OpenMetadataJWTClientConfig\n\n\
             om = OpenMetadata(OpenMetadataConnection(\n    hostPort=os.environ[\"EMPORION_URL\"] + \"/api\", authProvider=\"openmetadata\",\n    \
             securityConfig=OpenMetadataJWTClientConfig(jwtToken=os.environ[\"EMPORION_TOKEN\"])))\n\
             print(om.get_by_id(DataProduct, \"{id}\", fields=[\"owners\", \"domains\"]).name)"
        ),
    );
    if let Some(domain) = cloud_domain(reading, view).await? {
        add(
            "aws",
            format!(
                "aws datazone get-data-product --endpoint-url \"$EMPORION_URL\" \\\n  --domain-identifier {} --identifier {id}",
                word(&domain)
            ),
        );
    }
    add(
        "mcp",
        format!(
            "{{\n  \"mcpServers\": {{\n    \"emporion\": {{ \"type\": \"http\", \"url\": \"{}/mcp\", \"headers\": {{ \"Authorization\": \"Bearer …\" }} }}\n  }}\n}}",
            visit.door.base_url(&visit.request)
        ),
    );
    add("mcp_call", call(&called, is_asked));
    add("cli", format!("emporion get product {id} -o yaml"));
    Ok(ways)
}

/// By PostgreSQL's protocol, where that is spoken here.
async fn over_postgres(
    visit: &Visit,
    reading: &Reading<'_>,
    view: &View,
    table: &str,
) -> Result<Vec<(&'static str, String)>, Fault> {
    let Some(port) = visit.door.options.pg_port else { return Ok(Vec::new()) };
    let Some(schema) = schema_of(visit, reading, view).await? else { return Ok(Vec::new()) };
    let url = visit.door.base_url(&visit.request);
    // In every account an address says who somebody is.
    let (host, user) = (host(&url), &visit.caller().principal.email);
    let sql = format!("SELECT COUNT(*) FROM {}.{}", identifier(&schema), identifier(table));
    let at = format!("host={host} port={port} dbname=emporion user={user}");
    let [host_text, user_text, sql_text] = [host, user, &sql].map(|text| json!(text).to_string());
    let psycopg = format!(
        "import os, psycopg\n\nwith psycopg.connect(host={host_text}, port={port}, dbname=\"emporion\",\n                     \
         user={user_text}, password=os.environ[\"EMPORION_TOKEN\"]) as connection:\n    \
         print(connection.execute({sql_text}).fetchall())"
    );
    let authority = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let in_url = address::segment(user);
    Ok(vec![
        ("psql", format!("PGPASSWORD=\"$EMPORION_TOKEN\" psql {} -c {}", word(&at), word(&shell_words::seen(&sql)))),
        ("psycopg", shell_words::seen(&psycopg)),
        ("sheets", format!("Server: {authority}\nDatabase: emporion\nUser: {user}\nSchema: {schema}")),
        ("jdbc", format!("jdbc:postgresql://{authority}/emporion?user={in_url}")),
        ("superset", format!("postgresql+psycopg2://{in_url}:…@{authority}/emporion")),
    ])
}

/// What the product is called where it is a schema.
async fn schema_of(visit: &Visit, reading: &Reading<'_>, view: &View) -> Result<Option<String>, Fault> {
    let listed = queryable_products::list_in(&visit.door.calls.products, reading).await?;
    Ok(listed.open.iter().find(|product| product.id == view.id()).map(|product| product.schema.clone()))
}

/// The host of an address, without its port.
fn host(url: &str) -> &str {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = authority.split('/').next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            host.trim_start_matches('[').trim_end_matches(']')
        }
        _ => authority,
    }
}

/// What an assistant calls for the product: a question, where who copies it may query the rows.
fn call(product: &str, is_asked: bool) -> String {
    let call = match is_asked {
        true => json!({ "name": "ask_product", "arguments": { "product": product, "question": "…" } }),
        false => json!({ "name": "read_product", "arguments": { "product": product } }),
    };
    shell_words::seen(&call.to_string())
}

/// How the product's top domain is called in the dialect whose domains have ids of their own.
async fn cloud_domain(reading: &Reading<'_>, view: &View) -> Result<Option<String>, Fault> {
    let Some(top) = view.ancestors.last().filter(|card| card.kind.is("domain")) else { return Ok(None) };
    let alias = reading.aliases(CLOUD_ID.name, &[top.id]).await?.pop().map(|(_, alias)| alias);
    Ok(Some(alias.unwrap_or_else(|| format!("dzd-{}", top.id.uuid().simple()))))
}

/// A name in a statement.
fn identifier(name: &str) -> String {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit())
        && name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn names_stay_words_of_the_line_that_is_copied() {
        assert_eq!(word("http://127.0.0.1:8585"), "http://127.0.0.1:8585");
        assert_eq!(word("it's; rm -rf $(x)"), "'it'\\''s; rm -rf $(x)'");
        assert_eq!(identifier("net_sales"), "net_sales");
        assert_eq!(host("http://127.0.0.1:8585"), "127.0.0.1");
        assert_eq!(host("https://catalogue.example.com/x"), "catalogue.example.com");
        assert_eq!(host("http://[::1]:80"), "::1");
        assert_eq!(identifier("a\"; --"), "\"a\"\"; --\"");
    }

    #[test]
    fn an_assistant_calls_this_very_product() {
        let called = |is_asked| serde_json::from_str::<Value>(&call("a \"b\"", is_asked)).expect("JSON");
        assert_eq!(called(true)["name"], "ask_product");
        assert_eq!(called(false)["name"], "read_product");
        assert!([true, false].iter().all(|is_asked| called(*is_asked)["arguments"]["product"] == "a \"b\""));
    }
}
