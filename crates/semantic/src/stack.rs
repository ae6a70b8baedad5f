//! Stack space for recursion over trees whose depth their text bounds.

/// Trees of so few tokens fit into what `RED_ZONE` keeps free, also in debug builds.
const FEW_TOKENS: usize = 600;
const RED_ZONE: usize = 1 << 20;
// Reserved, not touched. A chain of operators is as deep as it is long and is dropped by recursion; the stack of a
// worker thread has 2 MiB.
const STACK_BYTES: usize = 64 << 20;
/// Deeper trees than those of statements, which are the definitions that programs write, get more.
const MANY_TOKENS: usize = 10_000;
const LARGE_STACK_BYTES: usize = 192 << 20;

/// Runs `work`, which handles a tree of at most `tokens` levels, where there is room for it.
///
/// Cost: a new stack takes about 0.15 ms to make and to give back, so short texts do with the one that is there.
pub(crate) fn enough_for<T>(tokens: usize, work: impl FnOnce() -> T) -> T {
    if tokens <= FEW_TOKENS {
        stacker::maybe_grow(RED_ZONE, STACK_BYTES, work)
    } else {
        stacker::grow(if tokens <= MANY_TOKENS { STACK_BYTES } else { LARGE_STACK_BYTES }, work)
    }
}
