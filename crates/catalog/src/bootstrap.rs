//! Making an account: its record, its first administrator, and what every account has from the start.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::access;
use crate::action::TIER;
use crate::boxed::Boxed;
use crate::caller::{Caller, Principal};
use crate::catalog::Catalog;
use crate::command::{Command, DoorRules, Draft, How, Ref, Target};
use crate::id::{AccountId, RecordId};
use crate::kinds::{CLASSIFICATION, POLICY, ROLE, USER};
use crate::ports::Snapshot;
use crate::problem::Problem;
use crate::relation;
use crate::rules::account_name;
use crate::seeded;
use crate::test_definitions;

/// The account that exists from the start; its administrators can make others.
pub const DEFAULT_ACCOUNT: &str = "default";
/// The domain that every account has.
pub const DEFAULT_DOMAIN: &str = "default";
/// Credentials that are looked at in one turn.
const CREDENTIALS_PAGE: u32 = 200;

/// What the first start shows once.
#[derive(Clone)]
pub struct NewAccount {
    pub account: AccountId,
    pub admin: RecordId,
    pub admin_name: String,
    pub admin_email: String,
    pub admin_password: String,
    pub admin_token: String,
    pub admin_token_expires_ms: Option<i64>,
    pub access_key_id: String,
    pub secret_access_key: String,
}

/// What everybody may look at of what he sees: not the rows behind it, which `ViewAll` would open.
const VIEWED_BY_EVERYBODY: &[&str] = &["ViewBasic", "ViewCustomFields", "ViewQueries", "ViewTests", "ViewUsage"];

