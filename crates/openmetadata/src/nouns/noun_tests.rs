//! What must hold for every noun, and the exact members that the strict client knows.

use emporion_edge::shape::{Shape, Struct};

use super::all;
use crate::noun::{Noun, Parentage, RECORD, Source};

fn sorted(mut list: Vec<&str>) -> Vec<&str> {
    list.sort_unstable();
    list
}

fn names(shape: &'static Struct) -> Vec<&'static str> {
    shape.members.iter().map(|member| member.name).collect()
}

fn noun(kind: &str) -> &'static Noun {
    super::of_kind(kind).expect("a known kind")
}

#[test]
fn no_two_nouns_share_a_name_and_no_shape_has_a_member_twice() {
    for key in [|noun: &Noun| noun.kind_name, |noun: &Noun| noun.entity_type, |noun: &Noun| noun.collection] {
        let mut keys: Vec<_> = all().map(key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all().len());
    }
    for noun in all() {
        for shape in [noun.create, noun.entity] {
            let mut members = sorted(names(shape));
            members.dedup();
            assert_eq!(members.len(), shape.members.len(), "{}", shape.name);
            assert!(!shape.open, "{}", shape.name);
        }
    }
}

#[test]
fn whatever_a_noun_names_is_a_member_of_its_answer() {
    for noun in all() {
        let members = names(noun.entity);
        let named = noun
            .references
            .iter()
            .map(|reference| reference.member)
            .chain(noun.ancestors.iter().map(|ancestor| ancestor.member))
            .chain(noun.counts.iter().map(|count| count.member))
            .chain(noun.computed.iter().copied())
            .chain(noun.protected.iter().copied());
        for member in named {
            assert!(members.contains(&member), "{}: {member}", noun.kind_name);
        }
        for field in noun.always {
            assert!(noun.fields.contains(field), "{}: {field}", noun.kind_name);
        }
        for field in noun.fields {
            // The old name of schemaDefinition, still asked for.
            assert!(members.contains(field) || *field == "viewDefinition", "{}: {field}", noun.kind_name);
        }
        for required in ["id", "name", "fullyQualifiedName", "version", "updatedAt", "updatedBy", "href"] {
            assert!(members.contains(&required), "{}: {required}", noun.kind_name);
        }
        assert_eq!(members.contains(&"deleted"), noun.soft_delete, "{}", noun.kind_name);
        assert_eq!(members.contains(&"domain"), noun.domain_echo.is_some(), "{}", noun.kind_name);
    }
}

/// Members of requests that are kept, although no answer shows them.
const KEPT: &[&str] = &["scheduleInterval", "lifeCycle", "allowImpersonation", "associatedTags", "resources"];

#[test]
fn every_member_of_a_request_has_a_place_in_the_answer_or_is_named_as_an_exception() {
    for noun in all() {
        for member in noun.create.members {
            let unseen = KEPT.contains(&member.name) && noun.entity.member(member.name).is_none();
            if noun.stores(member.name) && !unseen {
                assert!(noun.entity.member(member.name).is_some(), "{}: {}", noun.kind_name, member.name);
                assert!(
                    matches!(noun.source(member.name), Source::Body | Source::Parts(_)),
                    "{}: {}",
                    noun.kind_name,
                    member.name
                );
            }
        }
        for member in noun.request_only {
            assert!(noun.create.member(member).is_some(), "{}: {member}", noun.kind_name);
        }
    }
}

#[test]
fn parents_are_required_members_where_a_record_cannot_be_without() {
    for noun in all() {
        match noun.place {
            Parentage::Root => {}
            Parentage::Under { members, required } => {
                for parent in members {
                    assert!(noun.create.member(parent.member).is_some(), "{}: {}", noun.kind_name, parent.member);
                    assert!(super::of_kind(parent.kind).is_some());
                }
                if let ([only], true) = (members, required) {
                    assert!(noun.create.member(only.member).expect("checked above").required, "{}", noun.kind_name);
                }
            }
            Parentage::FirstOf { member, .. } => assert!(noun.reference(member).is_some()),
        }
    }
}

