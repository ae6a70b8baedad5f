//! Watching the log: who waits for new events, and of which accounts and kinds.

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::change_set::Event;
use crate::id::{AccountId, Seq};
use crate::kind::Kind;

/// Which lines of the log somebody follows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interest {
    /// Of this account; else of all.
    pub account: Option<AccountId>,
    /// Of these kinds, by their names; else of every kind.
    pub kinds: Option<Vec<&'static str>>,
}

impl Interest {
    /// In every line.
    pub const ALL: Interest = Interest { account: None, kinds: None };

    pub fn has(&self, event: &Event) -> bool {
        self.covers(event.account, event.kind)
    }

    fn covers(&self, account: AccountId, kind: Kind) -> bool {
        self.account.is_none_or(|wanted| wanted == account)
            && self.kinds.as_ref().is_none_or(|wanted| wanted.contains(&kind.name()))
    }
}

/// What lines are about that are added to the log together.
#[derive(Debug, Clone, Default)]
pub struct NewLines {
    about: Vec<(AccountId, Kind)>,
    anything: bool,
}

impl NewLines {
    pub fn add(&mut self, account: AccountId, kind: Kind) {
        if !self.about.contains(&(account, kind)) {
            self.about.push((account, kind));
        }
    }

    /// Lines that nobody has looked at.
    pub fn add_unknown(&mut self) {
        self.anything = true;
    }

    fn concern(&self, interest: &Interest) -> bool {
        self.anything || self.about.iter().any(|(account, kind)| interest.covers(*account, *kind))
    }
}

/// How far the log has advanced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogAdvance {
    /// Its newest line.
    pub head: Seq,
    /// The newest that is of interest: after it there is none, up to the head.
    pub wanted: Seq,
}

/// Wakes those who wait for new events. An engine owns one.
#[derive(Debug, Default)]
pub struct LogWatch(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    head: Seq,
    waiting: Vec<(Interest, watch::Sender<LogAdvance>)>,
}

impl LogWatch {
    /// How far the log has advanced for somebody. It changes, and wakes him, when a line comes that is of interest; the
    /// head moves on with every line.
    pub fn watch(&self, interest: Interest) -> watch::Receiver<LogAdvance> {
        let mut of = self.0.lock();
        // What has been may be of interest.
        let (sender, receiver) = watch::channel(LogAdvance { head: of.head, wanted: of.head });
        of.waiting.push((interest, sender));
        receiver
    }

    /// Called after each commit, when a snapshot shows its lines; and with what is there when the engine is opened.
    pub fn tell(&self, head: Seq, lines: &NewLines) {
        let mut of = self.0.lock();
        if of.head == head {
            return;
        }
        of.head = head;
        of.waiting.retain(|(_, sender)| !sender.is_closed());
        for (interest, sender) in &of.waiting {
            sender.send_if_modified(|advance| {
                let is_wanted = lines.concern(interest);
                let wanted = if is_wanted { head } else { advance.wanted };
                *advance = LogAdvance { head, wanted };
                is_wanted
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registry;

    #[test]
    fn only_those_are_woken_who_follow_a_line_that_came() {
        let registry = Registry::standard();
        let (table, domain) = (registry.expect("table"), registry.expect("domain"));
        let (here, there) = (AccountId::fresh(), AccountId::fresh());
        let log_watch = LogWatch::default();
        log_watch.tell(Seq(7), &NewLines::default());
        let mut tables = log_watch.watch(Interest { account: Some(here), kinds: Some(vec!["table", "pipeline"]) });
        let mut all = log_watch.watch(Interest::ALL);
        assert_eq!(*tables.borrow_and_update(), LogAdvance { head: Seq(7), wanted: Seq(7) });
        let mut tell = |head: u64, account: AccountId, kind: Kind| {
            let mut lines = NewLines::default();
            lines.add(account, kind);
            log_watch.tell(Seq(head), &lines);
            let woken = (tables.has_changed().unwrap(), all.has_changed().unwrap());
            (woken, *tables.borrow_and_update(), *all.borrow_and_update())
        };
        let at = |head: u64, wanted: u64| LogAdvance { head: Seq(head), wanted: Seq(wanted) };
        assert_eq!(tell(8, here, domain), ((false, true), at(8, 7), at(8, 8)));
        assert_eq!(tell(9, there, table), ((false, true), at(9, 7), at(9, 9)));
        assert_eq!(tell(11, here, table), ((true, true), at(11, 11), at(11, 11)));
        assert_eq!(tell(11, here, table).0, (false, false), "nothing came");
        let mut unknown = NewLines::default();
        unknown.add_unknown();
        log_watch.tell(Seq(12), &unknown);
        assert!(tables.has_changed().unwrap());
    }
}
