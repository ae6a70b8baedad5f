//! What both pages of the audit trail share: changes, and reads.

use emporion_catalog::audit_event::AuditEventKind;
use emporion_catalog::audit_trail::{Detail, InvalidPeriod};

use crate::request::visit::Visit;
use crate::text::texts::Texts;

/// What is wrong with the days that an address asks for.
pub(super) fn no_period(t: Texts, invalid: InvalidPeriod) -> String {
    t.say(match invalid {
        InvalidPeriod::NoDay(_) => "admin.no_day",
        InvalidPeriod::EndsBefore => "admin.ends_before",
    })
}

/// Whoever takes a part of the trail away is in it himself.
pub(super) fn note_export(visit: &Visit, trail: &'static str, is_table: bool) {
    let detail = Detail::default().with("trail", trail).with("format", if is_table { "csv" } else { "json" });
    visit.catalog().note(visit.caller(), AuditEventKind::Exported, None, detail);
}
