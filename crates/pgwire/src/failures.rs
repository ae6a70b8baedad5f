//! What went wrong, as PostgreSQL's clients are told.

use emporion_catalog::Problem;
use emporion_products::failure::{Code, Failure};
use emporion_products::message::Nouns;
use emporion_products::warning::Warning;
use emporion_semantic::guard::{DIVISION_BY_ZERO, Refusal, Rule};
use pgwire::error::{ErrorInfo, PgWireError};
use pgwire::messages::response::NoticeResponse;

/// The classes of errors by their codes (PostgreSQL, appendix A).
pub const SYNTAX: &str = "42601";
pub const NO_SUCH_TABLE: &str = "42P01";
pub const NO_SUCH_SCHEMA: &str = "3F000";
pub const NO_SUCH_DATABASE: &str = "3D000";
pub const NOT_ALLOWED: &str = "42501";
pub const READ_ONLY: &str = "25006";
pub const FAILED_TRANSACTION: &str = "25P02";
pub const CANCELLED: &str = "57014";
pub const TOO_LARGE: &str = "54000";
pub const NOT_OFFERED: &str = "0A000";
pub const BUSY: &str = "53000";
pub const WRONG_PASSWORD: &str = "28P01";
pub const NOT_AUTHORISED: &str = "28000";
pub const NO_SUCH_CURSOR: &str = "34000";
pub const BY_ZERO: &str = "22012";
pub const WRONG_VALUE: &str = "22P02";
pub const NO_SUCH_SETTING: &str = "42704";
const WARNING: &str = "01000";
const UNAVAILABLE: &str = "57P03";
const INTERNAL: &str = "XX000";
const FUNCTION_HINT: &str = "The statement runs on the system that the product's data lie in, with functions of that system that \
    compute from their arguments: date_trunc on PostgreSQL, strftime on SQLite, date_format on MySQL.";

/// One statement comes to nothing; the connection stays.
pub fn error(code: &str, message: impl Into<String>) -> PgWireError {
    PgWireError::UserError(Box::new(ErrorInfo::new("ERROR".to_owned(), code.to_owned(), message.into())))
}

/// The same with a word on what to do.
pub fn hinted(code: &str, message: impl Into<String>, hint: impl Into<String>) -> PgWireError {
    let mut info = ErrorInfo::new("ERROR".to_owned(), code.to_owned(), message.into());
    info.hint = Some(hint.into());
    PgWireError::UserError(Box::new(info))
}

/// The connection ends.
pub fn fatal(code: &str, message: impl Into<String>) -> PgWireError {
    PgWireError::UserError(Box::new(ErrorInfo::new("FATAL".to_owned(), code.to_owned(), message.into())))
}

/// Nothing is wrong with a statement, and its client should know this.
pub fn warning(warning: &Warning) -> NoticeResponse {
    let message = warning.message.text(&Nouns::DATA_PRODUCT);
    let mut info = ErrorInfo::new("WARNING".to_owned(), WARNING.to_owned(), message);
    info.detail = Some(warning.code.to_owned());
    info.into()
}

/// Of what was read before, the rest is not sent.
pub fn rights_have_changed() -> PgWireError {
    error(NOT_ALLOWED, "what you may read has changed since it was read: ask again")
}

/// What the guard has against a statement that no product was asked for yet.
pub fn of_refusal(refusal: &Refusal) -> PgWireError {
    let code = if refusal.rule == Rule::Value { WRONG_VALUE } else { of_rule(refusal.rule.code()) };
    error(code, refusal.message.clone())
}

pub fn of_problem(problem: &Problem) -> PgWireError {
    match problem {
        Problem::Unauthenticated { .. } => fatal(
            NOT_AUTHORISED,
            "the login or token has ended or was revoked, or its user may no longer act: connect again",
        ),
        problem => {
            tracing::error!(%problem, "a statement of PostgreSQL's protocol could not be carried out");
            error(UNAVAILABLE, "the catalogue cannot take this statement now; try again in a moment")
        }
    }
}

pub fn of_failure(failure: &Failure) -> PgWireError {
    let message = failure.sentence(&Nouns::DATA_PRODUCT, str::to_owned);
    let rule = failure.details.as_ref().and_then(|details| details.get("rule")?.as_str());
    let code = match failure.code {
        Code::SQL_NOT_ALLOWED if message == DIVISION_BY_ZERO => BY_ZERO,
        Code::SQL_NOT_ALLOWED => rule.map_or(NOT_OFFERED, of_rule),
        Code::FORBIDDEN | Code::ROWS_NOT_GRANTED => NOT_ALLOWED,
        Code::NOT_FOUND => NO_SUCH_SCHEMA,
        Code::UNAUTHENTICATED => return fatal(NOT_AUTHORISED, message),
        Code::COST_LIMIT => TOO_LARGE,
        Code::RATE_LIMITED => "53400",
        Code::QUERY_TIMEOUT => CANCELLED,
        Code::DATA_SOURCE_ERROR | Code::DATA_SOURCE_TYPE_UNSUPPORTED => "58000",
        Code::UNAVAILABLE => UNAVAILABLE,
        // Clients know that to run it again helps.
        Code::CONFLICT => "40001",
        Code::BAD_REQUEST => WRONG_VALUE,
        Code::VALIDATION_FAILED => "55000",
        _ => INTERNAL,
    };
    match rule {
        Some("FUNCTION_NOT_ALLOWED") => hinted(code, message, FUNCTION_HINT),
        _ => error(code, message),
    }
}

fn of_rule(rule: &str) -> &'static str {
    match rule {
        "SYNTAX" | "EMPTY" | "MULTIPLE_STATEMENTS" => SYNTAX,
        "NOT_A_SELECT" | "WRITE_IN_QUERY" | "SELECT_INTO" | "LOCKING" => READ_ONLY,
        "TABLE_NOT_ALLOWED" => NO_SUCH_TABLE,
        "SYSTEM_CATALOG" | "OTHER_DATABASE" | "VARIABLE" => NOT_ALLOWED,
        "FUNCTION_NOT_ALLOWED" | "TABLE_FUNCTION_NOT_ALLOWED" | "OPERATOR_NOT_ALLOWED" => "42883",
        "UNKNOWN_COLUMN" => "42703",
        "AMBIGUOUS_NAME" => "42702",
        "IDENTIFIER" => "42602",
        "TYPE_NOT_ALLOWED" => NO_SUCH_SETTING,
        "PARAMETER" => "42P02",
        "VALUE" => "22000",
        "TOO_LONG" | "TOO_DEEP" | "TOO_COMPLEX" => "54001",
        "CROSS_JOIN" | "UNBOUNDED_RECURSION" | "COST_LIMIT" => TOO_LARGE,
        _ => NOT_OFFERED,
    }
}
