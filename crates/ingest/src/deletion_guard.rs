//! The guard: a crawl that finds far less than the last one is more often a mistake than the truth.

/// How much may go in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeletionGuard {
    /// Of the tables that the catalogue knows in the scope.
    pub percent: u8,
}

/// So few tables may always go, unless they are all there are.
const FEW: usize = 5;

impl Default for DeletionGuard {
    fn default() -> DeletionGuard {
        DeletionGuard { percent: 20 }
    }
}

impl DeletionGuard {
    /// Lets everything go.
    pub const OFF: DeletionGuard = DeletionGuard { percent: 100 };

    /// Whether `gone` of `known` tables are too many. `is_whole`: these are all that the service has, and not a chosen few,
    /// of which one renamed table may be all.
    pub fn holds(self, gone: usize, known: usize, is_whole: bool) -> bool {
        let is_share = gone * 100 > known * usize::from(self.percent);
        self != DeletionGuard::OFF && is_share && (gone > FEW || (is_whole && gone == known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_tables_may_go_and_a_large_share_may_not() {
        let guard = DeletionGuard::default();
        let holds = |gone, known| guard.holds(gone, known, true);
        assert!(!holds(0, 0) && !holds(5, 6) && !holds(20, 100));
        assert!(holds(6, 20) && holds(21, 100) && holds(3, 3) && holds(1, 1));
        assert!(!guard.holds(3, 3, false) && guard.holds(6, 6, false));
        assert!(!DeletionGuard::OFF.holds(3, 3, true));
        assert!(DeletionGuard { percent: 0 }.holds(6, 1_000, true));
    }
}
