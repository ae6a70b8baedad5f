//! Service types and the connections of services.
//!
//! Configurations are kept as they come, so that connectors of every client version work. Only `config.type` is looked
//! at: the client picks the connector by it and leaves it out of what programs send, so it is derived from the service
//! type where it is missing and refused where it names another one.

use serde_json::{Map, Value};

use crate::errors::{OmError, OmResult};

/// One kind of service with the types that its clients know.
#[derive(Debug)]
pub struct ServiceKind {
    /// The core's kind.
    pub kind: &'static str,
    pub entity_type: &'static str,
    /// Canonical types first, then the aliases.
    accepted: &'static [&'static str],
    aliases: &'static [(&'static str, &'static str)],
}

/// Every kind of service that the protocol has.
pub const KINDS: &[&ServiceKind] =
    &[&DATABASE, &PIPELINE, &DASHBOARD, &MESSAGING, &STORAGE, &ML_MODEL, &METADATA, &SEARCH, &API, &SECURITY, &DRIVE];

pub const DATABASE: ServiceKind = ServiceKind {
    kind: "database_service",
    entity_type: "databaseService",
    #[rustfmt::skip]
    accepted: &[
        "BigQuery", "BigTable", "Mysql", "Redshift", "Snowflake", "Postgres", "Timescale", "Mssql", "MicrosoftAccess",
        "Oracle", "Athena", "Hive", "Impala", "Presto", "Trino", "Vertica", "Glue", "MariaDB", "Druid", "Db2",
        "Clickhouse", "Databricks", "AzureSQL", "DynamoDB", "SingleStore", "SQLite", "DeltaLake", "Salesforce", "PinotDB",
        "Datalake", "DomoDatabase", "QueryLog", "CustomDatabase", "Dbt", "SapHana", "SapSuccessFactors", "MongoDB",
        "Cassandra", "Couchbase", "Greenplum", "Doris", "StarRocks", "UnityCatalog", "SAS", "Iceberg", "Teradata",
        "SapErp", "Synapse", "Exasol", "Cockroach", "SSAS", "Epic", "ServiceNow", "Dremio", "MicrosoftFabric", "BurstIQ",
        "Informix", "Iomete", "QuestDB", "SapBw4Hana",
        // Spellings of the documentation.
        "PostgreSQL", "MySQL",
    ],
    aliases: &[("PostgreSQL", "Postgres"), ("MySQL", "Mysql")],
};

pub const PIPELINE: ServiceKind = ServiceKind {
    kind: "pipeline_service",
    entity_type: "pipelineService",
    #[rustfmt::skip]
    accepted: &[
        "Airflow", "GluePipeline", "KinesisFirehose", "Airbyte", "Fivetran", "Flink", "Dagster", "Nifi", "DomoPipeline",
        "CustomPipeline", "DatabricksPipeline", "Spline", "Spark", "OpenLineage", "Prefect", "KafkaConnect", "DBTCloud",
        "Matillion", "Stitch", "DataFactory", "Wherescape", "SSIS", "Snowplow", "Mulesoft", "MicrosoftFabricPipeline",
        "SapBw4HanaPipeline",
        "SplineProducer",
    ],
    aliases: &[("SplineProducer", "Spline")],
};

pub const DASHBOARD: ServiceKind = ServiceKind {
    kind: "dashboard_service",
    entity_type: "dashboardService",
    #[rustfmt::skip]
    accepted: &[
        "Superset", "Looker", "Tableau", "Redash", "Metabase", "PowerBI", "PowerBIReportServer", "Mode",
        "CustomDashboard", "DomoDashboard", "QuickSight", "QlikSense", "Lightdash", "MicroStrategy", "QlikCloud", "Sigma",
        "ThoughtSpot", "Grafana", "Hex", "Ssrs", "SapS4Hana", "Omni",
    ],
    aliases: &[],
};

pub const MESSAGING: ServiceKind = ServiceKind {
    kind: "messaging_service",
    entity_type: "messagingService",
    accepted: &["Kafka", "Redpanda", "Kinesis", "PubSub", "CustomMessaging"],
    aliases: &[],
};

pub const STORAGE: ServiceKind = ServiceKind {
    kind: "storage_service",
    entity_type: "storageService",
    accepted: &["S3", "ADLS", "GCS", "CustomStorage"],
    aliases: &[],
};

pub const ML_MODEL: ServiceKind = ServiceKind {
    kind: "ml_model_service",
    entity_type: "mlmodelService",
    accepted: &["Mlflow", "Sklearn", "CustomMlModel", "SageMaker", "VertexAI"],
    aliases: &[],
};

pub const METADATA: ServiceKind = ServiceKind {
    kind: "metadata_service",
    entity_type: "metadataService",
    accepted: &["Amundsen", "MetadataES", "OpenMetadata", "Atlas", "Alation", "AlationSink", "Collibra"],
    aliases: &[],
};

pub const SEARCH: ServiceKind = ServiceKind {
    kind: "search_service",
    entity_type: "searchService",
    accepted: &["ElasticSearch", "OpenSearch", "CustomSearch"],
    aliases: &[],
};

pub const API: ServiceKind =
    ServiceKind { kind: "api_service", entity_type: "apiService", accepted: &["Rest", "WEBHOOK"], aliases: &[] };

pub const SECURITY: ServiceKind =
    ServiceKind { kind: "security_service", entity_type: "securityService", accepted: &["Ranger"], aliases: &[] };

