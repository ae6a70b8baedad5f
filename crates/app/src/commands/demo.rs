//! `emporion demo`: a seeded catalogue over a sample database, in a temporary store, served, with lines to try for each
//! dialect.

use std::io::Write;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;

use anyhow::{Context, Result};
use emporion_catalog::bootstrap::NewAccount;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::command::Ref;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_edge::app::App;
use emporion_edge::tls::Tls;
use emporion_ingest::Order;
use emporion_sources::Silent;
use serde_json::{Value, json};

use crate::cli::Format;
use crate::config::Config;
use crate::{demo_data, ingestions, sample, wiring};

/// The file of the sample database, which gives the database its name.
const SAMPLE: &str = "shop";

pub fn run(config: Config, format: Format) -> Result<()> {
    config.check()?;
    let tls = config.check_files()?;
    wiring::start_log(&Config { log: crate::config::Log { filter: "warn".into(), json: false }, ..config.clone() });
    let runtime = super::runtime()?;
    let entered = runtime.enter();
    // Before there is anything to clean up.
    let stop = super::serve::stop_signal()?;
    drop(entered);
    // Outlives the runtime, and so whatever still writes into it.
    let folder = Temporary::new()?;
    let run = runtime.block_on(serve(config, tls, format, &folder, stop));
    drop(runtime);
    run
}

async fn serve(
    mut config: Config,
    tls: Option<Tls>,
    format: Format,
    folder: &Temporary,
    stop: impl Future<Output = ()>,
) -> Result<()> {
    let sources = folder.0.join("sources");
    std::fs::create_dir(&sources).with_context(|| format!("making {}", sources.display()))?;
    config.store = folder.0.join("store").display().to_string();
    config.source_dirs.push(sources.clone().into());
    let mut stop = pin!(stop);
    let listener = super::serve::listen(&config.listen).await?;
    let url = super::serve::reached_at(listener.local_addr()?, tls.is_some());
    let app = tokio::select! {
        () = &mut stop => return Ok(()),
        app = seed(&config, sources, &url, format) => app?,
    };
    emporion_edge::server::serve(listener, Arc::new(app.tls(tls)), stop).await;
    Ok(())
}

/// Fills the store, and says what there is to try.
async fn seed(config: &Config, sources: PathBuf, url: &str, format: Format) -> Result<App> {
    // The keys and the sample both take a moment, and neither needs the other.
    let sample = tokio::task::spawn_blocking(move || sample::make(&sources.join(SAMPLE)));
    let open = wiring::open(config, true)?;
    let made = open.catalog.initialise().await?;
    let caller = open.catalog.caller(made.account, made.admin).await?;
    let people = demo_data::people(&open.catalog, &caller).await?;
    sample.await?.context("making the sample database")?;
    let ingested = ingest(&open.catalog, &caller, config).await?;
    let products = demo_data::products(&open.catalog, &caller).await?;
    let product = Ref::Name(open.catalog.kind("data_product"), demo_data::EXAMPLE_PRODUCT.into());
    let product = open.catalog.get(&caller, &product, States::Alive, &Depth::bare()).await?.id();
    let records = people + products + ingested;
    match format {
        Format::Table => write!(std::io::stdout(), "{}", welcome(url, &made, records, &product.to_string()))?,
        _ => super::print(format, &told(url, &made, records, &product.to_string()))?,
    }
    std::io::stdout().flush()?;
    Ok(wiring::app(config, &open, url))
}

/// Crawls the sample as anybody's database. Answers how many records that made.
async fn ingest(catalog: &Catalog, caller: &Caller, config: &Config) -> Result<usize> {
    let from = Some(emporion_sources::Config::from_url(&format!("sqlite:{SAMPLE}"))?);
    let order = Order { from, ..Order::new(demo_data::SERVICE) };
    let rules = ingestions::rules(&config.source_dirs);
    let report = emporion_ingest::run(catalog, caller, &rules, &order, &Silent).await?;
    // The service and the database stand above what the report counts.
    Ok(report.schemas.created + report.tables.created + 2)
}

/// The same for programs.
fn told(url: &str, made: &NewAccount, records: usize, product: &str) -> Value {
    let mut told = json!({"url": url, "records": records, "product": product, "adminEmail": made.admin_email});
    if let (Value::Object(told), Value::Object(account)) = (&mut told, wiring::shown_account(made)) {
        told.extend(account);
    }
    told
}

