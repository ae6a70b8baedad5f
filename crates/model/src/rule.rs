//! Invariants of a kind that concern more than one field, by name. What each of them does stands in `rules/`.

/// An invariant that a kind can declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// An account's name is unique over all accounts.
    AccountName,
    /// A request asks for what there is and whoever asks does not have, once at a time.
    Asking,
    /// The user of a bot is one that was made for a program, and no other bot's.
    BotUser,
    /// Columns of a table.
    Columns,
    /// The account's default domain cannot be deleted or renamed.
    DefaultDomain,
    /// Whoever is disabled holds nothing any more that lets him in.
    CredentialRevocation,
    /// Every product gets an external id when it is made, from whichever door, unless it brings one.
    ExternalId,
    /// The text of a form type is a model whose structure bears the type's name.
    FormText,
    /// Nobody gives himself or others what he does not hold.
    Grants,
    /// A product stands in at least one domain.
    HomeDomain,
    /// The terms of an item stand in the attributes of its edge.
    ItemTerms,
    /// Nobody brings into a team who would have by it what he himself does not have.
    TeamMembership,
    /// An account keeps one administrator who can still come in.
    LastingAdmin,
    /// A bot keeps its user.
    LastingBotUser,
    /// A row filter outlasts the role that it was put on.
    LastingFilters,
    /// What masks a column stays until somebody takes it off who holds the rows.
    LastingMasks,
    /// A source is read at its times in the name of whoever said them.
    IngestionSchedule,
    /// Two kinds of team last as long as what they belong to.
    LastingTeam,
    /// An asset lends its rows to a product where whoever adds it holds them.
    Lending,
    /// What a product's query brings in, nobody takes out.
    MemberQuery,
    /// What a policy's condition names is made, renamed and deleted by who may change the policy.
    NamedByPolicies,
    /// A team named among a product's owners is its owning team.
    OwningTeam,
    /// Parts of one list have names of their own.
    PartNames,
    /// What is labelled as personal stays so until somebody says otherwise whose rows it is.
    PersonalLabels,
    /// A policy's rules are checked by the gate before they are stored, and whether it or a role is in effect is no matter of
    /// owning it.
    PolicyRules,
    /// Ports of a product.
    Ports,
    /// Deleting a domain takes its products along, except those that stand in a second domain.
    Rehome,
    /// Which file a source reads is an administrator's to say.
    SourceFiles,
    /// Where a source lies that has tables is for whoever holds its rows to say.
    SourcePlace,
    /// Every top domain has a steward team, made with it.
    StewardTeam,
    /// A subscription is read in the name of whoever said where it goes.
    Subscriber,
    /// What the system itself made cannot be deleted or renamed.
    SystemEntity,
    /// Teams stand under teams without a cycle.
    TeamTree,
    /// What a term is a kind of does not lead back to it.
    TermCycle,
    /// An e-mail address is unique in its account.
    UniqueEmail,
}
