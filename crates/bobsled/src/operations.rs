//! The operation table: every verb and path of the interface. A row without a handler answers 501 until it has one.

use emporion_edge::shape::{Member, Shape, TEXT};
use emporion_products::parts::semantic_models::shapes as models;
use http::Method;

use crate::handlers::{
    chat, chat_feedback, chat_guide, chat_review, chat_threads, data_assets as assets, data_sources as sources,
    deploy as deploying, product_create, product_skills as used_skills, products as product_rows, queryable_tables,
    run_sql, skills as all_skills, source_tests, users as product_users,
};
use crate::operation::{Operation, Root};
use crate::parts;
use crate::shapes::common::{CURSOR, DELETED, IDEMPOTENCY_KEY, INCLUDE_TOTAL, LIMIT};
use crate::shapes::{
    asset, chat as chat_shapes, chat_feedback as review, chat_thread, data_source, deploy, product, queryable,
    run_sql as sql, skill, user,
};

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;

/// Every row, in the order of the document.
pub fn table() -> Vec<Operation> {
    let mut table = Vec::new();
    table.extend(products());
    table.extend(data_assets());
    table.extend(parts::all::rows());
    table.extend(chat());
    table.extend(skills());
    table.extend(users());
    table.extend(data_sources());
    table.extend(account_skills());
    table
}

/// A row of products.
fn row(method: Method, path: &'static str, name: &'static str, summary: &'static str) -> Operation {
    Operation::new(method, Root::Products, path, name, summary)
}

/// A row of the account.
fn account(method: Method, path: &'static str, name: &'static str, summary: &'static str) -> Operation {
    Operation::new(method, Root::Account, path, name, summary)
}

fn within(section: &'static str, rows: impl IntoIterator<Item = Operation>) -> Vec<Operation> {
    rows.into_iter().map(|row| row.section(section)).collect()
}

fn products() -> Vec<Operation> {
    const ONE: &str = "/{dataProductId}";
    vec![
        row(GET, "", "list", "List {products}")
            .with(product::LIST_QUERY)
            .gives(&product::LIST)
            .by(product_rows::list)
            .cached(),
        row(POST, "", "create", "Create a {product}")
            .with(&[IDEMPOTENCY_KEY])
            .takes(&product::CREATE)
            .gives(&product::CREATED)
            .creates()
            .errors(&[404, 409, 415, 422])
            .by(product_create::create),
        row(GET, ONE, "get", "Get a {product}")
            .with(product::GET_QUERY)
            .gives_any_of(product::READ)
            .by(product_rows::get)
            .cached(),
        row(PATCH, ONE, "update", "Change the settings of a {product}")
            .takes(&product::PATCH)
            .gives(&product::PRODUCT)
            .errors(&[404, 409, 412, 415, 422])
            .guarded_by(product_rows::update),
        row(DELETE, ONE, "delete", "Delete a {product}")
            .with(&[product::FORCE])
            .gives(&DELETED)
            .errors(&[404, 409, 412])
            .guarded_by(product_rows::delete),
        row(POST, "/{dataProductId}/deploy", "deploy", "Make the drafts of a {product} live")
            .with(&[IDEMPOTENCY_KEY])
            .takes(&deploy::REQUEST)
            .gives(&deploy::DEPLOYED)
            .errors(&[404, 409, 412, 415, 422])
            .guarded_by(deploying::deploy),
    ]
}

fn data_assets() -> Vec<Operation> {
    const LIST: &str = "/{dataProductId}/data-assets";
    within(
        "Data Assets",
        [
            row(GET, LIST, "dataAssets_list", "List the data assets of a {product}")
                .with(asset::LIST_QUERY)
                .gives(&asset::LIST)
                .by(assets::list),
            row(PATCH, LIST, "dataAssets_update", "Add, change and remove data assets of a {product}")
                .takes(&asset::PATCH)
                .gives(&asset::PATCHED)
                .errors(&[404, 409, 412, 415, 422])
                .guarded_by(assets::update),
        ],
    )
}

fn chat() -> Vec<Operation> {
    let rows = questions().into_iter().chain(threads()).chain([queryable_tables_row()]).chain(reviews());
    within("Chat", rows.chain([sql_queries()]))
}

