//! The run: seeds in batches that share a server, what differs made smaller, and the deliberate mistakes among them.

use std::collections::BTreeMap;

use super::compare;
use super::deal::deal;
use super::estimated;
use super::kept;
use super::mistakes::{self, Mistake};
use super::play::{Played, play};
use super::smaller::{smallest, text};

/// Seeds that share a server's clock: a server that has played some is four times as fast as one that has just started.
const AT_ONCE: usize = 100;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// What is found by which seeds.
#[derive(Default)]
struct Verdict {
    differing: Vec<u64>,
    mistakes: BTreeMap<&'static str, Vec<u64>>,
    posted: usize,
    late: usize,
    held: BTreeMap<&'static str, usize>,
}

#[tokio::test]
async fn kill_bill_bills_what_the_timeline_says() {
    let (first, seeds) = (number("JUDGE_FIRST", 1), number("JUDGE_SEEDS", 25));
    let asked = std::env::var("JUDGE_MISTAKE").unwrap_or_else(|_| "all".to_owned());
    let wanted: Vec<&Mistake> = mistakes::ALL
        .iter()
        .filter(|one| asked == "all" || asked == one.name)
        .collect();
    assert!(!wanted.is_empty(), "there is no mistake `{asked}`");
    let mut verdict = Verdict::default();
    for batch in (first..first + seeds).collect::<Vec<_>>().chunks(AT_ONCE) {
        judge(batch, &wanted, &mut verdict).await;
        eprintln!(
            "judged up to seed {}: {} differ",
            batch[batch.len() - 1],
            verdict.differing.len()
        );
    }
    verdict.tell(&wanted);
    assert!(
        verdict.differing.is_empty(),
        "seeds whose invoices differ: {:?}",
        verdict.differing
    );
    // Asked for by name it must be found; otherwise when its bound is reached.
    let named = std::env::var_os("JUDGE_MISTAKE").is_some();
    let due = wanted.iter().filter(|one| named || (first == 1 && one.within <= seeds));
    let missed: Vec<&str> = due
        .filter(|one| !verdict.mistakes.contains_key(one.name))
        .map(|one| one.name)
        .collect();
    assert!(missed.is_empty(), "deliberate mistakes that nobody finds: {missed:?}");
}

async fn judge(seeds: &[u64], wanted: &[&Mistake], verdict: &mut Verdict) {
    let kept = if seeds.first() == Some(&1) {
        kept::stories()
    } else {
        Vec::new()
    };
    let all = play(seeds.iter().map(|seed| deal(*seed)).chain(kept).collect()).await;
    for played in &all {
        verdict.count(played);
        // A mistake shows only where nothing else does.
        let agrees = compare::disagreement(played).is_none() && played.timeline.failing().is_none();
        for mistake in wanted
            .iter()
            .filter(|mistake| agrees && mistake.found(played).is_some())
        {
            verdict
                .mistakes
                .entry(mistake.name)
                .or_default()
                .push(played.story.seed);
        }
        if let Some(sides) = difference(played) {
            verdict.differing.push(played.story.seed);
            eprintln!("seed {} differs:\n{sides}", played.story.seed);
            show(played, &|played| difference(played).is_some()).await;
        }
    }
    // One of each named mistake is made small, to see that it can be.
    if number("JUDGE_SMALLEST_MISTAKE", 0) == 1 {
        for mistake in wanted {
            if let Some(played) = all.iter().find(|played| mistake.found(played).is_some()) {
                show(played, &|played| mistake.found(played).is_some()).await;
            }
        }
    }
}

/// Differs from Kill Bill's invoices: the lines, or the estimate of a month.
fn difference(played: &Played) -> Option<String> {
    compare::difference(played).or_else(|| estimated::difference(played))
}

async fn show(played: &Played, differs: &dyn Fn(&Played) -> bool) {
    if number("JUDGE_SMALLER", 0) == 0 {
        return eprintln!("{}", text(played));
    }
    let smallest = smallest(&played.story, differs).await;
    let shown = smallest.as_ref().unwrap_or(played);
    eprintln!(
        "the smallest that differs:\n{}{}",
        difference(shown).unwrap_or_default(),
        text(shown)
    );
}

impl Verdict {
    fn count(&mut self, played: &Played) {
        self.posted += played.posted.len();
        self.late += played.posted.iter().filter(|posted| posted.used.step > 0).count();
        for (_, code) in &played.held {
            *self.held.entry(code.word()).or_default() += 1;
        }
    }

    fn tell(&self, wanted: &[&Mistake]) {
        eprintln!(
            "posted: {}, late or corrections: {}, held before they went: {:?}",
            self.posted, self.late, self.held
        );
        for mistake in wanted {
            let found = self.mistakes.get(mistake.name).map_or(&[][..], Vec::as_slice);
            let first = found
                .first()
                .map_or_else(|| "nobody".to_owned(), |seed| format!("seed {seed} first"));
            eprintln!("mistake {}: found by {} seeds, {first}", mistake.name, found.len());
        }
    }
}
