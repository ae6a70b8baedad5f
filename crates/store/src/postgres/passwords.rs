//! Passwords that stand in no address, where the programs of PostgreSQL look for them, too: `PGPASSWORD`, else the file that
//! `PGPASSFILE` names, else `~/.pgpass`.

use std::path::{Path, PathBuf};

use emporion_model::ports::{StoreError, StoreResult};
use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// More is no list of passwords.
const MOST_BYTES: u64 = 1 << 20;

/// Gives the address a password where it has none and there is one for it.
///
/// Errors: a file that others can read, or that is named and not there.
pub fn complete(config: &mut Config) -> StoreResult<()> {
    if config.get_password().is_some() {
        return Ok(());
    }
    if let Some(password) = variable("PGPASSWORD") {
        config.password(password);
        return Ok(());
    }
    let named = variable("PGPASSFILE").map(PathBuf::from);
    let file = named.clone().or_else(|| variable("HOME").map(|home| Path::new(&home).join(".pgpass")));
    let Some(file) = file.filter(|file| named.is_some() || file.exists()) else { return Ok(()) };
    if let Some(password) = found_in(&read(&file)?, config) {
        config.password(password);
    }
    Ok(())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

fn read(file: &Path) -> StoreResult<String> {
    let wrong = |what: &dyn std::fmt::Display| StoreError::Unavailable(format!("{}: {what}", file.display()));
    let about = std::fs::metadata(file).map_err(|error| wrong(&error))?;
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o077 != 0 {
        return Err(wrong(&format!("others can read it; run: chmod 600 {}", file.display())));
    }
    if about.len() > MOST_BYTES {
        return Err(wrong(&"it is too large for a list of passwords"));
    }
    std::fs::read_to_string(file).map_err(|error| wrong(&error))
}

/// The password of the first line that fits one of the hosts: `host:port:database:user:password`, where `*` fits all.
fn found_in(lines: &str, config: &Config) -> Option<String> {
    let user = config.get_user().unwrap_or_default();
    let database = config.get_dbname().unwrap_or(user);
    let ports = config.get_ports();
    let hosts = config.get_hosts().iter().enumerate().map(|(index, host)| {
        let name = match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(_) => "localhost".to_owned(),
        };
        let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        (name, port.to_string())
    });
    let hosts: Vec<(String, String)> = hosts.collect();
    lines.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let [of_host, of_port, of_database, of_user, password] = <[String; 5]>::try_from(fields(line)).ok()?;
        let fits = |pattern: &str, value: &str| pattern == "*" || pattern == value;
        let fits_host = hosts.iter().any(|(host, port)| fits(&of_host, host) && fits(&of_port, port));
        (fits_host && fits(&of_database, database) && fits(&of_user, user)).then_some(password)
    })
}

/// The members of a line. A backslash stands before colons and backslashes that belong to them.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut chars = line.trim_end_matches('\r').chars();
    while let Some(c) = chars.next() {
        match c {
            ':' if fields.len() < 5 => fields.push(String::new()),
            '\\' => fields.last_mut().into_iter().for_each(|field| field.extend(chars.next())),
            c => fields.last_mut().into_iter().for_each(|field| field.push(c)),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        let lines = "# a comment\nother:5432:d:u:no\nh:5433:d:u:no\nh:*:d:u:a\\:b\\\\c:d\n*:*:*:*:all\n";
        let of = |address: &str| found_in(lines, &address.parse().unwrap());
        assert_eq!(of("postgres://u@h/d").as_deref(), Some("a:b\\c:d"));
        assert_eq!(of("postgres://u@b,h/d").as_deref(), Some("a:b\\c:d"));
        assert_eq!(of("postgres://u@h:5433/d").as_deref(), Some("no"));
        assert_eq!(of("postgres://x@h/d").as_deref(), Some("all"));
        assert_eq!(found_in("h:5432:d", &"postgres://u@h/d".parse().unwrap()), None);
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_cure() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pgpass");
        std::fs::write(&file, "*:*:*:*:x\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(read(&file).unwrap_err().to_string().contains("chmod 600"));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(read(&file).unwrap(), "*:*:*:*:x\n");
    }
}
