//! `emporion demo`: a seeded catalogue in a temporary store, served, with a line to try for each dialect.

use std::io::Write;
use std::sync::Arc;

use anyhow::{Context, Result};
use emporion_catalog::bootstrap::NewAccount;

use crate::config::Config;
use crate::{demo_data, wiring};

pub fn run(mut config: Config) -> Result<()> {
    wiring::start_log(&Config { log: crate::config::Log { filter: "warn".into(), json: false }, ..config.clone() });
    let folder = Temporary::new()?;
    config.store = folder.0.display().to_string();
    super::runtime()?.block_on(async {
        let listener = super::serve::listen(&config.listen).await?;
        let open = wiring::open(&config, true)?;
        let made = open.catalog.initialise().await?;
        let caller = open.catalog.caller(made.account, made.admin).await?;
        let records = demo_data::seed(&open.catalog, &caller).await?;
        let url = format!("http://{}", listener.local_addr()?);
        write!(std::io::stdout(), "{}", welcome(&url, &made, records))?;
        std::io::stdout().flush()?;
        let app = Arc::new(wiring::app(&config, &open));
        emporion_edge::server::serve(listener, app, super::serve::stop_signal()).await;
        anyhow::Ok(())
    })
}

fn welcome(url: &str, made: &NewAccount, records: usize) -> String {
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
        std::fs::create_dir(&path).with_context(|| format!("making {}", path.display()))?;
        Ok(Temporary(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Nothing can be done about a folder that will not go.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
