//! Decides by the policies of one account: Cedar judges, and what the principal alone settles is known without it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision as CedarDecision, Entities, Policy, PolicyId, PolicySet, Request,
};
use emporion_model::ports::Conditions;

use crate::condition::{Known, Truth};
use crate::expression::Vocabulary;
use crate::facts::{AttributeSet, PrincipalFacts, ResourceFacts, Visibility, action_entity};
use crate::policy::{Binding, CompiledRule, Effect, Reach, Rule, RuleError, RuleId};

/// A rule with where it comes from, as the account's policies list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundRule {
    pub binding: Binding,
    pub policy: String,
    pub rule: Rule,
    pub vocabulary: Vocabulary,
    pub reach: Reach,
}

/// A stored rule that is no longer understood, and what was done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRule {
    pub id: RuleId,
    pub error: RuleError,
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub allowed: bool,
    /// The rules that decided: those that allowed, or those that denied. Empty where nothing allowed it.
    pub reasons: Vec<Arc<RuleId>>,
}

/// What holds for a principal, an operation and a kind whatever the record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Always,
    Never,
    /// The decision may turn on these attributes of the record, and on no others.
    Depends(AttributeSet),
}

struct Entry {
    id: Arc<RuleId>,
    rule: CompiledRule,
    policy: Policy,
}

/// The policies of one account, parsed once. Rebuilt when a role, a policy or a membership of theirs changes.
pub struct Engine {
    entries: Vec<Entry>,
    broken: Vec<BrokenRule>,
}

impl Engine {
    /// Understands all rules.
    ///
    /// Rules are checked when they are written, so a broken one was stored by another version. It never widens access:
    /// an allowing rule is left out, a denying one denies without its condition. [`Engine::broken`] names them.
    pub fn new(rules: impl IntoIterator<Item = BoundRule>) -> Self {
        let mut engine = Self { entries: Vec::new(), broken: Vec::new() };
        for BoundRule { binding, policy, rule, vocabulary, reach } in rules {
            match CompiledRule::new(binding.clone(), &policy, &rule, vocabulary, reach) {
                Ok(compiled) => engine.add(compiled),
                Err(error) => {
                    if rule.effect == Effect::Deny {
                        engine.add(CompiledRule::without_condition(binding.clone(), &policy, &rule));
                    }
                    engine.broken.push(BrokenRule { id: RuleId { binding, policy, rule: rule.name }, error });
                }
            }
        }
        engine
    }

    fn add(&mut self, rule: CompiledRule) {
        // Two rules may bear the same names; the number keeps them apart inside Cedar.
        let policy = rule.policy.new_id(PolicyId::new(self.entries.len().to_string()));
        self.entries.push(Entry { id: Arc::new(rule.id.clone()), rule, policy });
    }

    /// Stored rules that are not understood, for `doctor` and the log.
    pub fn broken(&self) -> &[BrokenRule] {
        &self.broken
    }

    /// Every attribute of a record that some rule looks at.
    pub fn attributes(&self) -> AttributeSet {
        self.entries.iter().fold(AttributeSet::EMPTY, |set, entry| set.union(entry.rule.guard.attributes()))
    }

    /// Whether `principal` may do `operation` on `resource`, and by which rules. Denying rules override allowing
    /// ones; where nothing allows, the answer is no.
    ///
    /// `resource` must hold the attributes of [`Engine::verdict`]; others are not looked at.
    /// Cost: a walk over the rules, and one Cedar evaluation of those that may match.
    pub fn decide(&self, principal: &PrincipalFacts, operation: &str, resource: &ResourceFacts) -> Decision {
        let mut attributes = AttributeSet::EMPTY;
        let mut candidates = PolicySet::new();
        let known = Known { principal, visibility: Some(resource.visibility) };
        for (entry, _) in self.relevant(known, operation, &resource.kind) {
            attributes = attributes.union(entry.rule.guard.attributes());
            candidates.add(entry.policy.clone()).expect("each policy has a number of its own");
        }
        if candidates.is_empty() {
            return Decision { allowed: false, reasons: Vec::new() };
        }
        self.ask_cedar(&candidates, principal, operation, resource, attributes)
    }