pub const DRIVE: ServiceKind = ServiceKind {
    kind: "drive_service",
    entity_type: "driveService",
    accepted: &["GoogleDrive", "SharePoint", "Sftp", "CustomDrive"],
    aliases: &[],
};

/// The service kind of that core name.
pub fn of_kind(kind: &str) -> Option<&'static ServiceKind> {
    KINDS.iter().copied().find(|service| service.kind == kind)
}

impl ServiceKind {
    /// The types that answers carry.
    pub const fn types(&self) -> &'static [&'static str] {
        self.accepted.split_at(self.accepted.len() - self.aliases.len()).0
    }

    /// The types that requests may carry: the canonical ones and the spellings of the documentation.
    pub const fn accepted(&self) -> &'static [&'static str] {
        self.accepted
    }

    /// The canonical type of an accepted one.
    pub fn canonical(&self, given: &str) -> Option<&'static str> {
        let wanted = self.aliases.iter().find(|(alias, _)| *alias == given).map_or(given, |(_, canonical)| *canonical);
        self.types().iter().copied().find(|canonical| *canonical == wanted)
    }

    /// The canonical type, or 400 that lists the known ones.
    pub fn service_type(&self, given: &str) -> OmResult<&'static str> {
        self.canonical(given).ok_or_else(|| {
            OmError::violation("serviceType", format_args!("must be one of [{}]", self.accepted.join(", ")))
        })
    }

    /// Brings a request's `connection` into the form that is stored: absent or `{"config": {"type": …, …}}`.
    ///
    /// Errors: 400 when `connection` or `config` is no object, or `config.type` is not of the service type.
    pub fn connection(&self, service_type: &'static str, connection: Option<Value>) -> OmResult<Option<Value>> {
        let mut members = match connection {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Object(members)) => members,
            Some(_) => return Err(OmError::violation("connection", "must be an object")),
        };
        if let Some(unknown) = members.keys().find(|key| *key != "config") {
            return Err(OmError::violation(format_args!("connection.{unknown}"), "is not a known field"));
        }
        let config = match members.remove("config") {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Object(config)) => self.config(service_type, config)?,
            Some(_) => return Err(OmError::violation("connection.config", "must be an object")),
        };
        members.insert("config".into(), Value::Object(config));
        Ok(Some(Value::Object(members)))
    }

    fn config(&self, service_type: &'static str, mut config: Map<String, Value>) -> OmResult<Map<String, Value>> {
        match config.shift_remove("type") {
            None | Some(Value::Null) => {}
            Some(Value::String(given)) if self.canonical(&given) == Some(service_type) => {}
            Some(given) => {
                return Err(OmError::violation(
                    "connection.config.type",
                    format_args!("{given} contradicts serviceType \"{service_type}\""),
                ));
            }
        }
        let mut typed = Map::with_capacity(config.len() + 1);
        typed.insert("type".into(), Value::from(service_type));
        typed.append(&mut config);
        Ok(typed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_type_is_its_own_canonical_form_and_every_alias_leads_to_one() {
        for service in KINDS {
            for given in service.types() {
                assert_eq!(service.canonical(given), Some(*given));
            }
            for (alias, canonical) in service.aliases {
                assert!(service.accepted.contains(alias) && !service.types().contains(alias));
                assert_eq!(service.canonical(alias), Some(*canonical));
            }
            let mut types = service.accepted.to_vec();
            types.sort_unstable();
            types.dedup();
            assert_eq!(types.len(), service.accepted.len(), "{}", service.kind);
        }
    }

    #[test]
    fn the_spellings_of_the_documentation_are_understood() {
        assert_eq!(DATABASE.service_type("PostgreSQL"), Ok("Postgres"));
        assert_eq!(DATABASE.service_type("MySQL"), Ok("Mysql"));
        assert_eq!(PIPELINE.service_type("SplineProducer"), Ok("Spline"));
        assert_eq!(DATABASE.service_type("Iceberg"), Ok("Iceberg"));
        let error = DATABASE.service_type("postgres").unwrap_err();
        assert!(error.status == 400 && error.message.starts_with("[serviceType must be one of"));
    }

    #[test]
    fn a_missing_type_is_derived_and_stands_first() {
        let connection = DATABASE.connection("Postgres", Some(json!({"config": {"username": "u", "type": null}})));
        let connection = connection.expect("fine").expect("there is one");
        assert_eq!(connection.to_string(), r#"{"config":{"type":"Postgres","username":"u"}}"#);
        let aliased = DATABASE.connection("Postgres", Some(json!({"config": {"type": "PostgreSQL"}})));
        assert_eq!(aliased, Ok(Some(json!({"config": {"type": "Postgres"}}))));
    }

    #[test]
    fn a_contradicting_type_is_refused() {
        let error = DATABASE.connection("Postgres", Some(json!({"config": {"type": "Mssql"}}))).unwrap_err();
        assert_eq!(error.message, "[connection.config.type \"Mssql\" contradicts serviceType \"Postgres\"]");
        assert!(DATABASE.connection("Postgres", Some(json!({"config": {"type": 1}}))).is_err());
    }

    #[test]
    fn a_service_may_have_no_connection() {
        for nothing in [None, Some(json!(null)), Some(json!({})), Some(json!({"config": null}))] {
            assert_eq!(PIPELINE.connection("Airflow", nothing), Ok(None));
        }
        for wrong in [json!([]), json!("x"), json!({"config": "x"}), json!({"config": {}, "other": 1})] {
            assert!(PIPELINE.connection("Airflow", Some(wrong)).is_err());
        }
    }
}