#[test]
fn every_noun_says_where_its_members_come_from() {
    for noun in all() {
        let record = names(noun.entity).into_iter().filter(|member| matches!(noun.source(member), Source::Record));
        assert!(record.into_iter().all(|member| RECORD.contains(&member)));
    }
    let product = noun("data_product");
    assert!(matches!(product.source("owners"), Source::Reference(_)));
    assert!(matches!(product.source("sla"), Source::Body));
    assert!(matches!(noun("table").source("databaseSchema"), Source::Ancestor(_)));
    assert!(matches!(noun("team").source("userCount"), Source::Count(_)));
    assert_eq!(product.member_of("in_domain"), Some("domains"));
    assert_eq!(noun("table").member_of("has_asset"), None);
}

#[test]
fn members_appear_when_asked_for_or_always() {
    use crate::noun::Fields;
    let table = noun("table");
    assert!(table.shows("columns", &Fields::NONE) && table.shows("description", &Fields::NONE));
    assert!(!table.shows("owners", &Fields::NONE));
    assert!(table.shows("owners", &Fields::These(vec!["owners".into()])) && table.shows("owners", &Fields::All));
}

/// Relations of kinds that the core does not have yet: a request that uses them hears that there is no such record.
const NOT_YET: &[&str] = &["has_persona", "default_persona", "applies_to"];

#[test]
fn every_noun_fits_its_kind_in_the_core() {
    use crate::noun::{Direction, FilterBy};
    use emporion_catalog::facet::Facet;
    use emporion_catalog::kind::Kind;
    use emporion_catalog::{kinds, relation};

    let kind_of = |name: &str| kinds::ALL.iter().find(|kind| kind.name == name).map(|kind| Kind(kind));
    for noun in all() {
        let kind = kind_of(noun.kind_name).unwrap_or_else(|| panic!("the core has no kind {}", noun.kind_name));
        let has_field = |member: &str| {
            let field = crate::case::core_key(member);
            kind.field(&field).is_some() || (field == "extension" && kind.has_facet(Facet::Extension))
        };
        let body = noun
            .entity
            .members
            .iter()
            .filter(|member| matches!(noun.source(member.name), Source::Body | Source::Parts(_)));
        let stored = noun.create.members.iter().filter(|member| noun.stores(member.name));
        for member in body.chain(stored) {
            assert!(has_field(member.name), "{}: the core has no field for {}", noun.kind_name, member.name);
        }
        for reference in noun.references.iter().filter(|reference| !NOT_YET.contains(&reference.relation)) {
            let relation = relation::by_name(reference.relation).expect("a relation of the core");
            let sources: Vec<Kind> = match reference.direction {
                Direction::Out => vec![kind],
                Direction::In => reference.targets.iter().filter_map(|target| kind_of(target)).collect(),
            };
            for source in sources {
                assert!(source.has(relation), "{}: {source} has no relation {}", noun.kind_name, reference.relation);
            }
            for target in reference.targets {
                assert!(kind_of(target).is_some(), "{}: {target}", noun.kind_name);
            }
        }
        if let Parentage::Under { members, required } = noun.place {
            assert!(members.iter().all(|parent| kind.0.parents.contains(&parent.kind)), "{}", noun.kind_name);
            assert_eq!(required, kind.0.parent_required, "{}", noun.kind_name);
        }
        for filter in noun.filters {
            match filter.by {
                // The core does not say yet which roles are given by default.
                FilterBy::Flag("is_default") => {}
                FilterBy::Flag(field) | FilterBy::Text(field) | FilterBy::TextOr(field, _) => {
                    assert!(kind.field(field).is_some(), "{}: {field}", noun.kind_name);
                }
                FilterBy::Related { relation, kind, .. } => {
                    assert!(relation::by_name(relation).is_some() && kind_of(kind).is_some(), "{}", noun.kind_name);
                }
                FilterBy::Ancestor(kinds) | FilterBy::Parent(kinds) => {
                    assert!(kinds.iter().all(|kind| kind_of(kind).is_some()), "{}", noun.kind_name);
                }
                FilterBy::Domain
                | FilterBy::ParentType
                | FilterBy::Telling(_)
                | FilterBy::Link
                | FilterBy::Suite
                | FilterBy::Unheld
                | FilterBy::Nothing => {}
            }
        }
    }
}