fn questions() -> Vec<Operation> {
    const EVENTS: &[(&str, Shape)] = &[("text/event-stream", TEXT)];
    vec![
        row(POST, "/{dataProductId}/chat", "chat_ask", "Ask a question")
            .with(&[IDEMPOTENCY_KEY])
            .takes(&chat_shapes::REQUEST)
            .at_most(chat_shapes::MOST_BYTES)
            .gives(&chat_shapes::ANSWER)
            .errors(&[404, 409, 415, 422, 429, 502, 504])
            .safe()
            .by(chat::ask),
        row(POST, "/{dataProductId}/chat/stream", "chat_stream", "Ask a question and follow the answer")
            .with(&[IDEMPOTENCY_KEY])
            .takes(&chat_shapes::REQUEST)
            .at_most(chat_shapes::MOST_BYTES)
            .also_gives(EVENTS)
            .errors(&[404, 409, 415, 422, 429])
            .safe()
            .by(chat::stream),
        row(GET, "/{dataProductId}/chat/stream/{messageId}", "chat_resume", "Follow an answer again")
            .with(chat_shapes::RESUME_QUERY)
            .also_gives(EVENTS)
            .errors(&[404, 410])
            .by(chat::resume),
        row(GET, "/{dataProductId}/chat/guide", "chat_guide", "Tell what can be asked")
            .gives(&chat_shapes::GUIDE)
            .by(chat_guide::guide),
        row(GET, "/{dataProductId}/chat/fit", "chat_fit", "Tell how well a question fits")
            .with(chat_shapes::FIT_QUERY)
            .gives(&chat_shapes::FIT)
            .by(chat_guide::fit),
    ]
}

fn threads() -> Vec<Operation> {
    const THREADS: &str = "/{dataProductId}/chat-threads";
    const THREAD: &str = "/{dataProductId}/chat-threads/{threadId}";
    const ANSWER: &str = "/{dataProductId}/chat-threads/{threadId}/messages/{messageId}/answer";
    vec![
        row(GET, THREADS, "chatThreads_list", "List chat threads")
            .with(chat_thread::LIST_QUERY)
            .gives(&chat_thread::LIST)
            .by(chat_threads::list),
        row(GET, THREAD, "chatThreads_get", "Get a chat thread with its messages")
            .with(chat_thread::GET_QUERY)
            .gives(&chat_thread::WHOLE)
            .by(chat_threads::get),
        row(GET, ANSWER, "chatThreads_answerAgain", "Answer a question of a thread again, with its rows")
            .gives(&chat_shapes::ANSWER)
            .errors(&[404, 429, 502, 504])
            .by(chat::again),
        row(PATCH, THREAD, "chatThreads_rename", "Rename a chat thread")
            .takes(&chat_thread::PATCH)
            .gives(&chat_thread::ONE)
            .errors(&[404, 412, 415, 422])
            .guarded_by(chat_threads::rename),
        row(DELETE, THREAD, "chatThreads_delete", "Delete a chat thread")
            .gives(&DELETED)
            .errors(&[404, 412])
            .guarded_by(chat_threads::delete),
    ]
}

fn queryable_tables_row() -> Operation {
    row(
        GET,
        "/{dataProductId}/queryable-tables",
        "queryableTables_list",
        "List the tables of the {product} that the caller may query",
    )
    .with(queryable::LIST_QUERY)
    .gives(&queryable::LIST)
    .by(queryable_tables::list)
}

