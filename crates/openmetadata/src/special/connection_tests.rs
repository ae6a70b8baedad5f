//! What connectors try before a run. The client runs exactly the steps that it is told, by its own table: a name that this
//! connector has not ends the run, so those are named that the connectors of all client versions have.

use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Shape, Struct, TEXT};
use serde_json::{Value, json};

use super::services::services;
use crate::door::Door;
use crate::errors::OmResult;
use crate::generic::assets::page::Window;
use crate::list_of;
use crate::members::*;
use crate::names;
use crate::operation::{Call, ok, row};
use crate::page_of;
use crate::params;

const TAG: &str = "Test Connection Definitions";
const SUFFIX: &str = "testConnectionDefinition";

/// The step of a connector of which nothing else is known.
const REACH: &str = "CheckAccess!";
/// The steps of a database that is read through its driver.
const SQL: &str = "CheckAccess! GetSchemas! GetTables! GetViews";
const SQL_QUERIES: &str = "CheckAccess! GetSchemas! GetTables! GetViews GetQueries";
const SQL_DATABASES: &str = "CheckAccess! GetDatabases! GetSchemas! GetTables! GetViews";
const SQL_DATABASES_QUERIES: &str = "CheckAccess! GetDatabases! GetSchemas! GetTables! GetViews GetQueries";
const PIPELINES: &str = "GetPipelines!";
const DASHBOARDS: &str = "GetDashboards!";

/// The steps of each type in their order. Without those that bear a `!` a connection is of no use.
#[rustfmt::skip]
const STEPS: &[(&[&str], &str)] = &[
    (&["Athena", "AzureSQL", "Cassandra", "Db2", "Doris", "Druid", "Hive", "Impala", "Iomete", "MariaDB", "PinotDB",
       "QuestDB", "SQLite", "SapHana", "SingleStore"], SQL),
    (&["Clickhouse", "Exasol", "Mysql", "StarRocks"], SQL_QUERIES),
    (&["Cockroach", "Greenplum", "Trino"], SQL_DATABASES),
    (&["Mssql", "Redshift", "Vertica"], SQL_DATABASES_QUERIES),
    (&["BigQuery"], "CheckAccess! GetSchemas! GetTables! GetViews GetTags GetQueries"),
    (&["Databricks"], "CheckAccess! GetDatabases! GetSchemas! GetTables! GetViews GetQueries GetViewDefinitions \
                       GetCatalogTags GetSchemaTags GetTableTags GetColumnTags GetTableLineage GetColumnLineage"),
    (&["Oracle"], "CheckAccess! PackageAccess GetSchemas! GetTables! GetViews GetMaterializedViews GetQueryHistory"),
    (&["Postgres"], "CheckAccess! GetDatabases! GetSchemas! GetTables! GetViews GetTags GetQueries GetColumnMetadata \
                     GetTableComments GetInformationSchemaColumns"),
    (&["Presto"], "CheckAccess! GetDatabases! GetSchemas! GetTables!"),
    (&["Snowflake"], "CheckAccess! GetDatabases! GetSchemas! GetTables! GetViews GetStreams GetTags GetQueries"),
    (&["Teradata"], "CheckAccess! GetDatabases GetSchemas! GetTables! GetViews!"),
    (&["Timescale", "UnityCatalog"], "CheckAccess! GetDatabases! GetSchemas! GetTables! GetViews GetTags GetQueries"),
    (&["BigTable"], "GetInstances! GetTables!"),
    (&["BurstIQ"], "CheckAccess! GetDictionaries! GetEdges"),
    (&["Couchbase"], "GetDatabases! GetCollections!"),
    (&["Datalake"], "ListBuckets!"),
    (&["DeltaLake", "Glue"], "GetDatabases! GetTables!"),
    (&["DomoDatabase"], "GetTables!"),
    (&["DynamoDB"], "ListTables!"),
    (&["Iceberg"], "GetNamespaces! GetTables!"),
    (&["MongoDB"], "CheckAccess! GetDatabases! GetCollections!"),
    (&["SapErp"], "GetTables! GetColumns"),
    (&["Airbyte", "Dagster", "DomoPipeline", "Fivetran", "Flink", "GluePipeline", "Nifi", "Spline"], PIPELINES),
    (&["Airflow"], "CheckAccess! PipelineDetailsAccess! TaskDetailAccess!"),
    (&["DBTCloud"], "GetJobs! GetRuns"),
    (&["DatabricksPipeline"], "GetPipelines! GetLineage"),
    (&["KafkaConnect"], "GetClusterInfo! GetPipelines! GetPlugins!"),
    (&["OpenLineage"], "CheckBrokerConnectivity!"),
    (&["Prefect"], "CheckAccess! GetPipelines!"),
    (&["Grafana", "Lightdash", "Metabase", "QlikCloud", "QlikSense", "QuickSight", "Redash"], DASHBOARDS),
    (&["DomoDashboard"], "GetDashboards! GetCharts!"),
    (&["Hex"], "GetProjects!"),
    (&["Looker"], "CheckAccess! ValidateVersion! ListDashboards! ListLookMLModels!"),
    (&["MicroStrategy"], "GetToken! GetProjects!"),
    (&["Mode"], "CheckDashboards!"),
    (&["Omni", "PowerBI", "Ssrs"], "CheckAccess! GetDashboards!"),
    (&["Sigma"], "GetToken! GetWorkbooks!"),
    (&["Superset"], "CheckAccess! GetDashboards! GetCharts!"),
    (&["Tableau"], "ServerInfo! ValidateApiVersion! ValidateSiteUrl! GetWorkbooks! GetViews! GetOwners GetDataModels"),
];

