//! What is labelled as personal stays so until somebody says otherwise whose rows it is: the label masks them for those who
//! read samples and profiles without holding the rows, and labels are easily taken off.

use std::collections::HashSet;

use async_trait::async_trait;

use crate::access;
use crate::action::Action;
use crate::command::Deletion;
use crate::id::RecordId;
use crate::kinds::{GLOSSARY, GLOSSARY_TERM, TABLE, TAG};
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::Edge;
use crate::relation::TAGGED;
use crate::rows::Reader;
use crate::rows::personal::{SENSITIVE, is_proposal, is_sensitive};

pub struct PersonalLabels;

#[async_trait]
impl Hooks for PersonalLabels {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        // A glossary's own labels say nothing of its terms.
        if plan.cx.caller.principal.is_trusted() || plan.kind == GLOSSARY {
            return Ok(());
        }
        let Some(before) = &plan.before else { return Ok(()) };
        if plan.kind == TAG && is_sensitive(&before.record.fqn) {
            let is_moved = before.record.parent != plan.after.record.parent;
            return if is_moved { Err(refused(plan)) } else { Ok(()) };
        }
        let labels =
            |edges: &[Edge]| -> Vec<Edge> { edges.iter().filter(|edge| edge.relation == TAGGED).cloned().collect() };
        let (old, new) = (labels(&before.edges), labels(&plan.after.edges));
        // To make a proposal of what was said is to take it back.
        let as_sure =
            |is_there: &dyn Fn(bool) -> bool, label: &Edge| is_there(false) || (is_proposal(label) && is_there(true));
        let there: HashSet<(RecordId, &str, bool)> =
            new.iter().map(|label| (label.to, label.at.as_str(), is_proposal(label))).collect();
        let stays = |label: &Edge| as_sure(&|proposed| there.contains(&(label.to, label.at.as_str(), proposed)), label);
        if old.iter().all(stays) {
            return Ok(());
        }
        let reader = Reader::new(plan.cx.access, plan.cx.snapshot, &plan.cx.caller.principal);
        let sensitive = reader.sensitive(&[old.as_slice(), new.as_slice()].concat()).await?;
        let places: HashSet<(&str, bool)> = new
            .iter()
            .filter(|label| sensitive.contains(&label.to))
            .map(|label| (label.at.as_str(), is_proposal(label)))
            .collect();
        let still = |label: &Edge| as_sure(&|proposed| places.contains(&(label.at.as_str(), proposed)), label);
        if !old.iter().any(|label| sensitive.contains(&label.to) && !still(label)) {
            return Ok(());
        }
        let holds = plan.kind.0.rows && !reader.held(&[before.record.id]).await?.is_empty();
        if holds { Ok(()) } else { Err(refused(plan)) }
    }

    async fn deleting(&self, plan: &mut Planning<'_>, deletion: &Deletion) -> Result<(), Problem> {
        // What comes back under its name has its labels again.
        let is_lost = !plan.kind.0.rows || deletion.hard || deletion.frees_name;
        if plan.cx.caller.principal.is_trusted() || !is_lost {
            return Ok(());
        }
        let cx = plan.cx;
        let fqn = &plan.after.record.fqn;
        let (tag, term) = (TAG, GLOSSARY_TERM);
        let below = ListQuery { within: Some(SENSITIVE.to_owned()), limit: 1_000, ..ListQuery::of(cx.account(), tag) };
        let mut tags = cx.snapshot.list(&below).await?;
        tags.extend(cx.snapshot.by_fqn(cx.account(), tag, &[SENSITIVE]).await?.into_iter().flatten());
        if plan.kind == TAG {
            let goes = |other: &str| {
                other == fqn || other.strip_prefix(fqn.as_str()).is_some_and(|rest| rest.starts_with('.'))
            };
            return if tags.iter().any(|tag| goes(&tag.fqn)) { Err(refused(plan)) } else { Ok(()) };
        }
        let reader = Reader::new(cx.access, cx.snapshot, &cx.caller.principal);
        if plan.kind.0.rows && !reader.held(&[plan.after.record.id]).await?.is_empty() {
            return Ok(());
        }
        let labels: Vec<Edge> = plan.after.edges.iter().filter(|edge| edge.relation == TAGGED).cloned().collect();
        let mut meant: Vec<RecordId> = tags.iter().map(|tag| tag.id).collect();
        let labelled = |kind, within: Option<&str>, meant: &[RecordId], limit| ListQuery {
            within: within.map(str::to_owned),
            linked: vec![(TAGGED, meant.to_vec())],
            limit,
            ..ListQuery::of(cx.account(), kind)
        };
        let mut kind = term;
        if plan.kind.0.rows {
            kind = TABLE;
            let terms = cx.snapshot.list(&labelled(term, None, &meant, 10_000)).await?;
            meant.extend(terms.iter().map(|term| term.id));
        }
        let is_clean = reader.sensitive(&labels).await?.is_empty()
            && cx.snapshot.list(&labelled(kind, Some(fqn), &meant, 1)).await?.is_empty();
        if is_clean { Ok(()) } else { Err(refused(plan)) }
    }
}

fn refused(plan: &Planning<'_>) -> Problem {
    let whose = if plan.kind.0.rows { "who holds its rows" } else { "an administrator" };
    let why = Some(format!("only {whose} takes {SENSITIVE} off"));
    access::forbidden(&plan.cx.caller.principal, Action::EditTags, plan.kind.name(), why)
}
