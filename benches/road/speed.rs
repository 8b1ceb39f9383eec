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

/// A round is the speeds of the limit and of what is held against it. Markdown, so that `docs/speed.md` can take it as it is.
pub fn report(title: &str, names: [&str; 3], rounds: &[[f64; 3]]) {
    println!("\n{title}:\n");
    println!("| median of {ROUNDS} rounds | records/s | slowest to fastest | × limit |\n| --- | ---: | ---: | ---: |");
    let mut limit = None;
    for (column, name) in names.iter().enumerate() {
        let mut speeds: Vec<f64> = rounds.iter().skip(1).map(|round| round[column]).collect();
        speeds.sort_by(f64::total_cmp);
        let (median, slowest, fastest) = (speeds[ROUNDS / 2], speeds[0], speeds[ROUNDS - 1]);
        let ratio = median / *limit.get_or_insert(median);
        println!("| {name} | {median:.0} | {slowest:.0} to {fastest:.0} | {ratio:.2} |");
    }
}