/// What each step does, and what it takes.
const MEANT: &[(&str, &str)] = &[
    ("CheckAccess", "Reach the source and sign in with the given credentials."),
    ("CheckBrokerConnectivity", "Reach the broker that the events come from."),
    ("CheckDashboards", "List the dashboards of the workspace."),
    ("GetCatalogTags", "Read the tags of catalogues."),
    ("GetCharts", "List the charts that the user may see."),
    ("GetClusterInfo", "Read which cluster answers."),
    ("GetCollections", "List the collections of a database."),
    ("GetColumnLineage", "Read which columns others are made of."),
    ("GetColumnMetadata", "Read the columns of tables and their types."),
    ("GetColumnTags", "Read the tags of columns."),
    ("GetColumns", "List the columns of a table."),
    ("GetDashboards", "List the dashboards that the user may see."),
    ("GetDataModels", "List the data models that dashboards use."),
    ("GetDatabases", "List the databases that the user may see."),
    ("GetDictionaries", "List the dictionaries that the user may see."),
    ("GetEdges", "List what leads from one dictionary to another."),
    ("GetInformationSchemaColumns", "Read the columns of the information schema."),
    ("GetInstances", "List the instances that the account may see."),
    ("GetJobs", "List the jobs that the token may see."),
    ("GetLineage", "Read what flows into what."),
    ("GetMaterializedViews", "List the materialised views of a schema."),
    ("GetNamespaces", "List the namespaces of the catalogue."),
    ("GetOwners", "Read who owns what."),
    ("GetPipelines", "List the pipelines that the user may see."),
    ("GetPlugins", "List the plug-ins of the cluster."),
    ("GetProjects", "List the projects that the user may see."),
    ("GetQueries", "Read the log of statements, which usage and lineage are made of."),
    ("GetQueryHistory", "Read the history of statements, which usage and lineage are made of."),
    ("GetRuns", "List the runs of a job."),
    ("GetSchemaTags", "Read the tags of schemas."),
    ("GetSchemas", "List the schemas that the user may see."),
    ("GetStreams", "List the streams of a schema."),
    ("GetTableComments", "Read what is said about tables in the source."),
    ("GetTableLineage", "Read which tables others are made of."),
    ("GetTableTags", "Read the tags of tables."),
    ("GetTables", "List the tables of a schema: of the one that is configured, else of any."),
    ("GetTags", "Read the tags or policies that stand on tables."),
    ("GetToken", "Get a token for the given credentials."),
    ("GetViewDefinitions", "Read the statements that views are made by."),
    ("GetViews", "List the views of a schema: of the one that is configured, else of any."),
    ("GetWorkbooks", "List the workbooks that the user may see."),
    ("ListBuckets", "List the buckets, or look into the one that is configured."),
    ("ListDashboards", "List the dashboards that the user may see."),
    ("ListLookMLModels", "List the models of the instance."),
    ("ListTables", "List the tables of the account."),
    ("PackageAccess", "Read the packages of stored procedures."),
    ("PipelineDetailsAccess", "Read the details of pipelines."),
    ("ServerInfo", "Read which server answers."),
    ("TaskDetailAccess", "Read the details of tasks."),
    ("ValidateApiVersion", "See whether the server speaks the version that is configured."),
    ("ValidateSiteUrl", "See whether the site that is configured is there."),
    ("ValidateVersion", "See whether the version of the server is one that can be read."),
];

static STEP: Struct = Struct {
    name: "TestConnectionStep",
    open: false,
    members: &[
        Member::required("name", TEXT),
        Member::required("description", TEXT),
        text("errorMessage"),
        Member::required("mandatory", Shape::Boolean),
        boolean("shortCircuit"),
    ],
};
static DEFINITION: Struct = Struct {
    name: "TestConnectionDefinition",
    open: false,
    members: &[
        ENTITY_NAME,
        DISPLAY_NAME,
        DESCRIPTION,
        FQN,
        Member { required: true, ..Member::optional("steps", list_of!(STEP)) },
    ],
};
static DEFINITIONS: Struct = page_of!("TestConnectionDefinitionList", DEFINITION);

