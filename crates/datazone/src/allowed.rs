//! A domain in which the caller may do what he asks for. What a request refers to is followed through it alone, so that
//! nobody learns from a refusal what he has no business with.

use std::ops::Deref;

use emporion_catalog::Problem;
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::record::View;

use crate::call::CallError;
use crate::error::ServiceError;
use crate::in_domain::InDomain;
use crate::messages;

/// Proof that the gate was asked for the command that the request stands for, and agreed.
pub struct Allowed<'h, 'c>(&'h InDomain<'c>);

impl<'c> Deref for Allowed<'_, 'c> {
    type Target = InDomain<'c>;

    fn deref(&self) -> &InDomain<'c> {
        self.0
    }
}

impl<'c> InDomain<'c> {
    /// May the caller make a record of the kind below `parent` (the domain itself, a unit, a glossary), owned by
    /// `project`? The stewards own by default, and never by a link.
    pub async fn may_create(
        &self,
        kind: Kind,
        parent: &View,
        project: Option<&View>,
    ) -> Result<Allowed<'_, 'c>, Problem> {
        let team = project.filter(|project| self.steward() != Some(project.id())).map(|project| &project.record);
        self.reading.ask_create(kind, parent, team).await?;
        Ok(Allowed(self))
    }

    /// May the caller change at least one of these fields and relations?
    pub async fn may_change(&self, target: &View, fields: &[&str]) -> Result<Allowed<'_, 'c>, Problem> {
        self.reading.ask_change(&target.record, fields).await?;
        Ok(Allowed(self))
    }

    pub async fn may_delete(&self, target: &View) -> Result<Allowed<'_, 'c>, Problem> {
        self.reading.ask_delete(&target.record).await?;
        Ok(Allowed(self))
    }

    /// The project under which the request wants to make a record of the kind, and the right to.
    ///
    /// Errors: 404 where there is no such project, for those who may make one somewhere in the domain.
    pub async fn may_create_in_project(&self, kind: Kind) -> Result<(View, Allowed<'_, 'c>), CallError> {
        let text = self.call.input.required_text("owningProjectIdentifier");
        match self.project(text, &Depth::bare()).await? {
            Some(project) => {
                let allowed = self.may_create(kind, &self.domain, Some(&project)).await?;
                Ok((project, allowed))
            }
            None => Err(self.missing_place(kind, messages::not_in_domain(messages::PROJECT)).await),
        }
    }

    /// What to say where the place does not exist in which a record of the kind was to be made: the truth to those who
    /// may make one in some place of the domain.
    pub async fn missing_place(&self, kind: Kind, truth: ServiceError) -> CallError {
        let mut refusal = match self.may_create(kind, &self.domain, None).await {
            Ok(_) => return truth.into(),
            Err(problem @ Problem::Forbidden { .. }) => problem,
            Err(problem) => return problem.into(),
        };
        for member in &self.call.caller.principal.teams {
            let allowed = match self.project(&member.team.to_string(), &Depth::bare()).await {
                Ok(Some(team)) => self.may_create(kind, &self.domain, Some(&team)).await.map(drop),
                Ok(None) => continue,
                Err(problem) => Err(problem),
            };
            match allowed {
                Ok(()) => return truth.into(),
                Err(problem) => refusal = problem,
            }
        }
        refusal.into()
    }
}