type Vocabulary = (&'static str, &'static str, bool, &'static [(&'static str, &'static str)]);

/// Classifications with their tags: `(name, description, mutually exclusive, tags)`.
const VOCABULARIES: &[Vocabulary] = &[
    (
        TIER,
        "How much depends on the data.",
        true,
        &[
            ("Tier1", "The business stops without it."),
            ("Tier2", "Important to several teams."),
            ("Tier3", "Important to one team."),
            ("Tier4", "Of use now and then."),
            ("Tier5", "Private or unused."),
        ],
    ),
    (
        "PII",
        "Whether data identifies persons.",
        true,
        &[
            ("None", "Nothing personal."),
            ("NonSensitive", "Personal, and public anyway."),
            ("Sensitive", "Personal, and harmful when it leaks."),
        ],
    ),
    (
        "PersonalData",
        "Personal data as privacy law sees it.",
        false,
        &[("Personal", "Relates to a living person."), ("SpecialCategory", "Health, beliefs and the like.")],
    ),
    (
        "Certification",
        "How far a data asset was vouched for.",
        true,
        &[("Bronze", "Described."), ("Silver", "Described and owned."), ("Gold", "Described, owned and checked.")],
    ),
];

impl Catalog {
    /// Whether the store holds an account already.
    pub fn is_initialised(&self) -> Boxed<'_, Result<bool, Problem>> {
        Box::pin(async move { Ok(self.account_named(DEFAULT_ACCOUNT).await?.is_some()) })
    }

    /// An account by name.
    pub fn account_named<'a>(&'a self, name: &'a str) -> Boxed<'a, Result<Option<AccountId>, Problem>> {
        Box::pin(async move { self.account_in(&*self.store.snapshot().await?, name).await })
    }

    pub(crate) async fn account_in(&self, snapshot: &dyn Snapshot, name: &str) -> Result<Option<AccountId>, Problem> {
        let id = snapshot.by_alias(AccountId::GLOBAL, account_name::SPACE, &crate::name::fold(name)).await?;
        Ok(id.map(AccountId::from))
    }

    /// Every account: each has somebody who can come in.
    pub fn accounts(&self) -> Boxed<'_, Result<BTreeSet<AccountId>, Problem>> {
        Box::pin(async move {
            let mut accounts = BTreeSet::new();
            let mut after = None;
            loop {
                let page = self.store.snapshot().await?.credentials_after(after, CREDENTIALS_PAGE).await?;
                let Some(last) = page.last() else { return Ok(accounts) };
                after = Some(last.id);
                accounts.extend(page.iter().map(|held| held.account));
            }
        })
    }

    /// A user by name, for commands that the server's own people run on its machine.
    pub fn user_of_account<'a>(
        &'a self,
        account: AccountId,
        name: &'a str,
    ) -> Boxed<'a, Result<Option<RecordId>, Problem>> {
        Box::pin(async move {
            let snapshot = self.store.snapshot().await?;
            let found = snapshot.by_fqn(account, USER, &[name]).await?;
            Ok(found.into_iter().flatten().next().map(|user| user.id))
        })
    }

    /// The name of an account.
    pub fn account_name(&self, account: AccountId) -> Boxed<'_, Result<String, Problem>> {
        Box::pin(async move {
            let snapshot = self.store.snapshot().await?;
            let found = snapshot.by_id(account, &[account.record()]).await?.into_iter().flatten().next();
            Ok(found.map(|record| record.name).unwrap_or_default())
        })
    }

    /// The first account, made by the first start. Its administrator's token does not end.
    pub fn initialise(&self) -> Boxed<'_, Result<NewAccount, Problem>> {
        Box::pin(async move { self.initialise_until(None).await })
    }

    /// The same with a token that ends.
    pub fn initialise_until(&self, expires_ms: Option<i64>) -> Boxed<'_, Result<NewAccount, Problem>> {
        Box::pin(async move {
            if self.is_initialised().await? {
                return Err(Problem::conflict("the store is already initialised"));
            }
            self.make_account(DEFAULT_ACCOUNT, "admin@open-metadata.org", expires_ms, None).await
        })
    }

    /// What concerns all accounts is for administrators of the first one.
    pub fn may_run_the_server<'a>(&'a self, caller: &'a Caller) -> Boxed<'a, Result<(), Problem>> {
        Box::pin(async move {
            self.access.may_operate(&caller.principal)?;
            let snapshot = self.store.snapshot().await?;
            if self.account_in(&*snapshot, DEFAULT_ACCOUNT).await? == Some(caller.account()) {
                return Ok(());
            }
            Err(Problem::Forbidden {
                who: caller.principal.name.to_string(),
                action: crate::action::Action::Operate.name(),
                kind: "account",
                why: Some("only administrators of the first account may".into()),
            })
        })
    }

    /// One more account. Only administrators of the default account make them. Its administrator's token ends as it is
    /// said here, his access key with what the caller proves himself with.
    pub fn create_account<'a>(
        &'a self,
        caller: &'a Caller,
        name: &'a str,
        expires_ms: Option<i64>,
    ) -> Boxed<'a, Result<NewAccount, Problem>> {
        Box::pin(async move {
            self.may_run_the_server(caller).await?;
            caller.may_make_until(expires_ms).map_err(|rule| Problem::invalid("expires", rule))?;
            let plain: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
            if plain.is_empty() || plain != name || name.len() > 64 {
                return Err(Problem::invalid("name", "must have 1 to 64 characters of A-Z a-z 0-9 - _"));
            }
            let admin_email = format!("admin@{}.example.com", name.to_lowercase().replace('_', "-"));
            self.make_account(name, &admin_email, expires_ms, Some(caller)).await
        })
    }

    /// What is handed out is bound to what `maker` proves himself with.
    async fn make_account(
        &self,
        name: &str,
        admin_email: &str,
        expires_ms: Option<i64>,
        maker: Option<&Caller>,
    ) -> Result<NewAccount, Problem> {
        let account = AccountId::fresh();
        let admin = RecordId::fresh();
        let domain = RecordId::fresh();
        let server = Caller::of(Arc::new(Principal {
            account,
            user: admin,
            name: "admin".into(),
            email: admin_email.to_owned(),
            is_admin: true,
            is_bot: false,
            roles: Vec::new(),
            teams: Vec::new(),
            domains: Vec::new(),
            epoch: 0,
        }));
        self.execute(&server, &Command::Together(self.furniture(name, account, admin, domain, admin_email))).await?;
        let password = self.authenticator.random_password();
        self.put_password(access::of_the_server(), account, admin, &password).await?;
        let server = self.caller(account, admin).await?;
        let (ends, by) = maker.map_or((None, None), |maker| (maker.ends, maker.by));
        let caller = server.clone().ending(ends).proven_by(by);
        let token = self.create_token(&caller, admin, "first token", expires_ms).await?;
        let key = self.create_access_key(&caller, admin, "first key").await?;
        let snapshot = self.store.snapshot().await?;
        let bot = snapshot.by_fqn(account, USER, &[seeded::INGESTION_BOT]).await?;
        drop(snapshot);
        if let Some(bot) = bot.into_iter().flatten().next() {
            // Handed out to nobody.
            self.create_token(&server, bot.id, "bot token", None).await?;
        }
        Ok(NewAccount {
            account,
            admin,
            admin_name: "admin".into(),
            admin_email: admin_email.to_owned(),
            admin_password: password,
            admin_token: token.token,
            admin_token_expires_ms: token.expires_ms,
            access_key_id: key.public,
            secret_access_key: key.secret,
        })
    }

    /// Everything that an account has from the start, as one change set.
    fn furniture(
        &self,
        name: &str,
        account: AccountId,
        admin: RecordId,
        domain: RecordId,
        admin_email: &str,
    ) -> Vec<Command> {
        let mut commands = Vec::new();
        let make = |kind: &str, id: Option<RecordId>, parent: Option<Ref>, name: &str, fields: Value| {
            let Value::Object(fields) = fields else { unreachable!("fields are an object") };
            let draft = Draft { name: Some(name.to_owned()), fields, ..Draft::default() };
            (self.kind(kind), parent, draft, id)
        };
        let create =
            |(kind, parent, draft, id)| Command::Create { kind, parent, draft, id, rules: DoorRules::default() };
        let with = |mut made: (crate::kind::Kind, Option<Ref>, Draft, Option<RecordId>), relation, target: Ref| {
            made.2.relate(relation, How::Add, "", vec![Target::of(target)]);
            made
        };
        commands.push(create(make(
            "account",
            Some(account.record()),
            None,
            name,
            json!({"default_domain": domain.to_string()}),
        )));
        commands.push(create(make(
            "user",
            Some(admin),
            None,
            "admin",
            json!({"email": admin_email, "is_admin": true, "display_name": "Administrator"}),
        )));
        for role in seeded::roles(&self.registry) {
            let fields = json!({"description": role.description, "provider": "system"});
            commands.push(create(make("policy", None, None, &role.policy(), role.fields())));
            let policy = Ref::Name(POLICY, role.policy());
            let made = make("role", None, None, role.name, fields);
            commands.push(create(with(made, relation::HAS_POLICY, policy)));
        }
        let everybody = json!({
            "description": "What every active user may do: see what is open, and keep what is his own.",
            "enabled": true,
            "provider": "system",
            "rules": [
                {"name": "view", "effect": "allow", "resources": ["all"], "operations": VIEWED_BY_EVERYBODY},
                {"name": "owner", "effect": "allow", "resources": ["all"], "operations": ["EditAll", "Delete"], "condition": "isOwner()"}
            ]
        });
        commands.push(create(make("policy", None, None, "OrganizationPolicy", everybody)));
        let organisation = make(
            "team",
            None,
            None,
            crate::caller::EVERYBODY,
            json!({"team_type": "Organization", "description": "Everybody in the account."}),
        );
        let policy = Ref::Name(POLICY, "OrganizationPolicy".into());
        commands.push(create(with(organisation, relation::HAS_POLICY, policy)));
        commands.push(create(make(
            "domain",
            Some(domain),
            None,
            DEFAULT_DOMAIN,
            json!({"domain_type": "Aggregate", "description": "Takes what names no other domain."}),
        )));
        for (vocabulary, description, exclusive, tags) in VOCABULARIES {
            let fields = json!({"description": description, "mutually_exclusive": exclusive, "provider": "system"});
            commands.push(create(make("classification", None, None, vocabulary, fields)));
            for (tag, description) in *tags {
                let parent = Some(Ref::Name(CLASSIFICATION, (*vocabulary).into()));
                let fields = json!({"description": description, "provider": "system"});
                commands.push(create(make("tag", None, parent, tag, fields)));
            }
        }
        commands.extend(test_definitions::ALL.iter().map(|definition| definition.command()));
        for bot in seeded::BOTS {
            let robot = json!({"email": bot_email(bot.name, name), "is_bot": true, "display_name": bot.display_name});
            let user = make("user", None, None, bot.name, robot);
            commands.push(create(with(user, relation::HAS_ROLE, Ref::Name(ROLE, bot.role.into()))));
            let fields = json!({"description": bot.description, "provider": "system"});
            let made = make("bot", None, None, bot.name, fields);
            commands.push(create(with(made, relation::BOT_USER, Ref::Name(USER, bot.name.into()))));
        }
        commands
    }

    /// Makes a user; administrators only, through the ordinary commit path.
    pub fn create_user<'a>(
        &'a self,
        caller: &'a Caller,
        name: &'a str,
        email: Option<&'a str>,
        is_admin: bool,
    ) -> Boxed<'a, Result<(RecordId, String), Problem>> {
        Box::pin(async move {
            let kind = USER;
            let mut fields = Map::new();
            let email = match email {
                Some(email) => email.to_owned(),
                None => made_address(caller.account(), name)?,
            };
            fields.insert("email".into(), json!(email));
            if is_admin {
                fields.insert("is_admin".into(), json!(true));
            }
            let draft = Draft { name: Some(name.to_owned()), fields, ..Draft::default() };
            let made = Command::Create { kind, parent: None, draft, id: None, rules: DoorRules::default() };
            let outcome = self.execute(caller, &made).await?;
            let password = self.random_password();
            self.set_password(caller, outcome.view.id(), &password).await?;
            Ok((outcome.view.id(), password))
        })
    }

    /// Makes a bot, and the user that its program acts as. It proves itself with a token or a key that is made for it.
    pub fn create_bot<'a>(
        &'a self,
        caller: &'a Caller,
        name: &'a str,
        description: Option<&'a str>,
    ) -> Boxed<'a, Result<(), Problem>> {
        Box::pin(async move {
            let create =
                |kind, draft| Command::Create { kind, parent: None, draft, id: None, rules: DoorRules::default() };
            let mut user = Draft { name: Some(name.to_owned()), ..Draft::default() };
            user.set("email", made_address(caller.account(), name)?);
            user.set("is_bot", true);
            let mut bot = Draft { name: Some(name.to_owned()), ..Draft::default() };
            if let Some(description) = description {
                user.set("description", description);
                bot.set("description", description);
            }
            bot.relate(relation::BOT_USER, How::Add, "", vec![Target::of(Ref::Name(USER, name.to_owned()))]);
            let made = vec![create(USER, user), create(self.kind("bot"), bot)];
            self.execute(caller, &Command::Together(made)).await?;
            Ok(())
        })
    }
}

/// The address of a user who has none: it leads nowhere.
pub(crate) fn made_address(account: AccountId, name: &str) -> Result<String, Problem> {
    if fits_an_address(name) {
        return Ok(format!("{}@{}.example.com", crate::name::fold(name), account.number()));
    }
    let rule = "must have 1 to 64 letters, digits, - _ or . where no e-mail address is given: one is made of it";
    Err(Problem::invalid("name", rule))
}

/// Whether an e-mail address can be made of a user's name.
fn fits_an_address(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=64).contains(&name.chars().count()) && name.chars().all(fits)
}

fn bot_email(bot: &str, account: &str) -> String {
    let bot = bot.to_lowercase();
    if account == DEFAULT_ACCOUNT {
        format!("{bot}@open-metadata.org")
    } else {
        format!("{bot}@{}.example.com", account.to_lowercase().replace('_', "-"))
    }
}