/// What those who change a product are told of its questions, and what they make of it.
fn reviews() -> Vec<Operation> {
    const FEEDBACK: &str = "/{dataProductId}/chat-threads/{threadId}/messages/{messageId}/feedback";
    const UNANSWERED: &str = "/{dataProductId}/unanswered-questions";
    const SYNONYM: &str = "/{dataProductId}/unanswered-questions/{questionId}/synonym";
    const VERIFIED: &str = "/{dataProductId}/unanswered-questions/{questionId}/verified-query";
    vec![
        row(POST, FEEDBACK, "chatFeedback_give", "Say whether an answer helped or is wrong")
            .with(&[IDEMPOTENCY_KEY])
            .takes(&review::GIVE)
            .gives(&review::GIVEN)
            .errors(&[403, 404, 409, 415, 422])
            .by(chat_feedback::give),
        row(DELETE, FEEDBACK, "chatFeedback_takeBack", "Take back what was said of an answer")
            .gives(&review::GIVEN)
            .errors(&[403, 404, 422])
            .by(chat_feedback::take_back),
        row(GET, "/{dataProductId}/chat-feedback", "chatFeedback_list", "List the answers that were marked wrong")
            .with(review::FEEDBACK_QUERY)
            .gives(&review::FEEDBACK_LIST)
            .by(chat_review::feedback),
        row(GET, UNANSWERED, "unansweredQuestions_list", "List the questions that were not answered")
            .with(review::UNANSWERED_QUERY)
            .gives(&review::UNANSWERED_LIST)
            .by(chat_review::unanswered),
        row(POST, SYNONYM, "unansweredQuestions_addSynonym", "Add a word of a question to a semantic model")
            .with(&[IDEMPOTENCY_KEY])
            .takes(&models::SYNONYM)
            .gives(&review::SYNONYM_ADDED)
            .errors(&[403, 404, 409, 412, 415, 422])
            .guarded_by(chat_review::add_synonym),
        row(POST, VERIFIED, "unansweredQuestions_addVerifiedQuery", "Make a verified query of a question")
            .with(&[IDEMPOTENCY_KEY])
            .takes(&review::VERIFIED_QUERY)
            .gives(&review::VERIFIED_QUERY_ADDED)
            .creates()
            .errors(&[403, 404, 409, 415, 422])
            .by(chat_review::add_verified_query),
        row(GET, "/{dataProductId}/chat-choices", "chatChoices_list", "Count what words were taken for")
            .with(review::PAGE_QUERY)
            .gives(&review::CHOICE_LIST)
            .by(chat_review::choices),
    ]
}

fn sql_queries() -> Operation {
    row(POST, "/{dataProductId}/run-sql", "runSql", "Run a query on the {product}")
        .takes(&sql::REQUEST)
        .gives(&sql::RESULT)
        .errors(&[404, 415, 422, 429, 502, 504])
        .safe()
        .by(run_sql::run)
}

fn skills() -> Vec<Operation> {
    const LIST: &str = "/{dataProductId}/skills";
    const ONE: &str = "/{dataProductId}/skills/{skillId}";
    let enable = |method: Method, name: &'static str, summary: &'static str| {
        row(method, ONE, name, summary).takes(&skill::ENABLE).gives(&skill::ONE).errors(&[404, 409, 415, 422])
    };
    within(
        "Skills",
        [
            row(GET, LIST, "skills_list", "List the skills of a {product}")
                .with(skill::PAGE_QUERY)
                .gives(&skill::LIST)
                .by(used_skills::list),
            row(GET, ONE, "skills_get", "Get a skill of a {product}").gives(&skill::ONE).by(used_skills::get),
            Operation { ok: &[200, 201], ..enable(PUT, "skills_enable", "Enable a skill") }.by(used_skills::enable),
            Operation { ok: &[200, 201], ..enable(POST, "skills_enableByPost", "Enable a skill, as older clients do") }
                .with(&[IDEMPOTENCY_KEY])
                .by(used_skills::enable),
            row(DELETE, ONE, "skills_disable", "Disable a skill").gives(&DELETED).by(used_skills::disable),
        ],
    )
}

fn users() -> Vec<Operation> {
    const LIST: &str = "/{dataProductId}/users";
    within(
        "Users",
        [
            row(GET, LIST, "users_list", "List the users of a {product}")
                .with(user::LIST_QUERY)
                .gives(&user::LIST)
                .by(product_users::list),
            row(PATCH, LIST, "users_update", "Give, change and take roles on a {product}")
                .takes(&user::PATCH)
                .gives(&user::LIST)
                .errors(&[404, 409, 412, 415, 422])
                .guarded_by(product_users::update),
        ],
    )
}

