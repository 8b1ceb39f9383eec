//! How long to wait before something that failed is tried again.

use std::time::Duration;

/// `first` after no failure before, then twice as long each time, at most `longest`.
#[must_use]
pub fn growing(first: Duration, longest: Duration, failures: i32) -> Duration {
    let doublings = failures.clamp(0, 16).unsigned_abs();
    (first * 2_u32.pow(doublings)).min(longest)
}
