//! What the demo prints: what it made, and lines to paste for each dialect.

use std::net::SocketAddr;

use emporion_catalog::bootstrap::NewAccount;
use serde_json::{Value, json};

use super::cluster::Node;
use super::questions::Asked;
use crate::demo_data;
use crate::demo_data::SignIn;
use crate::new_account;

/// What the demo made.
pub struct Shown<'a> {
    pub url: &'a str,
    /// Where it speaks PostgreSQL's protocol, where it does.
    pub pg: Option<SocketAddr>,
    /// Nodes beside that one.
    pub others: &'a [Node],
    pub made: &'a NewAccount,
    /// Who can sign in beside the administrator.
    pub sign_ins: &'a [SignIn],
    pub records: usize,
    /// Requests for access that nobody has decided.
    pub waiting: usize,
    /// That is asked.
    pub product: &'a str,
    /// That has no model yet.
    pub other: &'a str,
    pub asked: &'a [Asked],
}

impl Shown<'_> {
    /// For programs.
    pub fn told(&self) -> Value {
        let asked =
            self.asked.iter().map(|one| json!({"question": one.question, "status": one.status, "text": one.text}));
        let sign_ins = self.sign_ins.iter().map(|one| json!({"user": one.name, "password": one.password}));
        let mut told = json!({
            "url": self.url,
            "pgAddress": self.pg.map(|address| address.to_string()),
            "nodes": self.nodes(),
            "records": self.records,
            "requestsWaiting": self.waiting,
            "product": self.product,
            "adminEmail": self.made.admin_email,
            "signIns": sign_ins.collect::<Vec<_>>(),
            "questions": asked.collect::<Vec<_>>(),
        });
        if let (Value::Object(told), Value::Object(account)) = (&mut told, new_account::shown(self.made)) {
            told.extend(account);
        }
        told
    }

    /// Where all nodes are.
    fn nodes(&self) -> Vec<&str> {
        std::iter::once(self.url).chain(self.others.iter().map(|node| node.url.as_str())).collect()
    }

    /// How to see that they agree, where there are several.
    fn agreement(&self) -> String {
        let Some(last) = self.others.last() else { return String::new() };
        let (all, url, process) = (self.nodes().join(" "), &last.url, &last.process);
        format!(
            r#"
# {} nodes over one PostgreSQL database: write through one, and every other has it at once
export EMPORION_NODES="{all}"
curl -s -X PUT -H "Authorization: Bearer $EMPORION_TOKEN" -H "Content-Type: application/json" "{url}/api/v1/domains" -d '{{"name": "Agreed", "domainType": "Aggregate", "description": "Written through {url}"}}'
for node in $EMPORION_NODES; do curl -s -H "Authorization: Bearer $EMPORION_TOKEN" "$node/api/v1/domains/name/Agreed"; echo; done

# the newest line of the log, as each knows it; then end one of them: the others go on
for node in $EMPORION_NODES; do curl -s "$node/metrics" | grep "^emporion_log_head "; done
kill {process}
"#,
            self.nodes().len()
        )
    }

    /// The line for tools that speak to PostgreSQL, where there is somewhere to speak to.
    fn sql(&self) -> String {
        let Some(address) = self.pg else { return String::new() };
        let (host, port) = match address.ip() {
            ip if ip.is_unspecified() => ("localhost".to_owned(), address.port()),
            ip => (ip.to_string(), address.port()),
        };
        let user = &self.made.admin_email;
        let schema = demo_data::EXAMPLE_PRODUCT.to_lowercase().replace(' ', "_");
        format!(
            r#"
# psql, and whatever else reads PostgreSQL: products are schemas
PGPASSWORD=$EMPORION_TOKEN psql "host={host} port={port} dbname=emporion user={user}" -c "SELECT region, ROUND(SUM(net_sales)) AS net_sales FROM {schema}.daily_sales GROUP BY region ORDER BY 2 DESC"
"#
        )
    }

    /// The questions that were asked, each with what was said to it.
    fn talk(&self) -> String {
        let one = |asked: &Asked| {
            let options: String = asked.options.iter().map(|option| format!("    - {option}\n")).collect();
            format!("> {}\n  {}\n{options}", asked.question, asked.text)
        };
        self.asked.iter().map(one).collect()
    }

    /// Who else can sign in, a line each, below the administrator.
    fn others(&self) -> String {
        let one = |other: &SignIn| format!("                {} / {} ({})\n", other.name, other.password, other.said);
        self.sign_ins.iter().map(one).collect()
    }

    pub fn welcome(&self) -> String {
        let NewAccount { account, admin_email, admin_password, admin_token, access_key_id, secret_access_key, .. } =
            self.made;
        let Shown { url, records, waiting, product, other, .. } = self;
        let (domain, project, example) =
            (demo_data::EXAMPLE_DOMAIN, demo_data::EXAMPLE_PROJECT, demo_data::EXAMPLE_PRODUCT);
        // As it was called, so that the line runs where that did.
        let emporion = std::env::args().next().unwrap_or_else(|| "emporion".to_owned());
        let (others, talk, agreement, sql) = (self.others(), self.talk(), self.agreement(), self.sql());
        format!(
            r#"
Emporion serves a sample there: {records} records, beside the tags, rules and programs that every catalogue begins with. {waiting} requests wait for you.

log in          {admin_email} / {admin_password} (administers it)
{others}                (POST {url}/api/v1/users/login takes "email" and "password", the latter in base64)
account         {account}

# paste these first
export EMPORION_URL={url} EMPORION_TOKEN={admin_token}
export AWS_ACCESS_KEY_ID={access_key_id} AWS_SECRET_ACCESS_KEY={secret_access_key} AWS_DEFAULT_REGION=us-east-1

# curl, OpenMetadata: the products of the Sales domain
curl -s -H "Authorization: Bearer $EMPORION_TOKEN" "$EMPORION_URL/api/v1/dataProducts?domain=Sales&fields=owners,domains"

# curl, Bobsled: the products of all domains
curl -s -H "Authorization: Bearer $EMPORION_TOKEN" "$EMPORION_URL/api/v1/accounts/{account}/data-products"

# curl, Bobsled: ask the database behind a product
curl -s -H "Authorization: Bearer $EMPORION_TOKEN" -H "Content-Type: application/json" "$EMPORION_URL/api/v1/accounts/{account}/data-products/{product}/run-sql" -d '{{"sql": "SELECT region, ROUND(SUM(net_sales)) AS net_sales FROM daily_sales GROUP BY region ORDER BY 2 DESC"}}'

# asked just now of "{example}", and answered from its tables by its semantic model
{talk}
# ask on; without a question, line by line
{emporion} ask "{example}" "Net sales by month in 2025"

# curl, Bobsled: the same, event by event
curl -N -s -H "Authorization: Bearer $EMPORION_TOKEN" -H "Content-Type: application/json" "$EMPORION_URL/api/v1/accounts/{account}/data-products/{product}/chat/stream" -d '{{"message": "Net sales by month in 2025"}}'

# curl, Bobsled: for another product, a semantic model of its tables, drafted from their keys, types and values
curl -s -X POST -H "Authorization: Bearer $EMPORION_TOKEN" "$EMPORION_URL/api/v1/accounts/{account}/data-products/{other}/semantic-models/generate"

# curl, Bobsled: a verified query for it, as a draft (once, however often this is sent), and then deploy what is drafted
curl -s -H "Authorization: Bearer $EMPORION_TOKEN" -H "Content-Type: application/json" -H "Idempotency-Key: orders-by-channel" "$EMPORION_URL/api/v1/accounts/{account}/data-products/{other}/verified-queries" -d '{{"name": "orders_by_channel", "question": "How many orders came through each channel?", "sql": "SELECT channel, COUNT(*) AS orders FROM orders GROUP BY channel ORDER BY 2 DESC"}}'
curl -s -X POST -H "Authorization: Bearer $EMPORION_TOKEN" "$EMPORION_URL/api/v1/accounts/{account}/data-products/{other}/deploy"

# aws, DataZone (pip install awscli): make one
aws datazone create-data-product --endpoint-url "$EMPORION_URL" --domain-identifier "{domain}" --name "CustomerInsightsDataProduct" --owning-project-identifier "{project}"

# Python, OpenMetadata's SDK (pip install openmetadata-ingestion; what goes together is in tests/clients/requirements*.txt): read one
python3 -c 'import os
from metadata.ingestion.ometa.ometa_api import OpenMetadata
from metadata.generated.schema.entity.services.connections.metadata.openMetadataConnection import OpenMetadataConnection
from metadata.generated.schema.security.client.openMetadataJWTClientConfig import OpenMetadataJWTClientConfig
from metadata.generated.schema.entity.domains.dataProduct import DataProduct
om = OpenMetadata(OpenMetadataConnection(hostPort=os.environ["EMPORION_URL"] + "/api", authProvider="openmetadata", securityConfig=OpenMetadataJWTClientConfig(jwtToken=os.environ["EMPORION_TOKEN"])))
print(om.get_by_name(DataProduct, "Customer 360", fields=["owners", "domains"]).model_dump_json(exclude_none=True, indent=2))'

# Python, MCP (pip install mcp): what an assistant can call, and a call
python3 -c 'import asyncio, httpx2, os
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
async def main():
    async with httpx2.AsyncClient(headers={{"Authorization": "Bearer " + os.environ["EMPORION_TOKEN"]}}, timeout=60) as http:
        async with Client(streamable_http_client(os.environ["EMPORION_URL"] + "/mcp", http_client=http)) as client:
            print(*[tool.name for tool in (await client.list_tools()).tools])
            asked = {{"product": "{product}", "question": "Net sales by month in 2025"}}
            print((await client.call_tool("ask_product", asked)).content[0].text)
asyncio.run(main())'
{sql}{agreement}
Ctrl-C ends it; the store is temporary.
"#
        )
    }
}
