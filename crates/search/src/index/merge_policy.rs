//! Which segments are merged, so that searches look through few of them and documents are not written anew too often.

use tantivy::index::SegmentMeta;
use tantivy::indexer::{LogMergePolicy, MergeCandidate, MergePolicy};

/// Segments with fewer documents are merged with each other alone, so that each commit of a few does not have those written
/// anew that went before.
const SMALL: u32 = 1_000;
/// So many small ones are merged at a time. Under one writer a commit brings some eighty documents; eight of those would be
/// small still, and be written anew a second time soon.
const SMALL_AT_A_TIME: usize = 16;
/// Segments of about the same size that are left alone while everything is read for the first time: all are merged in the
/// end, but a log that has to be kept often makes no end of them before.
const MOST_AT_FIRST: usize = 64;

/// Once everything has been read.
#[derive(Debug)]
pub struct TieredMergePolicy {
    larger: LogMergePolicy,
}

impl Default for TieredMergePolicy {
    fn default() -> TieredMergePolicy {
        TieredMergePolicy { larger: log_merge_policy() }
    }
}

impl MergePolicy for TieredMergePolicy {
    fn compute_merge_candidates(&self, segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
        let (small, larger): (Vec<_>, Vec<_>) =
            segments.iter().cloned().partition(|segment| segment.num_docs() < SMALL);
        let mut candidates = self.larger.compute_merge_candidates(&larger);
        if small.len() >= SMALL_AT_A_TIME {
            candidates.push(MergeCandidate(small.iter().map(SegmentMeta::id).collect()));
        }
        candidates
    }
}

/// While everything is read for the first time.
pub fn for_initial_indexing() -> Box<dyn MergePolicy> {
    let mut policy = log_merge_policy();
    policy.set_min_num_segments(MOST_AT_FIRST);
    Box::new(policy)
}

fn log_merge_policy() -> LogMergePolicy {
    let mut policy = LogMergePolicy::default();
    policy.set_min_layer_size(SMALL);
    policy
}

#[cfg(test)]
mod tests {
    use tantivy::Index;
    use tantivy::index::SegmentId;
    use tantivy::schema::Schema;

    use super::*;

    /// How many segments are merged at a time, of such sizes.
    fn merged(sizes: &[u32]) -> Vec<usize> {
        let index = Index::create_in_ram(Schema::builder().build());
        let segments: Vec<SegmentMeta> =
            sizes.iter().map(|size| index.new_segment_meta(SegmentId::generate_random(), *size)).collect();
        TieredMergePolicy::default()
            .compute_merge_candidates(&segments)
            .into_iter()
            .map(|candidate| candidate.0.len())
            .collect()
    }

    #[test]
    fn small_segments_are_merged_among_themselves_once_there_are_many() {
        let small = [80; SMALL_AT_A_TIME];
        assert!(merged(&small[1..]).is_empty());
        assert_eq!(merged(&small), [SMALL_AT_A_TIME]);
        assert_eq!(merged(&[small.as_slice(), &[1_280, 500_000]].concat()), [SMALL_AT_A_TIME]);
        assert_eq!(merged(&[1_280; 8]), [8]);
        assert!(merged(&[10_240, 1_280, 1_280, 1_280, 1_280, 1_280, 1_280, 1_280]).is_empty());
    }
}