pub fn routes() -> Vec<Route<Door>> {
    let by_name = "/v1/services/testConnectionDefinitions/name/{fqn}";
    vec![
        Route {
            summary: "List what connectors test".into(),
            output: Some(Shape::Struct(&DEFINITIONS)),
            ..row(Method::GET, "/v1/services/testConnectionDefinitions", "listTestConnectionDefinitions", TAG, list)
        },
        Route {
            summary: "Show what a connector tests".into(),
            output: Some(Shape::Struct(&DEFINITION)),
            ..row(Method::GET, by_name, "getTestConnectionDefinitionByName", TAG, get)
        },
    ]
}

/// Every type of service that clients know.
fn types() -> Vec<&'static str> {
    let mut types: Vec<&'static str> = services()
        .filter_map(|noun| match noun.entity.member("serviceType").map(|member| member.shape) {
            Some(Shape::Enumeration(types)) => Some(types),
            _ => None,
        })
        .flatten()
        .copied()
        .collect();
    types.sort_unstable();
    types
}

fn definition(service_type: &str) -> Value {
    let known = STEPS.iter().find(|(types, _)| types.contains(&service_type));
    let steps = known.map_or(REACH, |(_, steps)| steps).split_whitespace().enumerate();
    json!({
        "name": service_type,
        "displayName": format!("{service_type} Test Connection"),
        "description": format!("What is tried to see whether a connection of type {service_type} works."),
        "fullyQualifiedName": format!("{}.{SUFFIX}", names::quote(service_type)),
        "steps": steps.map(|(index, step)| printed(step, index == 0)).collect::<Vec<Value>>(),
    })
}

/// A step. When the first fails, the others need not be tried.
fn printed(step: &str, is_first: bool) -> Value {
    let (name, is_mandatory) = step.strip_suffix('!').map_or((step, false), |name| (name, true));
    let meant = MEANT.iter().find(|(known, _)| *known == name).map_or("", |(_, meant)| meant);
    let advice =
        if is_first { "check the address, the credentials and the network" } else { "check the rights of the user" };
    json!({
        "name": name,
        "description": meant,
        "errorMessage": format!("The source did not let {name} through: {advice}."),
        "mandatory": is_mandatory,
        "shortCircuit": is_first,
    })
}

async fn list(call: Call) -> OmResult<Answer> {
    let window = Window::read(&call, params::DEFAULT_LIMIT)?;
    let types = types();
    let total = types.len() as u64;
    ok(&window.page(window.of(types).into_iter().map(definition).collect(), total))
}

async fn get(call: Call) -> OmResult<Answer> {
    let name = params::name_in_path(&call.request, "fqn").0;
    let names = names::split(&name).unwrap_or_else(|| vec![name.clone()]);
    // A connector of another version must not be stopped for its name alone.
    ok(&definition(names.first().map_or("", String::as_str)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_those_of_the_connector() {
        let named = |service_type: &str| -> Vec<Value> {
            let shown = definition(service_type);
            shown["steps"].as_array().into_iter().flatten().map(|step| step["name"].clone()).collect()
        };
        assert_eq!(named("SQLite"), ["CheckAccess", "GetSchemas", "GetTables", "GetViews"]);
        assert_eq!(named("Dagster"), ["GetPipelines"]);
        assert_eq!(named("FromAnotherVersion"), ["CheckAccess"]);
        let postgres = definition("Postgres");
        assert_eq!(postgres["fullyQualifiedName"], "Postgres.testConnectionDefinition");
        let of =
            |name: &str| postgres["steps"].as_array().into_iter().flatten().find(|step| step["name"] == name).cloned();
        let (access, queries) = (of("CheckAccess").expect("a step"), of("GetQueries").expect("a step"));
        assert_eq!((&access["mandatory"], &access["shortCircuit"]), (&json!(true), &json!(true)));
        assert_eq!((&queries["mandatory"], &queries["shortCircuit"]), (&json!(false), &json!(false)));
    }

    #[test]
    fn each_type_stands_once_and_each_step_says_what_it_does() {
        let types = types();
        let mut seen = Vec::new();
        for service_type in STEPS.iter().flat_map(|(types, _)| *types) {
            assert!(types.contains(service_type), "{service_type} is no type");
            assert!(!seen.contains(&service_type), "{service_type} stands twice");
            seen.push(service_type);
        }
        let steps = STEPS.iter().flat_map(|(_, steps)| steps.split_whitespace());
        let names: Vec<&str> = steps.map(|step| step.strip_suffix('!').unwrap_or(step)).collect();
        for name in &names {
            assert!(MEANT.iter().any(|(known, _)| known == name), "{name} says nothing");
        }
        for (known, _) in MEANT {
            assert!(names.contains(known), "{known} is a step of nothing");
        }
    }
}
