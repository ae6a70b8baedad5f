"""Every kind of the OpenMetadata door as its Python client knows it: classes, a maker, and how it is deleted."""

from collections.abc import Callable
from dataclasses import dataclass, field

from metadata.generated.schema.api.classification.createClassification import CreateClassificationRequest
from metadata.generated.schema.api.classification.createTag import CreateTagRequest
from metadata.generated.schema.api.createBot import CreateBot
from metadata.generated.schema.api.data.createChart import CreateChartRequest
from metadata.generated.schema.api.data.createDashboard import CreateDashboardRequest
from metadata.generated.schema.api.data.createDashboardDataModel import CreateDashboardDataModelRequest
from metadata.generated.schema.api.data.createDatabase import CreateDatabaseRequest
from metadata.generated.schema.api.data.createDatabaseSchema import CreateDatabaseSchemaRequest
from metadata.generated.schema.api.data.createGlossary import CreateGlossaryRequest
from metadata.generated.schema.api.data.createGlossaryTerm import CreateGlossaryTermRequest
from metadata.generated.schema.api.data.createMetric import CreateMetricRequest
from metadata.generated.schema.api.data.createPipeline import CreatePipelineRequest
from metadata.generated.schema.api.data.createQuery import CreateQueryRequest
from metadata.generated.schema.api.data.createStoredProcedure import CreateStoredProcedureRequest
from metadata.generated.schema.api.data.createTable import CreateTableRequest
from metadata.generated.schema.api.domains.createDataProduct import CreateDataProductRequest
from metadata.generated.schema.api.domains.createDomain import CreateDomainRequest
from metadata.generated.schema.api.policies.createPolicy import CreatePolicyRequest
from metadata.generated.schema.api.services.createDashboardService import CreateDashboardServiceRequest
from metadata.generated.schema.api.services.createDatabaseService import CreateDatabaseServiceRequest
from metadata.generated.schema.api.services.createPipelineService import CreatePipelineServiceRequest
from metadata.generated.schema.api.services.ingestionPipelines.createIngestionPipeline import (
    CreateIngestionPipelineRequest,
)
from metadata.generated.schema.api.teams.createRole import CreateRoleRequest
from metadata.generated.schema.api.teams.createTeam import CreateTeamRequest
from metadata.generated.schema.api.teams.createUser import CreateUserRequest
from metadata.generated.schema.api.tests.createTestCase import CreateTestCaseRequest
from metadata.generated.schema.api.tests.createTestDefinition import CreateTestDefinitionRequest
from metadata.generated.schema.api.tests.createTestSuite import CreateTestSuiteRequest
from metadata.generated.schema.entity.bot import Bot
from metadata.generated.schema.entity.classification.classification import Classification
from metadata.generated.schema.entity.classification.tag import Tag
from metadata.generated.schema.entity.data.chart import Chart, ChartType
from metadata.generated.schema.entity.data.dashboard import Dashboard
from metadata.generated.schema.entity.data.dashboardDataModel import DashboardDataModel, DataModelType
from metadata.generated.schema.entity.data.database import Database
from metadata.generated.schema.entity.data.databaseSchema import DatabaseSchema
from metadata.generated.schema.entity.data.glossary import Glossary
from metadata.generated.schema.entity.data.glossaryTerm import GlossaryTerm
from metadata.generated.schema.entity.data.metric import Metric
from metadata.generated.schema.entity.data.pipeline import Pipeline, Task
from metadata.generated.schema.entity.data.query import Query
from metadata.generated.schema.entity.data.storedProcedure import StoredProcedure
from metadata.generated.schema.entity.data.table import Column, DataType, Table
from metadata.generated.schema.entity.domains.dataProduct import DataProduct
from metadata.generated.schema.entity.domains.domain import Domain, DomainType
from metadata.generated.schema.entity.policies.policy import Policy
from metadata.generated.schema.entity.services.connections.dashboard.supersetConnection import SupersetConnection
from metadata.generated.schema.entity.services.connections.database.common.basicAuth import BasicAuth
from metadata.generated.schema.entity.services.connections.database.postgresConnection import PostgresConnection
from metadata.generated.schema.entity.services.connections.metadata.openMetadataConnection import (
    AuthProvider,
    OpenMetadataConnection,
)
from metadata.generated.schema.entity.services.connections.pipeline.airflowConnection import AirflowConnection
from metadata.generated.schema.entity.services.connections.pipeline.backendConnection import BackendConnection
from metadata.generated.schema.entity.services.dashboardService import (
    DashboardConnection,
    DashboardService,
    DashboardServiceType,
)
from metadata.generated.schema.entity.services.databaseService import (
    DatabaseConnection,
    DatabaseService,
    DatabaseServiceType,
)
from metadata.generated.schema.entity.services.ingestionPipelines.ingestionPipeline import IngestionPipeline
from metadata.generated.schema.entity.services.pipelineService import (
    PipelineConnection,
    PipelineService,
    PipelineServiceType,
)
from metadata.generated.schema.entity.teams.role import Role
from metadata.generated.schema.entity.teams.team import Team
from metadata.generated.schema.entity.teams.user import User
from metadata.generated.schema.entity.utils.supersetApiConnection import SupersetApiConnection
from metadata.generated.schema.security.client.openMetadataJWTClientConfig import OpenMetadataJWTClientConfig
from metadata.generated.schema.tests.testCase import TestCase
from metadata.generated.schema.tests.testDefinition import TestDefinition
from metadata.generated.schema.tests.testSuite import TestSuite
from metadata.ingestion.ometa.ometa_api import OpenMetadata