    /// What holds for every record of this kind, or every one of this visibility where it is given.
    /// Cost: a walk over the rules, no Cedar.
    pub fn verdict(
        &self,
        principal: &PrincipalFacts,
        operation: &str,
        kind: &str,
        visibility: Option<Visibility>,
    ) -> Verdict {
        let known = Known { principal, visibility };
        let (mut allow, mut deny) = (Truth::No, Truth::No);
        for (entry, truth) in self.relevant(known, operation, kind) {
            let side = match entry.rule.effect {
                Effect::Allow => &mut allow,
                Effect::Deny => &mut deny,
            };
            *side = either(*side, truth);
        }
        match (allow, deny) {
            (_, Truth::Yes) | (Truth::No, _) => Verdict::Never,
            (Truth::Yes, Truth::No) => Verdict::Always,
            (Truth::Yes, Truth::Depends(set)) | (Truth::Depends(set), Truth::No) => Verdict::Depends(set),
            (Truth::Depends(a), Truth::Depends(b)) => Verdict::Depends(a.union(b)),
        }
    }

    /// The rule that denies every record of this kind and visibility, where one does.
    pub fn denial(
        &self,
        principal: &PrincipalFacts,
        operation: &str,
        kind: &str,
        visibility: Option<Visibility>,
    ) -> Option<Arc<RuleId>> {
        let mut relevant = self.relevant(Known { principal, visibility }, operation, kind);
        let denies = |(entry, truth): &(&Entry, Truth)| entry.rule.effect == Effect::Deny && *truth == Truth::Yes;
        relevant.find(denies).map(|(entry, _)| Arc::clone(&entry.id))
    }

    /// What of the rules that may match is left to be decided by the record.
    pub fn conditions(
        &self,
        principal: &PrincipalFacts,
        operation: &str,
        kind: &str,
        visibility: Option<Visibility>,
    ) -> Conditions {
        let known = Known { principal, visibility };
        let (mut allowing, mut denying, mut is_always) = (Vec::new(), Vec::new(), false);
        for (entry, truth) in self.relevant(known, operation, kind) {
            let alternatives = || entry.rule.guard.left_open(known).alternatives();
            match entry.rule.effect {
                Effect::Allow if truth == Truth::Yes => is_always = true,
                Effect::Allow => allowing.extend(alternatives()),
                Effect::Deny => denying.extend(alternatives()),
            }
        }
        Conditions { allowing: (!is_always).then(|| widest(allowing)), denying: widest(denying) }
    }

    /// The rules that may match, with how far what is known decides each.
    fn relevant<'a>(
        &'a self,
        known: Known<'a>,
        operation: &'a str,
        kind: &'a str,
    ) -> impl Iterator<Item = (&'a Entry, Truth)> {
        let covering = self.entries.iter().filter(move |entry| entry.rule.covers(operation, kind));
        covering.map(move |entry| (entry, entry.rule.guard.judge(known))).filter(|(_, truth)| *truth != Truth::No)
    }

    fn ask_cedar(
        &self,
        policies: &PolicySet,
        principal: &PrincipalFacts,
        operation: &str,
        resource: &ResourceFacts,
        attributes: AttributeSet,
    ) -> Decision {
        let (user, action, record) = (principal.to_entity(), action_entity(operation), resource.to_entity(attributes));
        let request = Request::new(user.uid(), action.uid(), record.uid(), Context::empty(), None)
            .expect("without a schema every request is well-formed");
        let entities = Entities::from_entities([user, action, record], None)
            .expect("the three entities have different types and roles and teams have no parents here");
        let answer = Authorizer::new().is_authorized(&request, policies, &entities);
        let diagnostics = answer.diagnostics();
        let failed: Vec<_> = diagnostics
            .errors()
            .map(|error| {
                let AuthorizationError::PolicyEvaluationError(error) = error;
                self.id_of(error.policy_id())
            })
            .collect();
        if !failed.is_empty() {
            // Cedar skips a policy that fails, a denying one too: that would open what it should keep shut.
            let failures: Vec<_> = diagnostics.errors().map(ToString::to_string).collect();
            tracing::error!(operation, kind = resource.kind, ?failures, "a policy could not be evaluated");
            return Decision { allowed: false, reasons: failed.into_iter().flatten().collect() };
        }
        let mut reasons: Vec<_> = diagnostics.reason().filter_map(number_of).collect();
        reasons.sort_unstable();
        Decision {
            allowed: answer.decision() == CedarDecision::Allow,
            reasons: reasons.into_iter().filter_map(|number| Some(Arc::clone(&self.entries.get(number)?.id))).collect(),
        }
    }

    fn id_of(&self, policy: &PolicyId) -> Option<Arc<RuleId>> {
        Some(Arc::clone(&self.entries.get(number_of(policy)?)?.id))
    }

    /// All policies as Cedar text, for an operator to read.
    pub fn to_cedar(&self) -> String {
        let texts: Vec<_> = self.entries.iter().map(|entry| entry.rule.to_cedar()).collect();
        texts.join("\n\n")
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Engine({} rules, {} broken)", self.entries.len(), self.broken.len())
    }
}

