//! One try to come in by a name and a secret, whichever door it is made at: held back after failures, and in the audit trail.

use std::future::Future;
use std::net::IpAddr;

use emporion_catalog::catalog::Catalog;
use emporion_catalog::id::RecordId;
use emporion_catalog::problem::Problem;

use crate::login_throttle::{Throttle, Try, Verdict};

pub struct Attempt<'a> {
    pub name: &'a str,
    pub secret: &'a str,
    /// It has to be compared with what is kept of passwords.
    pub is_password: bool,
    pub client: Option<IpAddr>,
    pub door: Option<&'static str>,
}

/// Why somebody did not come in.
pub enum Refused {
    /// He has failed too often, and is told to wait.
    Waits,
    /// He has proven nothing, or is not heard for now; which of the two is not told.
    Wrong,
    Problem(Problem),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Refused {
        match problem {
            Problem::Unauthenticated { .. } => Refused::Wrong,
            problem => Refused::Problem(problem),
        }
    }
}

impl Throttle {
    /// Has `prove` find out who it is, given whom the name means, unless the attempt is held back.
    pub async fn sign_in<T, F>(
        &self,
        catalog: &Catalog,
        attempt: &Attempt<'_>,
        prove: impl FnOnce(Vec<RecordId>) -> F,
    ) -> Result<T, Refused>
    where
        F: Future<Output = Result<(RecordId, T), Problem>>,
    {
        let Attempt { name, secret, is_password, client, door } = *attempt;
        let users = catalog.meant_by(name).await?;
        let tried = Try::to_log_in(name, &users, client);
        let _turn = self.turn(&tried).await;
        let now = catalog.now().0;
        let verdict = self.judge(&tried, now);
        let is_compared = match verdict {
            Verdict::Allowed => is_password,
            Verdict::Unheard => true,
            Verdict::Waits => false,
        };
        let _compared = match is_compared {
            true => Some(self.passwords.turn(client).await.ok_or(Refused::Waits)?),
            false => None,
        };
        if verdict != Verdict::Allowed {
            let refused = match verdict {
                Verdict::Unheard => catalog.refuse_login(secret).await.into(),
                _ => Refused::Waits,
            };
            if self.is_first_held_back(&tried, now) {
                catalog.note_held_back(name, door).await;
            }
            if verdict == Verdict::Unheard {
                self.refuse(&tried, catalog.now().0).await;
            }
            return Err(refused);
        }
        match prove(users).await {
            Ok((user, proven)) => {
                self.admit(&tried, user, now).await;
                Ok(proven)
            }
            Err(problem) => {
                if matches!(problem, Problem::Unauthenticated { .. }) {
                    self.refuse(&tried, catalog.now().0).await;
                }
                Err(problem.into())
            }
        }
    }
}