def connect(server, token: str) -> OpenMetadata:
    """The client compares its version with the server's when it is constructed."""
    return OpenMetadata(
        OpenMetadataConnection(
            hostPort=f"{server.url}/api",
            authProvider=AuthProvider.openmetadata,
            securityConfig=OpenMetadataJWTClientConfig(jwtToken=token),
        )
    )


@dataclass
class Parents:
    """The records under which the kinds are made, by FQN or name."""

    client: object
    fqn: dict[str, str] = field(default_factory=dict)

    @classmethod
    def make(cls, client, unique: Callable[[str], str]) -> "Parents":
        parents = cls(client)
        for kind in (
            "domain",
            "databaseService",
            "database",
            "databaseSchema",
            "table",
            "pipelineService",
            "dashboardService",
            "classification",
            "glossary",
            "policy",
        ):
            entity = client.create_or_update(KINDS[kind].make(parents, unique(kind)))
            parents.fqn[kind] = entity.fullyQualifiedName.root if kind != "policy" else entity.name.root
        return parents


@dataclass(frozen=True)
class Kind:
    """`make(parents, name)` answers the client's create request; the same arguments give the same request."""

    entity: type
    make: Callable[[Parents, str], object]
    #: Products and domains free their name when deleted; everything else keeps it and can be revived.
    keeps_name: bool = True

    @property
    def name(self) -> str:
        return self.entity.__name__


def _bot(parents: Parents, name: str) -> CreateBot:
    # A bot speaks through a user of its own, which must exist first.
    user = f"{name}-user"
    parents.client.create_or_update(CreateUserRequest(name=user, email=f"{user}@example.com", isBot=True))
    return CreateBot(name=name, botUser=user, description="fetches metadata")


