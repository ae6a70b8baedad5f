//! Several ways between tables that lead to the same rows: nothing is asked back then.

use emporion_semantic::chat::ground::{DatasetId, JoinId};
use emporion_semantic::chat::ways_differ;

use super::conversation::{Conversation, LOOK_UP_TIME};
use crate::failure::{Code, Failure};

/// More ways than are compared.
const COMPARED: usize = 4;

impl Conversation<'_> {
    /// The one shortest way, where each other one leads from every row that the caller reads to where that leads, or nowhere.
    ///
    /// Errors: what a look-up has.
    pub(super) async fn nearest_alike<'w>(
        &self,
        from: DatasetId,
        ways: &'w [Vec<JoinId>],
    ) -> Result<Option<&'w [JoinId]>, Failure> {
        let Some(nearest) = ways.iter().min_by_key(|way| way.len()) else { return Ok(None) };
        let others = || ways.iter().filter(|way| *way != nearest);
        if !self.question.is_run || ways.len() > COMPARED || others().any(|way| way.len() == nearest.len()) {
            return Ok(None);
        }
        for other in others() {
            let planned = ways_differ(&self.prepared.ground, from, [nearest, other]);
            let Some(planned) = planned.filter(|planned| !planned.datasets.iter().any(|id| self.is_closed(*id))) else {
                return Ok(None);
            };
            let decided = self.prepared.sources.decide_in(planned.source, &planned.sql, &planned.parameters, 1)?;
            match self.run(&decided, LOOK_UP_TIME).await {
                Ok(answered) if answered.rows.is_empty() => {}
                Ok(_) => return Ok(None),
                Err(failure) if failure.code == Code::QUERY_TIMEOUT || failure.code == Code::COST_LIMIT => {
                    return Ok(None);
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(Some(nearest))
    }
}