fn number_of(policy: &PolicyId) -> Option<usize> {
    let text: &str = policy.as_ref();
    text.parse().ok()
}

/// Those that no other one includes.
fn widest(mut alternatives: Vec<BTreeSet<String>>) -> BTreeSet<BTreeSet<String>> {
    alternatives.sort_by_key(BTreeSet::len);
    let mut widest: Vec<BTreeSet<String>> = Vec::new();
    for one in alternatives {
        if !widest.iter().any(|known| known.is_subset(&one)) {
            widest.push(one);
        }
    }
    widest.into_iter().collect()
}

fn either(a: Truth, b: Truth) -> Truth {
    match (a, b) {
        (Truth::Yes, _) | (_, Truth::Yes) => Truth::Yes,
        (Truth::No, other) | (other, Truth::No) => other,
        (Truth::Depends(a), Truth::Depends(b)) => Truth::Depends(a.union(b)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::expression::tests::any_condition;
    use crate::facts::Attribute;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn rule(binding: Binding, name: &str, effect: Effect, operations: &[&str], condition: Option<&str>) -> BoundRule {
        BoundRule {
            binding,
            policy: "P".into(),
            rule: Rule {
                name: name.into(),
                effect,
                resources: names(&["All"]),
                operations: names(operations),
                condition: condition.map(str::to_owned),
            },
            vocabulary: Vocabulary::Core,
            reach: Reach::Everything,
        }
    }

    fn everyone(name: &str, effect: Effect, operations: &[&str], condition: Option<&str>) -> BoundRule {
        rule(Binding::Everyone, name, effect, operations, condition)
    }

    fn user(id: &str) -> PrincipalFacts {
        PrincipalFacts { id: id.into(), ..Default::default() }
    }

    fn table() -> ResourceFacts {
        ResourceFacts { id: "t1".into(), kind: "table".into(), ..Default::default() }
    }

    fn reasons(decision: &Decision) -> Vec<&str> {
        decision.reasons.iter().map(|id| id.rule.as_str()).collect()
    }

    #[test]
    fn nothing_is_allowed_that_no_rule_allows() {
        let empty = Engine::new([]);
        assert_eq!(empty.decide(&user("u"), "ViewBasic", &table()), Decision { allowed: false, reasons: vec![] });
        assert_eq!(empty.verdict(&user("u"), "ViewBasic", "table", None), Verdict::Never);
    }

    #[test]
    fn owners_may_edit_and_others_may_not() {
        let engine = Engine::new([everyone("owners", Effect::Allow, &["EditAll"], Some("isOwner()"))]);
        let owned = ResourceFacts { owners: names(&["ada", "team-1"]), ..table() };
        let through_team = PrincipalFacts { owner_through: names(&["team-1"]), ..user("bob") };
        let only_viewer = PrincipalFacts { member_of: names(&["team-1"]), ..user("eve") };
        assert_eq!(reasons(&engine.decide(&user("ada"), "EditTags", &owned)), ["owners"]);
        assert!(engine.decide(&through_team, "EditTags", &owned).allowed);
        assert!(!engine.decide(&only_viewer, "EditTags", &owned).allowed);
        assert!(!engine.decide(&user("ada"), "Delete", &owned).allowed);
        assert!(!engine.decide(&user("ada"), "EditTags", &table()).allowed);
        let owners = AttributeSet::of(&[Attribute::Owners, Attribute::OwningTeam]);
        assert_eq!(engine.verdict(&user("ada"), "EditTags", "table", None), Verdict::Depends(owners));
        assert_eq!(engine.verdict(&user("ada"), "Delete", "table", None), Verdict::Never);
    }

    #[test]
    fn nobody_owns_what_has_no_owning_team() {
        let engine = Engine::new([everyone("owners", Effect::Allow, &["All"], Some("isOwner() || inOwningTeam()"))]);
        let anonymous = PrincipalFacts { owner_through: names(&[""]), member_of: names(&[""]), ..user("") };
        assert!(!engine.decide(&anonymous, "EditTags", &table()).allowed);
        let steward = PrincipalFacts { owner_through: names(&["s"]), ..user("u") };
        assert!(
            engine.decide(&steward, "EditTags", &ResourceFacts { owning_team: Some("s".into()), ..table() }).allowed
        );
    }

    #[test]
    fn denying_overrides_allowing_and_says_why() {
        let engine = Engine::new([
            everyone("view", Effect::Allow, &["ViewAll"], None),
            rule(
                Binding::Role("Guest".into()),
                "no-pii",
                Effect::Deny,
                &["ViewAll"],
                Some("matchAnyTag('PII.Sensitive')"),
            ),
        ]);
        let guest = PrincipalFacts { roles: names(&["Guest"]), ..user("g") };
        let sensitive = ResourceFacts { tags: names(&["PII.Sensitive"]), ..table() };
        let denied = engine.decide(&guest, "ViewBasic", &sensitive);
        assert!(!denied.allowed);
        assert_eq!(denied.reasons[0].to_string(), "role Guest, policy P, rule no-pii");
        assert_eq!(reasons(&engine.decide(&guest, "ViewBasic", &table())), ["view"]);
        assert_eq!(
            engine.verdict(&guest, "ViewBasic", "table", None),
            Verdict::Depends(AttributeSet::of(&[Attribute::Tags]))
        );
        assert_eq!(engine.verdict(&user("u"), "ViewBasic", "table", None), Verdict::Always);
    }

    #[test]
    fn administrators_stand_above_denying_rules() {
        let engine = Engine::new([
            everyone("admins", Effect::Allow, &["All"], Some("isAdmin()")),
            everyone("nobody", Effect::Deny, &["All"], None),
        ]);
        let admin = PrincipalFacts { admin: true, ..user("root") };
        assert!(engine.decide(&admin, "Delete", &table()).allowed);
        assert_eq!(engine.verdict(&admin, "Delete", "table", None), Verdict::Always);
        assert_eq!(engine.verdict(&user("u"), "Delete", "table", None), Verdict::Never);
    }

    #[test]
    fn a_team_policy_keeps_strangers_from_the_teams_records() {
        let engine = Engine::new([
            everyone("view", Effect::Allow, &["ViewAll"], None),
            rule(Binding::Team("Finance".into()), "team-only", Effect::Deny, &["All"], Some("!matchTeam()")),
        ]);
        let member = PrincipalFacts { teams: names(&["Finance", "Organization"]), ..user("m") };
        let finance = names(&["Finance", "Organization"]);
        let theirs = ResourceFacts { owner_teams: finance.clone(), owner_in_teams: finance, ..table() };
        assert!(engine.decide(&member, "ViewBasic", &theirs).allowed);
        assert!(!engine.decide(&member, "ViewBasic", &table()).allowed);
        assert!(!engine.decide(&user("s"), "ViewBasic", &theirs).allowed);
        assert!(engine.decide(&user("s"), "ViewBasic", &table()).allowed);
        let bot = PrincipalFacts { bot: true, ..member };
        assert!(engine.decide(&bot, "ViewBasic", &table()).allowed, "bots inherit no policies of teams");
    }

    #[test]
    fn domains_keep_records_apart() {
        let engine = Engine::new([
            everyone("view", Effect::Allow, &["ViewAll"], None),
            everyone("domains", Effect::Deny, &["All"], Some("!hasDomain()")),
        ]);
        let sales = PrincipalFacts { domains: names(&["sales"]), ..user("u") };
        let of = |domains: &[&str]| ResourceFacts { domains: names(domains), ..table() };
        let may = |principal: &PrincipalFacts, resource: &ResourceFacts| {
            engine.decide(principal, "ViewBasic", resource).allowed
        };
        assert!(may(&sales, &of(&["sales.emea", "sales"])));
        assert!(!may(&sales, &of(&["risk"])) && !may(&sales, &of(&[])));
        assert!(may(&user("v"), &of(&[])) && !may(&user("v"), &of(&["sales"])));
        assert!(may(&sales, &ResourceFacts { outside_domains: true, ..of(&[]) }));
    }

    #[test]
    fn a_broken_stored_rule_never_widens_access() {
        let engine = Engine::new([
            everyone("view", Effect::Allow, &["ViewAll"], None),
            everyone("bad-allow", Effect::Allow, &["Delete"], Some("T(java.lang.Runtime)")),
            everyone("bad-deny", Effect::Deny, &["ViewTests"], Some("isKing()")),
        ]);
        let broken: Vec<_> = engine.broken().iter().map(|broken| broken.id.rule.as_str()).collect();
        assert_eq!(broken, ["bad-allow", "bad-deny"]);
        assert!(!engine.decide(&user("u"), "Delete", &table()).allowed);
        assert_eq!(reasons(&engine.decide(&user("u"), "ViewTests", &table())), ["bad-deny"]);
        assert!(engine.decide(&user("u"), "ViewBasic", &table()).allowed);
    }

    #[test]
    fn rules_of_one_name_do_not_hide_one_another() {
        let engine = Engine::new([
            everyone("same", Effect::Allow, &["ViewAll"], Some("isAdmin()")),
            everyone("same", Effect::Allow, &["ViewAll"], None),
        ]);
        assert_eq!(reasons(&engine.decide(&user("u"), "ViewBasic", &table())), ["same"]);
    }

    const WORDS: [&str; 4] = ["a", "b", "c", "u"];

    fn any_words() -> impl Strategy<Value = Vec<String>> {
        prop::sample::subsequence(WORDS.to_vec(), 0..=WORDS.len()).prop_map(|words| names(&words))
    }

    fn any_principal() -> impl Strategy<Value = PrincipalFacts> {
        (any_words(), any_words(), any_words(), any_words(), any_words(), prop::bool::weighted(0.2), any::<bool>())
            .prop_map(|(roles, teams, member_of, owner_through, domains, admin, bot)| PrincipalFacts {
                id: "u".into(),
                roles,
                teams,
                member_of,
                owner_through,
                domains,
                admin,
                bot,
            })
    }

    fn any_resource() -> impl Strategy<Value = ResourceFacts> {
        let lists = (any_words(), any_words(), any_words(), any_words(), any_words());
        let more = (any_words(), any_words(), any_words(), prop::option::of("[abc]"), prop::option::of("[abc]"));
        (lists, more, any::<[bool; 4]>()).prop_map(|(lists, more, [outside_domains, open, is_self, is_led])| {
            ResourceFacts {
                is_self,
                is_led,
                id: "r".into(),
                kind: "table".into(),
                owners: lists.0,
                owner_teams: lists.1,
                owner_in_teams: lists.2,
                domains: lists.3,
                tags: lists.4,
                reviewers: more.0,
                editors: more.1,
                viewers: more.2,
                owning_team: more.3,
                certification: more.4,
                outside_domains,
                visibility: if open { Visibility::Open } else { Visibility::Granted },
            }
        })
    }

    fn any_rule() -> impl Strategy<Value = BoundRule> {
        let binding = prop_oneof![
            Just(Binding::Everyone),
            prop::sample::select(WORDS.to_vec()).prop_map(|name| Binding::Role(name.into())),
            prop::sample::select(WORDS.to_vec()).prop_map(|name| Binding::Team(name.into())),
        ];
        let effect = prop_oneof![2 => Just(Effect::Allow), 1 => Just(Effect::Deny)];
        let operation = prop::sample::select(vec!["All", "EditAll", "EditTags", "ViewAll", "Delete"]);
        let kind = prop::sample::select(vec!["All", "table", "topic"]);
        let reach = prop::sample::select(vec![Reach::Everything, Reach::Visible]);
        (binding, effect, operation, kind, any_condition(), reach).prop_map(
            |(binding, effect, operation, kind, condition, reach)| {
                let mut bound = rule(binding, "R", effect, &[operation], Some(&condition.to_string()));
                bound.rule.resources = names(&[kind]);
                BoundRule { reach, ..bound }
            },
        )
    }

    /// Every policy and every attribute given to Cedar, nothing left out beforehand.
    fn by_cedar_alone(
        engine: &Engine,
        principal: &PrincipalFacts,
        operation: &str,
        resource: &ResourceFacts,
    ) -> Decision {
        let all = PolicySet::from_policies(engine.entries.iter().map(|entry| entry.policy.clone())).unwrap();
        engine.ask_cedar(&all, principal, operation, resource, AttributeSet::of(&Attribute::ALL))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn what_is_settled_beforehand_is_what_cedar_says(
            rules in prop::collection::vec(any_rule(), 0..5),
            principal in any_principal(),
            resource in any_resource(),
            operation in prop::sample::select(vec!["EditTags", "EditAll", "ViewBasic", "Delete"]),
        ) {
            let engine = Engine::new(rules);
            prop_assert!(engine.broken().is_empty());
            let decision = engine.decide(&principal, operation, &resource);
            prop_assert_eq!(&decision, &by_cedar_alone(&engine, &principal, operation, &resource));
            for visibility in [None, Some(resource.visibility)] {
                match engine.verdict(&principal, operation, "table", visibility) {
                    Verdict::Always => prop_assert!(decision.allowed),
                    Verdict::Never => prop_assert!(!decision.allowed),
                    Verdict::Depends(attributes) => {
                        prop_assert!(!attributes.is_empty());
                        prop_assert!(visibility.is_none() || !attributes.contains(Attribute::Visibility));
                    }
                }
            }
        }

        #[test]
        fn a_verdict_names_every_attribute_that_matters(
            rules in prop::collection::vec(any_rule(), 1..4),
            principal in any_principal(),
            resource in any_resource(),
            other in any_resource(),
        ) {
            let engine = Engine::new(rules);
            if let Verdict::Depends(set) = engine.verdict(&principal, "EditTags", "table", None) {
                // The other record, made equal in exactly the attributes that are said to matter.
                let mut other = other;
                for attribute in set.iter() {
                    match attribute {
                        Attribute::Owners => other.owners.clone_from(&resource.owners),
                        Attribute::OwningTeam => other.owning_team.clone_from(&resource.owning_team),
                        Attribute::OwnerTeams => other.owner_teams.clone_from(&resource.owner_teams),
                        Attribute::OwnerInTeams => other.owner_in_teams.clone_from(&resource.owner_in_teams),
                        Attribute::Domains => other.domains.clone_from(&resource.domains),
                        Attribute::OutsideDomains => other.outside_domains = resource.outside_domains,
                        Attribute::Tags => other.tags.clone_from(&resource.tags),
                        Attribute::Certification => other.certification.clone_from(&resource.certification),
                        Attribute::Reviewers => other.reviewers.clone_from(&resource.reviewers),
                        Attribute::Editors => other.editors.clone_from(&resource.editors),
                        Attribute::Viewers => other.viewers.clone_from(&resource.viewers),
                        Attribute::Visibility => other.visibility = resource.visibility,
                        Attribute::IsSelf => other.is_self = resource.is_self,
                        Attribute::IsLed => other.is_led = resource.is_led,
                    }
                }
                prop_assert_eq!(resource.fingerprint(set), other.fingerprint(set));
                let decide = |resource: &ResourceFacts| engine.decide(&principal, "EditTags", resource).allowed;
                prop_assert_eq!(decide(&resource), decide(&other));
            }
        }
    }
}