/// The members of answers that the strict models of the stock client know, noun by noun.
const STRICT: &[(&str, &str)] = &[
    (
        "domain",
        "id domainType name description fullyQualifiedName displayName style version updatedAt updatedBy impersonatedBy href \
         parent children childrenCount owners experts assets tags changeDescription incrementalChangeDescription extension \
         followers votes certification entityStatus",
    ),
    (
        "data_product",
        "id name description fullyQualifiedName displayName style version updatedAt updatedBy impersonatedBy href owners \
         experts reviewers domains assets lifecycleStage dataProductType visibility portfolioPriority sla consumesFrom \
         providesTo tags changeDescription incrementalChangeDescription extension followers votes certification entityStatus",
    ),
    (
        "database_service",
        "id name serviceType fullyQualifiedName displayName description connection pipelines testConnectionResult tags style \
         version updatedAt updatedBy impersonatedBy owners href followers changeDescription incrementalChangeDescription \
         deleted entityStatus dataProducts dataContract domains ingestionRunner",
    ),
    (
        "pipeline_service",
        "id name serviceType fullyQualifiedName displayName description connection pipelines testConnectionResult tags style \
         version updatedAt updatedBy impersonatedBy owners href followers changeDescription incrementalChangeDescription \
         deleted entityStatus dataProducts dataContract domains ingestionRunner",
    ),
    (
        "dashboard_service",
        "id name serviceType fullyQualifiedName displayName description connection pipelines testConnectionResult tags style \
         version updatedAt updatedBy impersonatedBy owners href followers changeDescription incrementalChangeDescription \
         deleted entityStatus dataProducts dataContract domains ingestionRunner",
    ),
    (
        "database",
        "id name service fullyQualifiedName displayName description dataProducts dataContract tags version updatedAt \
         updatedBy impersonatedBy href owners serviceType location usageSummary databaseSchemas changeDescription \
         incrementalChangeDescription default deleted retentionPeriod extension sourceUrl domains votes lifeCycle \
         certification followers sourceHash databaseProfilerConfig entityStatus",
    ),
    (
        "database_schema",
        "id name service database fullyQualifiedName displayName description dataProducts dataContract version updatedAt \
         updatedBy impersonatedBy href owners serviceType tables usageSummary tags changeDescription \
         incrementalChangeDescription deleted retentionPeriod extension sourceUrl domains votes lifeCycle followers \
         certification sourceHash databaseSchemaProfilerConfig entityStatus",
    ),
    (
        "table",
        "id name columns displayName fullyQualifiedName description version updatedAt updatedBy impersonatedBy href \
         tableType tableConstraints aliases tablePartition owners databaseSchema database service serviceType location \
         locationPath schemaDefinition tags usageSummary followers joins sampleData tableProfilerConfig customMetrics \
         profile testSuite dataModel changeDescription incrementalChangeDescription deleted retentionPeriod \
         compressionEnabled compressionCodec compressionStrategy extension sourceUrl domains dataProducts dataContract \
         fileFormat votes lifeCycle certification sourceHash processedLineage queries pipelineObservability entityStatus",
    ),
    (
        "pipeline",
        "id name service displayName fullyQualifiedName description dataProducts dataContract version updatedAt updatedBy \
         impersonatedBy sourceUrl concurrency pipelineLocation startDate endDate tasks pipelineStatus state followers tags \
         href owners serviceType usageSummary changeDescription incrementalChangeDescription deleted extension \
         scheduleInterval domains votes lifeCycle certification sourceHash entityStatus",
    ),
    (
        "dashboard",
        "id name service displayName fullyQualifiedName description project version updatedAt updatedBy impersonatedBy \
         dashboardType sourceUrl charts dataModels href owners followers tags serviceType usageSummary changeDescription \
         incrementalChangeDescription deleted extension domains dataProducts dataContract votes lifeCycle certification \
         sourceHash entityStatus",
    ),
    (
        "chart",
        "id name service displayName fullyQualifiedName description version updatedAt updatedBy impersonatedBy chartType \
         sourceUrl href owners followers tags serviceType usageSummary changeDescription incrementalChangeDescription deleted \
         domains dataProducts dataContract votes lifeCycle certification sourceHash extension dashboards entityStatus",
    ),
    (
        "dashboard_data_model",
        "id name displayName fullyQualifiedName description version updatedAt updatedBy impersonatedBy href owners dataProducts \
         dataContract tags changeDescription incrementalChangeDescription deleted followers service serviceType dataModelType \
         sql columns project sourceUrl domains votes lifeCycle certification sourceHash extension entityStatus",
    ),
    (
        "metric",
        "id name fullyQualifiedName displayName description metricExpression metricType unitOfMeasurement \
         customUnitOfMeasurement granularity dimensions measures filters relatedMetrics assets version updatedAt updatedBy \
         impersonatedBy href owners reviewers followers tags changeDescription incrementalChangeDescription deleted domains \
         dataProducts dataContract votes extension certification entityStatus provider derivedFrom",
    ),
    (
        "query",
        "id name fullyQualifiedName displayName description version updatedAt updatedBy impersonatedBy href \
         changeDescription incrementalChangeDescription owners duration users followers votes query query_type \
         exclude_usage checksum queryDate usedBy tags queryUsedIn triggeredBy processedLineage service domains entityStatus",
    ),
    (
        "test_definition",
        "id name displayName fullyQualifiedName description entityType testPlatforms supportedDataTypes parameterDefinition \
         dataQualityDimension owners provider version updatedAt updatedBy href changeDescription incrementalChangeDescription \
         deleted supportsRowLevelPassedFailed domains supportsDynamicAssertion enabled supportedServices sqlExpression \
         validatorClass",
    ),
    (
        "test_suite",
        "id name displayName fullyQualifiedName description tests connection testConnectionResult pipelines serviceType \
         owners version updatedAt updatedBy href changeDescription incrementalChangeDescription deleted basic executable \
         basicEntityReference executableEntityReference dataContract summary testCaseResultSummary domains tags inherited \
         ingestionRunner reviewers",
    ),
    (
        "test_case",
        "id name displayName fullyQualifiedName description testDefinition entityLink entityFQN testSuite testSuites \
         parameterValues testCaseResult testCaseStatus version owners createdBy updatedAt updatedBy href changeDescription \
         incrementalChangeDescription deleted computePassedFailedRowCount autoCloseIncident incidentId incidentStatus \
         failedRowsSample inspectionQuery domains dataProducts followers useDynamicAssertion tags dimensionColumns \
         topDimensions entityStatus reviewers",
    ),
    (
        "stored_procedure",
        "id name fullyQualifiedName displayName description storedProcedureCode version dataProducts dataContract updatedAt \
         storedProcedureType updatedBy impersonatedBy href changeDescription incrementalChangeDescription databaseSchema \
         database service serviceType deleted owners followers votes code tags extension sourceUrl domains lifeCycle \
         certification sourceHash processedLineage entityStatus",
    ),
    (
        "ingestion_pipeline",
        "id name displayName description pipelineType owners fullyQualifiedName sourceConfig openMetadataServerConnection \
         airflowConfig service pipelineStatuses loggerLevel raiseOnError deployed enabled enableStreamableLogs href version \
         updatedAt updatedBy impersonatedBy changeDescription incrementalChangeDescription followers deleted provider \
         domains applicationType ingestionRunner processingEngine",
    ),
    (
        "user",
        "id name email fullyQualifiedName description externalId scimUserName displayName version updatedAt updatedBy \
         impersonatedBy href timezone isBot isAdmin allowImpersonation authenticationMechanism profile teams defaultPersona \
         personas owns follows changeDescription incrementalChangeDescription deleted roles inheritedRoles \
         inheritedPersonas isEmailVerified domains lastLoginTime lastActivityTime personaPreferences",
    ),
    (
        "team",
        "id name teamType email fullyQualifiedName displayName externalId description version updatedAt updatedBy \
         impersonatedBy href profile parents children descendantTeams users childrenCount userCount owns owners isJoinable \
         changeDescription incrementalChangeDescription deleted defaultRoles inheritedRoles defaultPersona policies domains",
    ),
    (
        "bot",
        "id name botUser fullyQualifiedName displayName description provider version updatedAt updatedBy impersonatedBy \
         href changeDescription incrementalChangeDescription deleted domains",
    ),
    (
        "role",
        "id name fullyQualifiedName displayName description version updatedAt updatedBy impersonatedBy href \
         changeDescription incrementalChangeDescription allowDelete allowEdit deleted policies users teams provider \
         disabled domains",
    ),
    (
        "policy",
        "id name rules fullyQualifiedName displayName description owners href enabled version updatedAt updatedBy \
         impersonatedBy changeDescription incrementalChangeDescription teams roles location allowDelete allowEdit deleted \
         provider disabled domains",
    ),
    (
        "classification",
        "id name description fullyQualifiedName displayName version termCount updatedAt updatedBy impersonatedBy href \
         usageCount changeDescription incrementalChangeDescription deleted provider disabled mutuallyExclusive domains \
         owners reviewers entityStatus autoClassificationConfig",
    ),
    (
        "tag",
        "id name description displayName fullyQualifiedName style classification parent children version updatedAt \
         updatedBy impersonatedBy href usageCount deprecated deleted changeDescription incrementalChangeDescription \
         provider disabled mutuallyExclusive domains dataProducts dataContract owners reviewers entityStatus recognizers \
         autoClassificationEnabled autoClassificationPriority",
    ),
    (
        "glossary",
        "id name description fullyQualifiedName displayName version updatedAt updatedBy impersonatedBy href reviewers \
         owners usageCount tags termCount changeDescription incrementalChangeDescription deleted provider disabled \
         mutuallyExclusive domains dataProducts dataContract votes extension entityStatus namespaces",
    ),
    (
        "glossary_term",
        "id name description glossary displayName style fullyQualifiedName iri synonyms parent children relatedTerms \
         references conceptMappings version updatedAt updatedBy impersonatedBy href reviewers owners usageCount tags \
         changeDescription incrementalChangeDescription entityStatus deleted provider disabled mutuallyExclusive extension \
         domains dataProducts dataContract votes childrenCount",
    ),
    (
        "event_subscription",
        "id className name fullyQualifiedName displayName description owners href version updatedAt updatedBy \
         changeDescription incrementalChangeDescription alertType trigger filteringRules destinations notificationTemplate \
         enabled batchSize provider retries pollInterval input domains config",
    ),
];

