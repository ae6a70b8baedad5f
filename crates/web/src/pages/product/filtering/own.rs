//! What is shown before it is saved: who sets filters or masks sees what they leave, and who gives filters or masks to
//! himself, to a team by which he reads rows, or to a role that he has, is told what he will see, and says that he means
//! it.

use emporion_catalog::record::View;
use emporion_catalog::rows::masks;
use sha2::{Digest, Sha256};

use super::grantee::Grantee;
use super::terms::Terms;
use crate::access::role;
use crate::forms::confirmation::{Removal, is_confirmed};
use crate::forms::form::Form;
use crate::request::visit::Visit;
use crate::text::plain::shown;

/// The member of the form with what its sender was shown.
const PREVIEWED: &str = "previewed";

/// What is taken from the visitor himself by terms that somebody, a team or a role is given; `None` where nothing is.
pub fn taken(visit: &Visit, view: &View, grantee: Grantee, sent: &Terms) -> Option<Removal> {
    let principal = &visit.caller().principal;
    let is_his = match grantee {
        Grantee::One(holder) => principal.rows_holders().any(|own| own == holder),
        Grantee::Role(role) => masks::roles_of(view, principal).contains(&role::relation(role)),
    };
    if !is_his || !takes(&Terms::of(view, grantee), sent) {
        return None;
    }
    let team = principal.teams.iter().find(|membership| grantee == Grantee::One(membership.team));
    let rendered = match (grantee, team) {
        (Grantee::Role(role), _) => {
            let role = role::rendered(visit.t, role::relation(role));
            visit.t.with("filtering.own_role", &[("role", &role)])
        }
        (_, Some(team)) => visit.t.with("filtering.own_team", &[("team", &shown(&team.fqn))]),
        (_, None) => visit.t.say("filtering.own"),
    };
    // Administrators take it off from themselves.
    let stays = (!principal.is_admin).then(|| visit.t.say("filtering.own_stays"));
    let rendered = std::iter::once(rendered).chain(stays).collect::<Vec<_>>().join(" ");
    Some(Removal { id: format!("own-{}", digest(grantee, sent)), rendered })
}

/// By which the form says what was shown: whoever types something else meanwhile is told again.
pub fn digest(grantee: Grantee, sent: &Terms) -> String {
    Sha256::digest(format!("{grantee}\n{}", sent.text())).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether what the terms leave was shown to who sends them, where they keep back anything that is not kept back now.
pub fn is_previewed(form: &Form, grantee: Grantee, now: &Terms, sent: &Terms) -> bool {
    form.text(PREVIEWED) == digest(grantee, sent) || !takes(now, sent)
}

/// Whether the form says that he was told.
pub fn is_told(sent: &Form, taken: Option<&Removal>) -> bool {
    taken.is_none_or(|taken| is_confirmed(sent, std::slice::from_ref(taken)))
}

/// Whether something is kept back that is not now: a condition, a mask, or that related tables follow conditions.
fn takes(now: &Terms, sent: &Terms) -> bool {
    let (before, after) = (now.rendered(), sent.rendered());
    let conditions = after.iter().any(|(table, condition)| before.get(table) != Some(condition));
    let masks = sent.masks.iter().any(|(table, masks)| {
        let known = now.masks.get(table);
        masks.iter().any(|(column, mask)| known.and_then(|known| known.get(column)) != Some(mask))
    });
    conditions || masks || (!after.is_empty() && sent.follows && !now.follows)
}

#[cfg(test)]
mod tests {
    use emporion_catalog::rows::masks::{Mask, Masks};

    use super::*;

    #[test]
    fn what_goes_takes_nothing_and_what_comes_does() {
        let terms = |condition: &str, mask: Option<Mask>, follows: bool| Terms {
            reads: None,
            filters: [("orders".to_owned(), condition.to_owned())].into(),
            follows,
            masks: mask
                .map(|mask| ("orders".to_owned(), Masks::from([("mail".to_owned(), mask)])))
                .into_iter()
                .collect(),
        };
        let (none, filtered) = (terms("", None, true), terms("a = 1", None, true));
        let masked = terms("a = 1", Some(Mask::Hashed), true);
        assert!(takes(&none, &filtered) && takes(&filtered, &masked) && takes(&filtered, &terms("a = 2", None, true)));
        assert!(
            takes(&masked, &terms("a = 1", Some(Mask::Hidden), true)) && takes(&terms("a = 1", None, false), &filtered)
        );
        assert!(!takes(&masked, &masked) && !takes(&masked, &filtered) && !takes(&filtered, &none));
        assert!(!takes(&filtered, &terms("a = 1\r\n", None, false)), "others are read again");
    }
}
