//! Records a second, and what they are to the limit.

use std::time::Instant;

/// Measured rounds, after one that is not.
pub const ROUNDS: usize = 5;

/// How many records a second the work handled, and what it came to.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub async fn timed<T>(records: usize, work: impl Future<Output = T>) -> (f64, T) {
    let begin = Instant::now();
    let done = work.await;
    (records as f64 / begin.elapsed().as_secs_f64(), done)
}

/// A round is the speeds of the limit and of what is held against it.
pub fn report(title: &str, names: [&str; 3], rounds: &[[f64; 3]]) {
    println!("{title}: median of {ROUNDS} (slowest to fastest)");
    let mut limit = None;
    for (column, name) in names.iter().enumerate() {
        let mut speeds: Vec<f64> = rounds.iter().skip(1).map(|round| round[column]).collect();
        speeds.sort_by(f64::total_cmp);
        let (median, slowest, fastest) = (speeds[ROUNDS / 2], speeds[0], speeds[ROUNDS - 1]);
        let ratio = median / *limit.get_or_insert(median);
        println!("  {name:<28}{median:>8.0} records/s ({slowest:.0} to {fastest:.0}){ratio:>8.2} × limit");
    }
}
