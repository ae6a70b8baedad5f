//! Shares: what is the part, and of what.

use super::super::frame::SemanticFrame;
use super::super::items::Grouped;
use super::super::resolver::{Outcome, Resolution, Resolver};
use crate::chat::query::{Filter, Share};

impl Resolver<'_> {
    pub fn shares(&mut self, all: &mut SemanticFrame) -> Outcome<()> {
        if !all.is_share {
            return Ok(());
        }
        let is_plain = self.query.measures.len() == 1 && self.query.compare.is_none() && self.query.having.is_empty();
        if !is_plain || all.rank.is_some() {
            return Err(Resolution::Nothing);
        }
        let unclear = std::mem::take(&mut all.unclear_part);
        if !unclear.is_empty() {
            // "share of organic farms in each region"
            if !all.is_per {
                self.within_groups(&unclear);
            }
            all.part = unclear;
        }
        if all.is_either_part {
            let said = |filters: &[Filter]| {
                let values = filters.iter().flat_map(|filter| &filter.values).map(crate::chat::annotate::shown);
                values.collect::<Vec<_>>().join(", ")
            };
            let (own, behind) = (said(&all.filters), said(&all.part));
            let ids = [format!("share|{own} of {behind}"), format!("share|{behind} of {own}")];
            let of = |part: &str, whole: &str| format!("\u{201c}{part}\u{201d} among all with \u{201c}{whole}\u{201d}");
            if self.either(ids, [of(&own, &behind), of(&behind, &own)], "Which share do you mean?")? {
                std::mem::swap(&mut all.filters, &mut all.part);
            }
        }
        self.query.share = Some(self.share_of(all)?);
        let has_group = !self.query.dimensions.is_empty();
        match all.part.is_empty() {
            false => self.query.part = std::mem::take(&mut all.part),
            true if has_group => {}
            true => {
                return Err(Resolution::Not(
                    "A share needs what it is the share of: \"by\" something, or \"are\" something.".into(),
                ));
            }
        }
        Ok(())
    }

    /// "percentage of cancelled orders by month": of the orders of each month, which the answer says.
    fn within_groups(&mut self, part: &[Filter]) {
        let group = self.query.dimensions.last().map(|dimension| match dimension.grain {
            Some(grain) => grain.word().to_owned(),
            None => self.ground.field(dimension.field).names.shown().to_lowercase(),
        });
        let values = part.iter().flat_map(|filter| &filter.values).map(crate::chat::annotate::shown);
        let (values, group) = (values.collect::<Vec<_>>().join(" or "), group.unwrap_or_default());
        self.notes.push(format!(
            "Took the share within each {group}, not that of each among all with \u{201c}{values}\u{201d}."
        ));
    }

    /// Of everything, or of each of what is said to have its own.
    fn share_of(&self, all: &SemanticFrame) -> Outcome<Share> {
        if all.groups.len() < 2 || all.is_of_total || !all.part.is_empty() {
            return Ok(Share::OfTotal);
        }
        let unclear =
            || Resolution::Not("Say of what the shares are: \"within each\" of something, or of the total.".into());
        let [each] = all.each.as_slice() else { return Err(unclear()) };
        let at = self.query.dimensions.iter().position(|dimension| match each {
            Grouped::Field(field) => dimension.field == *field,
            Grouped::FieldGrain(field, grain) => dimension.field == *field && dimension.grain == Some(*grain),
            Grouped::Grain(grain) => dimension.grain == Some(*grain),
            Grouped::Entity(_) | Grouped::Role(..) | Grouped::Such(..) => false,
        });
        at.map(Share::Of).ok_or_else(unclear)
    }
}

/// Without "are" between, one condition behind the figure is the part, where nothing is grouped.
pub(in crate::chat::read) fn gathered(mut all: SemanticFrame, behind: Vec<Filter>) -> Option<SemanticFrame> {
    if !all.is_share {
        return Some(all);
    }
    match (all.part.is_empty(), behind.len()) {
        // "orders that are paid in Germany": of all orders, or of those in Germany.
        (false, _) if all.part.len() > 1 => return None,
        (false, _) => all.filters.extend(behind),
        (true, 0) if all.groups.is_empty() && all.filters.len() == 1 && all.nouns.len() + all.measures.len() == 1 => {
            // "percentage of cancelled orders": of all orders.
            all.part = std::mem::take(&mut all.filters);
        }
        // "percentage of cancelled orders by month": of all orders, or of all months.
        (true, 0) if all.is_unclear && !all.groups.is_empty() => {
            let is_own = all.has_own_filters || all.nouns.iter().any(|phrase| !phrase.filters.is_empty());
            if all.filters.len() != 1 || all.groups.len() > 1 || !is_own {
                return None;
            }
            all.unclear_part = std::mem::take(&mut all.filters);
        }
        (true, 0) => {}
        // "share of paid orders in Germany": of the paid ones, or of those in Germany.
        (true, 1) if all.groups.is_empty() => {
            all.is_either_part = !all.filters.is_empty();
            all.part = behind;
        }
        (true, 1) if all.groups.len() == 1 && all.filters.is_empty() => all.unclear_part = behind,
        // Of the whole or of the part: the words do not say.
        _ => return None,
    }
    if !all.groups.is_empty() && !all.part.is_empty() && !all.filters.is_empty() {
        return None;
    }
    Some(all)
}