KINDS: dict[str, Kind] = {
    "domain": Kind(
        Domain,
        lambda p, n: CreateDomainRequest(name=n, domainType=DomainType.Aggregate, description="a domain"),
        keeps_name=False,
    ),
    "dataProduct": Kind(
        DataProduct,
        lambda p, n: CreateDataProductRequest(name=n, description="a product", domains=[p.fqn["domain"]]),
        keeps_name=False,
    ),
    "databaseService": Kind(
        DatabaseService,
        lambda p, n: CreateDatabaseServiceRequest(
            name=n,
            serviceType=DatabaseServiceType.Postgres,
            description="a database service",
            connection=DatabaseConnection(
                config=PostgresConnection(
                    username="reader",
                    authType=BasicAuth(password="a-secret-word"),
                    hostPort="db.example.com:5432",
                    database="sales",
                )
            ),
        ),
    ),
    "pipelineService": Kind(
        PipelineService,
        lambda p, n: CreatePipelineServiceRequest(
            name=n,
            serviceType=PipelineServiceType.Airflow,
            description="a pipeline service",
            connection=PipelineConnection(
                config=AirflowConnection(hostPort="http://airflow.example.com:8080", connection=BackendConnection())
            ),
        ),
    ),
    "dashboardService": Kind(
        DashboardService,
        lambda p, n: CreateDashboardServiceRequest(
            name=n,
            serviceType=DashboardServiceType.Superset,
            description="a dashboard service",
            connection=DashboardConnection(
                config=SupersetConnection(
                    hostPort="http://superset.example.com:8088",
                    connection=SupersetApiConnection(provider="db", username="reader", password="a-secret-word"),
                )
            ),
        ),
    ),
    "database": Kind(
        Database,
        lambda p, n: CreateDatabaseRequest(name=n, service=p.fqn["databaseService"], description="a database"),
    ),
    "databaseSchema": Kind(
        DatabaseSchema,
        lambda p, n: CreateDatabaseSchemaRequest(name=n, database=p.fqn["database"], description="a schema"),
    ),
    "table": Kind(
        Table,
        lambda p, n: CreateTableRequest(
            name=n,
            databaseSchema=p.fqn["databaseSchema"],
            description="a table",
            columns=[
                Column(name="id", dataType=DataType.BIGINT, constraint="PRIMARY_KEY"),
                Column(name="name", dataType=DataType.VARCHAR, dataLength=100),
                Column(
                    name="address", dataType=DataType.STRUCT, children=[Column(name="city", dataType=DataType.STRING)]
                ),
            ],
        ),
    ),
    "pipeline": Kind(
        Pipeline,
        lambda p, n: CreatePipelineRequest(
            name=n,
            service=p.fqn["pipelineService"],
            description="a pipeline",
            tasks=[Task(name="extract", downstreamTasks=["load"]), Task(name="load")],
        ),
    ),
    "dashboard": Kind(
        Dashboard,
        lambda p, n: CreateDashboardRequest(name=n, service=p.fqn["dashboardService"], description="a dashboard"),
    ),
    "chart": Kind(
        Chart,
        lambda p, n: CreateChartRequest(
            name=n, service=p.fqn["dashboardService"], description="a chart", chartType=ChartType.Line
        ),
    ),
    "dashboardDataModel": Kind(
        DashboardDataModel,
        lambda p, n: CreateDashboardDataModelRequest(
            name=n,
            service=p.fqn["dashboardService"],
            description="a data model",
            dataModelType=DataModelType.SupersetDataModel,
            columns=[Column(name="id", dataType=DataType.BIGINT), Column(name="name", dataType=DataType.STRING)],
        ),
    ),
    "storedProcedure": Kind(
        StoredProcedure,
        lambda p, n: CreateStoredProcedureRequest(
            name=n,
            databaseSchema=p.fqn["databaseSchema"],
            description="a procedure",
            storedProcedureCode={"language": "SQL", "code": "DELETE FROM totals"},
        ),
    ),
    "testDefinition": Kind(
        TestDefinition,
        lambda p, n: CreateTestDefinitionRequest(
            name=n, description="a definition", entityType="TABLE", testPlatforms=["Other"]
        ),
    ),
    "testSuite": Kind(TestSuite, lambda p, n: CreateTestSuiteRequest(name=n, description="a suite")),
    "testCase": Kind(
        TestCase,
        lambda p, n: CreateTestCaseRequest(
            name=n,
            description="a test",
            testDefinition="tableRowCountToEqual",
            entityLink=f"<#E::table::{p.fqn['table']}>",
            parameterValues=[{"name": "value", "value": "3"}],
        ),
    ),
    "query": Kind(
        Query,
        lambda p, n: CreateQueryRequest(
            name=n, service=p.fqn["databaseService"], description="a query", query=f"SELECT 1 FROM {n}", duration=0.5
        ),
        keeps_name=False,
    ),
    "metric": Kind(
        Metric,
        lambda p, n: CreateMetricRequest(
            name=n,
            description="a metric",
            metricExpression={"language": "SQL", "code": "SUM(amount)"},
            metricType="SUM",
            unitOfMeasurement="DOLLARS",
            granularity="DAY",
        ),
    ),
    "ingestionPipeline": Kind(
        IngestionPipeline,
        lambda p, n: CreateIngestionPipelineRequest(
            name=n,
            description="an ingestion pipeline",
            pipelineType="metadata",
            sourceConfig={"config": {"type": "DatabaseMetadata"}},
            airflowConfig={},
            service={
                "id": p.client.get_by_name(DatabaseService, p.fqn["databaseService"]).id,
                "type": "databaseService",
            },
        ),
    ),
    "user": Kind(User, lambda p, n: CreateUserRequest(name=n, email=f"{n}@example.com", description="a user")),
    "team": Kind(Team, lambda p, n: CreateTeamRequest(name=n, teamType="Group", description="a team")),
    "policy": Kind(
        Policy,
        lambda p, n: CreatePolicyRequest(
            name=n,
            description="a policy",
            rules=[{"name": "read", "resources": ["all"], "operations": ["ViewAll"], "effect": "allow"}],
        ),
    ),
    "role": Kind(Role, lambda p, n: CreateRoleRequest(name=n, policies=[p.fqn["policy"]], description="a role")),
    "bot": Kind(Bot, _bot),
    "classification": Kind(
        Classification, lambda p, n: CreateClassificationRequest(name=n, description="a classification")
    ),
    "tag": Kind(
        Tag, lambda p, n: CreateTagRequest(name=n, classification=p.fqn["classification"], description="a tag")
    ),
    "glossary": Kind(Glossary, lambda p, n: CreateGlossaryRequest(name=n, description="a glossary")),
    "glossaryTerm": Kind(
        GlossaryTerm, lambda p, n: CreateGlossaryTermRequest(name=n, glossary=p.fqn["glossary"], description="a term")
    ),
}


def text(value) -> str:
    """The text of a member, which some models wrap and some do not."""
    return getattr(value, "root", value)