fn data_sources() -> Vec<Operation> {
    const ONE: &str = "/data-sources/{dataSourceId}";
    const WRITE: &[Member] = &[IDEMPOTENCY_KEY];
    within(
        "Data Sources",
        [
            account(GET, "/data-sources", "dataSources_list", "List data sources")
                .with(data_source::LIST_QUERY)
                .gives(&data_source::LIST)
                .by(sources::list),
            account(POST, "/data-sources", "dataSources_create", "Create a data source")
                .with(WRITE)
                .takes(&data_source::CREATE)
                .gives(&data_source::ONE)
                .creates()
                .errors(&[404, 409, 415, 422])
                .by(sources::create),
            account(
                POST,
                "/data-sources/test-connection",
                "dataSources_tryConnection",
                "Test a connection before it is kept",
            )
            .takes(&data_source::ATTEMPT)
            .gives(&data_source::ATTEMPTED)
            .errors(&[415, 422])
            .safe()
            .by(source_tests::attempt),
            account(GET, ONE, "dataSources_get", "Get a data source").gives(&data_source::ONE).by(sources::get),
            account(PATCH, ONE, "dataSources_update", "Change a data source")
                .takes(&data_source::PATCH)
                .gives(&data_source::ONE)
                .errors(&[404, 409, 412, 415, 422])
                .guarded_by(sources::update),
            account(DELETE, ONE, "dataSources_delete", "Delete a data source")
                .gives(&DELETED)
                .errors(&[404, 409, 412])
                .guarded_by(sources::delete),
            account(
                POST,
                "/data-sources/{dataSourceId}/test-connection",
                "dataSources_testConnection",
                "Test the connection of a data source",
            )
            .gives(&data_source::TESTED)
            .errors(&[404, 422, 502, 504])
            .by(source_tests::test),
            account(
                POST,
                "/data-sources/{dataSourceId}/refresh",
                "dataSources_refresh",
                "Read again what the data source says of the tables that are known of it",
            )
            .takes(&data_source::REFRESH)
            .gives(&data_source::REFRESHED)
            .errors(&[404, 409, 415, 422, 502, 504])
            .by(source_tests::refresh),
            account(
                GET,
                "/data-sources/{dataSourceId}/available-tables",
                "dataSources_availableTables",
                "List the tables that a data source offers",
            )
            .with(&[LIMIT, CURSOR, INCLUDE_TOTAL])
            .gives(&data_source::AVAILABLE)
            .errors(&[404, 422, 502, 504])
            .by(source_tests::available_tables),
        ],
    )
}

fn account_skills() -> Vec<Operation> {
    const ONE: &str = "/skills/{skillId}";
    const VERSIONS: &str = "/skills/{skillId}/versions";
    const VERSION: &str = "/skills/{skillId}/versions/{versionId}";
    const EMAIL: &[Member] = &[skill::EMAIL];
    within(
        "Skills",
        [
            account(GET, "/skills", "accountSkills_list", "List skills")
                .with(skill::PAGE_QUERY)
                .with(EMAIL)
                .gives(&skill::LIST)
                .by(all_skills::list),
            account(POST, "/skills", "accountSkills_create", "Create a skill")
                .with(&[IDEMPOTENCY_KEY])
                .takes(&skill::CREATE)
                .gives(&skill::ONE)
                .creates()
                .errors(&[404, 409, 415, 422])
                .by(all_skills::create),
            account(GET, ONE, "accountSkills_get", "Get a skill").with(EMAIL).gives(&skill::ONE).by(all_skills::get),
            account(POST, ONE, "accountSkills_revise", "Store a new version of a skill")
                .with(&[IDEMPOTENCY_KEY])
                .takes(&skill::REVISE)
                .gives(&skill::ONE)
                .errors(&[404, 409, 412, 415, 422])
                .guarded_by(all_skills::revise),
            account(DELETE, ONE, "accountSkills_delete", "Delete a skill")
                .gives(&DELETED)
                .errors(&[404, 409, 412])
                .guarded_by(all_skills::delete),
            account(GET, VERSIONS, "accountSkillVersions_list", "List the versions of a skill")
                .with(skill::PAGE_QUERY)
                .with(EMAIL)
                .gives(&skill::VERSIONS)
                .by(all_skills::versions),
            account(GET, VERSION, "accountSkillVersions_get", "Get a version of a skill")
                .with(EMAIL)
                .gives(&skill::ONE)
                .by(all_skills::version),
            account(DELETE, VERSION, "accountSkillVersions_delete", "Delete a version of a skill")
                .gives(&DELETED)
                .errors(&[404, 409])
                .by(all_skills::delete_version),
        ],
    )
}

#[cfg(test)]
#[path = "operations_tests.rs"]
mod tests;
