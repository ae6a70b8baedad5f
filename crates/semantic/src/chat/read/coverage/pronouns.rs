//! Pronouns, and whether what they stand for was named in the message or before it.

use super::{PRONOUNS, is_one_of};
use crate::chat::lexicon::Part;
use crate::chat::read::reader::Reader;

const AUXILIARIES: &str = "did do does have has had is are was were will can be been";
/// Behind "those": what follows says which.
const RELATIVE: &str = "who that which with without in from of by for whose where having not at on";
const WHO: &str = "who that which whose";
const PERIODS: &str = "period time day date month months week quarter year far fiscal calendar";
/// Before "that", where it points and does not go on.
const ASKING: &str = "of for in by from with to did does do has have had was is";
/// What there is.
const THERE_IS: &str = "is are was were be been has have had will exist exists";

impl Reader<'_> {
    /// A pronoun of what the message does not name before it.
    pub fn is_outward(&self, at: usize) -> bool {
        let token = &self.tokens[at];
        let is_inside = |from: usize| self.parts(from).any(|(end, _)| end > at);
        if !is_one_of(token, PRONOUNS) || (0..=at).any(is_inside) {
            return false;
        }
        let is_thing = |part: &Part| !matches!(part, Part::Value(..) | Part::Happened(_) | Part::Join(_));
        // "all injections with their price": things that have the value.
        let is_many = |end: usize| self.tokens[end - 1].text != self.tokens[end - 1].lemma;
        let is_such = |(end, part): (usize, &Part)| is_thing(part) || matches!(part, Part::Value(..)) && is_many(end);
        // "who was its captain": who is no thing that it could be of.
        let has_thing = (0..at).filter(|from| !self.tokens[*from].is("who")).any(|from| self.parts(from).any(is_such));
        let names_thing = self.parts(at + 1).any(|(_, part)| matches!(part, Part::Dataset(_)));
        let before = |words: &str| at > 0 && is_one_of(&self.tokens[at - 1], words);
        let next = |words: &str| self.tokens.get(at + 1).is_some_and(|token| is_one_of(token, words));
        let is_end = self.is_end(at + 1);
        match token.text.as_str() {
            // "for those in 2025" are no sort of what is asked for.
            "those" | "these" => {
                let is_relative = if before("for from to with by") { next(WHO) } else { next(RELATIVE) };
                !has_thing || !is_relative
            }
            // "are there", "there have been"
            "there" => !before(THERE_IS) && !next(THERE_IS),
            "this" => !next(PERIODS),
            "same" => !next(PERIODS),
            "that" => next("one ones") || before(AUXILIARIES) && is_end || names_thing && (at == 0 || before(ASKING)),
            "one" | "ones" | "its" | "their" | "his" | "her" | "theirs" => !has_thing,
            // "which department offers it": what is named does something with it. "the holder behind it" is of it.
            _ => {
                let goes_on = self.tokens[..at].iter().any(|token| is_one_of(token, "and or , but"));
                !has_thing || before("of") || !goes_on && !before("behind beside for with on by to from in")
            }
        }
    }
}