/// Nouns that the stock client does not know: nothing is compared with them.
const OURS: &[&str] = &["asset"];

#[test]
fn answers_have_exactly_the_members_that_the_strict_client_knows() {
    assert_eq!(STRICT.len() + OURS.len(), all().len());
    for (kind, members) in STRICT {
        let noun = noun(kind);
        // `domain` answers those who used it in their request; the strict client never does.
        let ours = names(noun.entity).into_iter().filter(|member| *member != "domain").collect();
        assert_eq!(sorted(ours), sorted(members.split_whitespace().collect()), "{kind}");
    }
}

/// The members of create requests, noun by noun; `!` marks the required.
const REQUESTS: &[(&str, &str)] = &[
    (
        "domain",
        "domainType! name! description! fullyQualifiedName displayName style parent owners experts tags extension",
    ),
    (
        "data_product",
        "name! description! domains domain fullyQualifiedName displayName style owners experts reviewers assets tags \
         dataProductType visibility portfolioPriority extension",
    ),
    (
        "database_service",
        "name! serviceType! displayName description tags style connection owners dataProducts domains domain ingestionRunner",
    ),
    (
        "dashboard_service",
        "name! serviceType! displayName description tags style connection owners dataProducts domains domain ingestionRunner",
    ),
    (
        "pipeline_service",
        "name! serviceType! displayName description tags style connection owners dataProducts domains domain \
         ingestionRunner scheduleInterval lifeCycle",
    ),
    (
        "database",
        "name! service! displayName description tags owners dataProducts default retentionPeriod extension sourceUrl \
         domains domain lifeCycle sourceHash",
    ),
    (
        "database_schema",
        "name! database! displayName description owners dataProducts tags retentionPeriod extension sourceUrl domains \
         domain lifeCycle sourceHash",
    ),
    (
        "table",
        "name! columns! databaseSchema! displayName description tableType dataModel locationPath tableConstraints aliases \
         tablePartition tableProfilerConfig owners tags schemaDefinition retentionPeriod extension sourceUrl domains domain \
         dataProducts fileFormat lifeCycle sourceHash",
    ),
    (
        "pipeline",
        "name! service! displayName description dataProducts sourceUrl concurrency pipelineLocation startDate tasks state \
         tags owners extension scheduleInterval domains domain lifeCycle sourceHash",
    ),
    (
        "dashboard",
        "name! service! displayName description dashboardType sourceUrl project charts dataModels tags owners extension domains domain \
         dataProducts lifeCycle sourceHash",
    ),
    (
        "chart",
        "name! service! displayName description chartType sourceUrl tags owners domains domain dataProducts lifeCycle \
         sourceHash extension dashboards",
    ),
    (
        "dashboard_data_model",
        "name! service! dataModelType! columns! serviceType displayName description tags dataProducts owners sourceUrl sql \
         project domains domain lifeCycle sourceHash extension",
    ),
    (
        "metric",
        "name! displayName description metricExpression metricType unitOfMeasurement customUnitOfMeasurement granularity \
         dimensions measures filters relatedMetrics assets owners reviewers tags domains dataProducts extension provider",
    ),
    (
        "query",
        "name displayName description owners tags query! query_type exclude_usage duration users usedBy dialect queryDate \
         queryUsedIn triggeredBy processedLineage service! domains",
    ),
    (
        "test_definition",
        "name! displayName description owners entityType! testPlatforms! supportedDataTypes provider parameterDefinition \
         dataQualityDimension supportedServices domains sqlExpression validatorClass",
    ),
    (
        "test_suite",
        "name! displayName description owners basicEntityReference executableEntityReference dataContract domains tags \
         reviewers",
    ),
    // The protocol shows domains of tests, and takes none when one is made; here they are taken as those of tables are.
    (
        "test_case",
        "name! description displayName testDefinition! entityLink! parameterValues owners reviewers \
         computePassedFailedRowCount useDynamicAssertion tags dimensionColumns topDimensions",
    ),
    (
        "stored_procedure",
        "name! displayName description owners tags storedProcedureCode! storedProcedureType databaseSchema! extension \
         dataProducts sourceUrl domains domain lifeCycle sourceHash",
    ),
    (
        "ingestion_pipeline",
        "name! displayName description pipelineType! sourceConfig! airflowConfig! loggerLevel raiseOnError service! owners \
         provider domains processingEngine enableStreamableLogs",
    ),
    (
        "user",
        "name! email! description displayName externalId scimUserName timezone isBot botName isAdmin profile teams roles \
         personas defaultPersona authenticationMechanism createPasswordType password confirmPassword domains",
    ),
    (
        "team",
        "teamType! name! email displayName externalId description profile parents children users defaultRoles \
         defaultPersona owners isJoinable policies domains",
    ),
    ("bot", "name! botUser! displayName description provider allowImpersonation domains"),
    ("role", "name! policies! displayName description domains"),
    ("policy", "name! rules! displayName description owners enabled location domains"),
    (
        "classification",
        "name! description! displayName provider mutuallyExclusive domains owners reviewers autoClassificationConfig",
    ),
    (
        "tag",
        "name! description! classification parent displayName style associatedTags provider mutuallyExclusive domains \
         owners reviewers recognizers autoClassificationEnabled autoClassificationPriority",
    ),
    ("glossary", "name! description! displayName reviewers owners tags provider mutuallyExclusive domains extension"),
    (
        "glossary_term",
        "glossary! name! description! parent displayName iri style synonyms relatedTerms references conceptMappings \
         reviewers owners tags provider mutuallyExclusive extension domains",
    ),
    (
        "event_subscription",
        "name! className displayName description owners enabled batchSize alertType! trigger resources destinations provider \
         retries pollInterval input notificationTemplate domains config",
    ),
];

#[test]
fn requests_have_exactly_the_members_of_the_protocol() {
    assert_eq!(REQUESTS.len() + OURS.len(), all().len());
    for (kind, members) in REQUESTS {
        let create = noun(kind).create;
        let ours: Vec<String> = create
            .members
            .iter()
            .map(|member| format!("{}{}", member.name, if member.required { "!" } else { "" }))
            .collect();
        let ours = sorted(ours.iter().map(String::as_str).collect());
        assert_eq!(ours, sorted(members.split_whitespace().collect()), "{kind}");
    }
}

#[test]
fn answers_carry_only_service_types_that_the_client_knows() {
    for kind in ["database_service", "pipeline_service", "dashboard_service"] {
        let noun = noun(kind);
        let types = |shape: &'static Struct| match shape.member("serviceType").map(|member| member.shape) {
            Some(Shape::Enumeration(types)) => types,
            _ => panic!("serviceType is an enumeration"),
        };
        let service = crate::connection::of_kind(kind).expect("a kind of service");
        assert_eq!(types(noun.entity), service.types());
        assert_eq!(types(noun.create), service.accepted());
    }
}
