//! The arguments of `emporion search`.

use clap::{Args, ValueEnum};

use super::place::{Format, Remote};

#[derive(Args)]
pub struct SearchArgs {
    /// What is looked for: words, `"a phrase"`, `beginning*`, `kind:table`, `owner:me`, `updated:7d`, `-not this`…
    #[arg(allow_hyphen_values = true, value_parser = query)]
    pub query: String,
    /// How many on a page: 1 to 1000 [default: 20].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub limit: Option<u32>,
    /// In which order: `relevance` unless told otherwise, `name`, or `updated`, the newest first.
    #[arg(long)]
    pub sort: Option<String>,
    /// Where the page before ended, as it said, in the same order.
    #[arg(long)]
    pub after: Option<String>,
    /// Fields whose values are counted: `kind,domain,owner,tag`.
    #[arg(long, value_name = "FIELD,…")]
    pub facets: Option<String>,
    #[command(flatten)]
    pub remote: Remote,
}

/// A query may begin with the sign of what is not wanted; what looks like an option is one that is misspelt.
fn query(text: &str) -> Result<String, String> {
    let is_format = |name: &str| Format::from_str(name, true).is_ok();
    if text.strip_prefix("-o").is_some_and(is_format) {
        return Err(format!("write -o {}, or what is looked for first", &text[2..]));
    }
    if text.starts_with("--") {
        return Err(format!("there is no option {text}"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::cli::{Cli, Verb};

    #[test]
    fn what_is_not_wanted_is_no_option() {
        let read = |arguments: &[&str]| {
            let cli = Cli::try_parse_from(["emporion", "search", "--token", "x"].iter().chain(arguments))?;
            let Some(Verb::Search(args)) = cli.verb else { panic!("{arguments:?}") };
            Ok::<_, clap::Error>((args.query, args.limit, cli.output.is_some()))
        };
        for arguments in [
            &["-sales", "--limit", "5", "-o", "json"][..],
            &["--limit", "5", "-o", "json", "-sales"],
            &["-o", "json", "-sales", "--limit=5"],
            &["--limit", "5", "-o", "json", "--", "-sales"],
        ] {
            assert_eq!(read(arguments).expect("arguments"), ("-sales".to_owned(), Some(5), true), "{arguments:?}");
        }
        assert_eq!(read(&["-has:owner"]).expect("arguments").0, "-has:owner");
        assert_eq!(read(&["-o", "json", "sales"]).expect("arguments").0, "sales");
        for refused in [&["--limt", "5"][..], &["-ojson", "sales"], &["-sales", "net"], &["-sales", "--limt"], &[]] {
            assert!(read(refused).is_err(), "{refused:?}");
        }
    }
}