fn welcome(url: &str, made: &NewAccount, records: usize, product: &str) -> String {
    let NewAccount { account, admin_email, admin_password, admin_token, access_key_id, secret_access_key, .. } = made;
    let (domain, project) = (demo_data::EXAMPLE_DOMAIN, demo_data::EXAMPLE_PROJECT);
    format!(
        r#"Emporion serves {records} records at {url}

log in          {admin_email} / {admin_password}
                (POST {url}/api/v1/users/login takes "email" and "password", the latter in base64)
account         {account}

# paste these first
export EMPORION_URL={url} EMPORION_TOKEN={admin_token}
export AWS_ACCESS_KEY_ID={access_key_id} AWS_SECRET_ACCESS_KEY={secret_access_key} AWS_DEFAULT_REGION=us-east-1

# curl, OpenMetadata: the products of the Sales domain
curl -s -H "Authorization: Bearer $EMPORION_TOKEN" "$EMPORION_URL/api/v1/dataProducts?domain=Sales&fields=owners,domains"

# curl, Bobsled: the same products
curl -s -H "Authorization: Bearer $EMPORION_TOKEN" "$EMPORION_URL/api/v1/accounts/{account}/data-products"

# curl, Bobsled: ask the database behind a product
curl -s -H "Authorization: Bearer $EMPORION_TOKEN" -H "Content-Type: application/json" "$EMPORION_URL/api/v1/accounts/{account}/data-products/{product}/run-sql" -d '{{"sql": "SELECT region, ROUND(SUM(net_sales)) AS net_sales FROM daily_sales GROUP BY region ORDER BY 2 DESC"}}'

# curl, Bobsled: a semantic model of its tables, drafted from their keys, types and values
curl -s -X POST -H "Authorization: Bearer $EMPORION_TOKEN" "$EMPORION_URL/api/v1/accounts/{account}/data-products/{product}/semantic-models/generate"

# curl, Bobsled: a verified query for it, as a draft (once, however often this is sent), and then deploy what is drafted
curl -s -H "Authorization: Bearer $EMPORION_TOKEN" -H "Content-Type: application/json" -H "Idempotency-Key: orders-by-channel" "$EMPORION_URL/api/v1/accounts/{account}/data-products/{product}/verified-queries" -d '{{"name": "orders_by_channel", "question": "How many orders came through each channel?", "sql": "SELECT channel, COUNT(*) AS orders FROM orders GROUP BY channel ORDER BY 2 DESC"}}'
curl -s -X POST -H "Authorization: Bearer $EMPORION_TOKEN" "$EMPORION_URL/api/v1/accounts/{account}/data-products/{product}/deploy"

# aws, DataZone: make one
aws datazone create-data-product --endpoint-url "$EMPORION_URL" --domain-identifier "{domain}" --name "CustomerInsightsDataProduct" --owning-project-identifier "{project}"

# Python, OpenMetadata's SDK: read one
python3 -c 'import os
from metadata.ingestion.ometa.ometa_api import OpenMetadata
from metadata.generated.schema.entity.services.connections.metadata.openMetadataConnection import OpenMetadataConnection
from metadata.generated.schema.security.client.openMetadataJWTClientConfig import OpenMetadataJWTClientConfig
from metadata.generated.schema.entity.domains.dataProduct import DataProduct
om = OpenMetadata(OpenMetadataConnection(hostPort=os.environ["EMPORION_URL"] + "/api", authProvider="openmetadata", securityConfig=OpenMetadataJWTClientConfig(jwtToken=os.environ["EMPORION_TOKEN"])))
print(om.get_by_name(DataProduct, "Customer 360", fields=["owners", "domains"]).model_dump_json(exclude_none=True, indent=2))'

Ctrl-C ends it; the store is temporary.
"#
    )
}

/// A folder that goes away with the process.
struct Temporary(std::path::PathBuf);

impl Temporary {
    fn new() -> Result<Temporary> {
        let path = std::env::temp_dir().join(format!("emporion-demo-{}", uuid::Uuid::new_v4().simple()));
        wiring::make_directory(&path)?;
        Ok(Temporary(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Nothing can be done about a folder that will not go.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
