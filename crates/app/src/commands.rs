//! The verbs, one file each.

mod ask;
mod audit;
mod backup;
mod bar;
mod demo;
mod doctor;
mod files;
mod grid;
mod ingest;
mod init;
mod keys;
mod migrate;
mod product;
mod query;
mod read_document;
mod records;
mod remote;
mod request;
mod restore;
mod rotate;
mod rows;
mod search;
mod serve;
mod start;
mod store_target;
mod verify;

use anyhow::Result;
use clap::CommandFactory;

use crate::cli::{Cli, Format, KeyVerb, StoreArgs, Verb};
use crate::command_error::UsageError;
use crate::config::Config;
use crate::doors;
use crate::output::{print, print_text};
use crate::storage::refuse_open_password;
use rows::Printing;

pub fn run(cli: Cli) -> Result<()> {
    let Cli { verb, output: asked, config: file } = cli;
    let Some(verb) = verb else { return start::run() };
    let format = asked.unwrap_or(Format::Table);
    let settings = || {
        let config = Config::load(file.as_deref())?;
        config.check()?;
        Ok(config)
    };
    let at = |store: StoreArgs| settings()?.at(&store);
    match verb {
        Verb::Demo { listen, pg_listen, nodes } => {
            let config = settings()?;
            // It shows every door; where none is named, it takes the port of no other server, and none that the settings of
            // one have for it.
            let pg_listen = pg_listen.unwrap_or_else(|| "127.0.0.1:0".to_owned());
            let pg_listen = Some(pg_listen).filter(|listen| !listen.is_empty());
            demo::run(Config { listen, pg_listen, ..config }, nodes, format)
        }
        Verb::Init { store, expires } => init::run(at(store)?, expires, format),
        Verb::Serve { store, data, listen, pg_listen, source_dir, lame_duck, tls_cert, tls_key } => {
            let mut config = at(store)?;
            config.data = data.or(config.data);
            config.listen = listen.unwrap_or(config.listen);
            config.limits.lame_duck_seconds = lame_duck.unwrap_or(config.limits.lame_duck_seconds);
            // An empty one takes back what a file says.
            config.pg_listen = pg_listen.or(config.pg_listen).filter(|listen| !listen.is_empty());
            config.source_dirs.extend(source_dir);
            config.tls.cert = tls_cert.or(config.tls.cert);
            config.tls.key = tls_key.or(config.tls.key);
            serve::run(&config, format)
        }
        Verb::Ingest(args) => ingest::run(&settings, *args, format),
        Verb::Schedule { service, cron, remove, remote } => {
            remote::schedule(&service, cron.as_ref(), remove, &remote, format)
        }
        Verb::Account { verb } => remote::account(verb, format),
        Verb::User { verb } => remote::user(&settings, verb, format),
        Verb::Token { verb } => remote::token(verb, format),
        Verb::Key { verb: KeyVerb::Create { form: Some(_), .. } } if asked.is_some() => {
            Err(UsageError("--as says how the key is printed; -o has no meaning beside it".into()).into())
        }
        Verb::Key { verb } => remote::key(verb, format),
        Verb::Rotate(args) => rotate::run(&settings, args, format),
        Verb::Keys { verb } => keys::run(&settings, verb, format),
        Verb::Get { kind, name, remote } => records::get(&kind, &name, &remote, format),
        Verb::List { kind, domain, limit, remote } => records::list(&kind, domain.as_deref(), limit, &remote, format),
        Verb::Request { verb } => request::run(verb, format),
        Verb::Search(args) => search::run(&args, format),
        Verb::Audit(args) => audit::run(&args),
        Verb::Reindex { remote } => search::reindex(&remote, format),
        Verb::Ask(args) => ask::run(&args, Printing::of(args.format, format)?),
        Verb::Query(args) => query::run(&args, Printing::of(args.format, format)?),
        Verb::Export(args) => files::export(&args, format),
        Verb::Diff(args) => files::diff(&args, format),
        Verb::Apply(args) => files::apply(&args, format),
        Verb::Backup(args) => backup::run(&settings, args, format),
        Verb::Restore(args) => restore::run(&settings()?.at(&args.store)?, &args, format),
        Verb::Migrate(args) => migrate::run(settings()?, &args, format),
        Verb::Verify(store) => verify::run(&at(store)?, format),
        Verb::Doctor(store) => doctor::run(&at(store)?, format),
        Verb::Openapi { door } => {
            let document = doors::described(door);
            match asked {
                None | Some(Format::Json) => print_text(&emporion_edge::openapi::print(&document)),
                Some(Format::Yaml) => print(Format::Yaml, &document),
                Some(Format::Table) => {
                    Err(UsageError("a document is no table; -o takes json or yaml here".into()).into())
                }
            }
        }
        Verb::ReadDocument { format } => read_document::run(format),
        Verb::Completions { .. } if asked.is_some() => {
            Err(UsageError("completions are a script for a shell; -o has no meaning here".into()).into())
        }
        Verb::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "emporion", &mut script);
            print_text(&String::from_utf8_lossy(&script))
        }
    }
}

impl Config {
    /// With what flags say over what was read; then it is checked anew.
    fn at(mut self, args: &StoreArgs) -> Result<Config> {
        if let Some(store) = &args.store {
            refuse_open_password("--store", store)?;
            // A variable that is there for a database is none for the directory that is named.
            if !emporion_store::postgres::address::is_address(store) {
                (self.data, self.master_key_file) = (None, None);
            }
            self.store.clone_from(store);
        }
        self.master_key_file = args.master_key.clone().or(self.master_key_file);
        self.check()?;
        Ok(self)
    }
}
