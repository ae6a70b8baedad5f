//! The brake: a crawl that finds far less than the last one is more often a mistake than the truth.

/// How much may go in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brake {
    /// Of the tables that the catalogue knows in the scope.
    pub percent: u8,
}

/// So few tables may always go, unless they are all there are.
const FEW: usize = 5;

impl Default for Brake {
    fn default() -> Brake {
        Brake { percent: 20 }
    }
}

impl Brake {
    /// Lets everything go.
    pub const OFF: Brake = Brake { percent: 100 };

    /// Whether `gone` of `known` tables are too many.
    pub fn holds(self, gone: usize, known: usize) -> bool {
        let is_share = gone * 100 > known * usize::from(self.percent);
        self != Brake::OFF && is_share && (gone > FEW || gone == known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_tables_may_go_and_a_large_share_may_not() {
        let brake = Brake::default();
        assert!(!brake.holds(0, 0) && !brake.holds(5, 6) && !brake.holds(20, 100));
        assert!(brake.holds(6, 20) && brake.holds(21, 100) && brake.holds(3, 3) && brake.holds(1, 1));
        assert!(!Brake::OFF.holds(3, 3));
        assert!(Brake { percent: 0 }.holds(6, 1_000));
    }
}
