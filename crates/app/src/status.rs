//! How the interfaces that are no dialect tell in a status why something was not done.

use emporion_catalog::Problem;

pub fn of(problem: &Problem) -> u16 {
    match problem {
        Problem::Unauthenticated { .. } => 401,
        Problem::Forbidden { .. } => 403,
        Problem::NotFound { .. } => 404,
        Problem::Invalid(_) | Problem::UnknownReference { .. } | Problem::Ambiguous { .. } => 400,
        Problem::NameTaken { .. }
        | Problem::AliasTaken { .. }
        | Problem::NotEmpty { .. }
        | Problem::InUse { .. }
        | Problem::Conflict { .. }
        | Problem::Overtaken
        | Problem::KeyReused => 409,
        Problem::Stale { .. } => 412,
        Problem::Quota { .. } => 402,
        Problem::Throttled { .. } => 429,
        Problem::StorageFull => 507,
        Problem::Unavailable { .. } => 503,
        Problem::Internal { .. } => 500,
    }
}
