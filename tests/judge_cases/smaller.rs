//! Makes a story that differs smaller: what can be left out is left out as long as it still differs.

use super::compare::Charged;
use super::play::{Played, play};
use super::story::{Story, Version, begins};

/// How often it is tried: a try plays all candidates on one server, a minute or two.
const TRIES: usize = 20;

/// The smallest story that is found, played.
pub async fn smallest(story: &Story, differs: impl Fn(&Played) -> bool) -> Option<Played> {
    let (mut story, mut found) = (story.clone(), None);
    for _ in 0..TRIES {
        let played = play(candidates(&story)).await;
        match played.into_iter().find(&differs) {
            Some(smaller) => {
                story = smaller.story.clone();
                found = Some(smaller);
            }
            None => break,
        }
    }
    found
}

/// All that is left of it.
pub fn text(played: &Played) -> String {
    let story = &played.story;
    let used: Vec<String> = (played.posted.iter())
        .map(|posted| {
            let used = &posted.used;
            format!("  {} {} {} at step {}\n", used.unit, used.hour, used.amount, used.step)
        })
        .collect();
    let held: Vec<String> = (played.held.iter())
        .map(|(used, code)| format!("  {} {} {} held: {}\n", used.unit, used.hour, used.amount, code.word()))
        .collect();
    format!(
        "seed {}: account {} on day {} in {}, from {}, pauses {:?}, changes wait: {}, look-back: {:?}, itemizes: {}\nusage:\n{}{}catalog:\n{}\nKill Bill's lines:\n{}",
        story.seed,
        story.currency,
        story.bill_cycle_day,
        story.zone,
        story.start,
        story.pauses,
        story.changes_wait,
        story.look_back,
        story.itemizes,
        used.concat(),
        held.concat(),
        super::paper::catalogs(story).join("\n"),
        played.charged.iter().map(line).collect::<String>(),
    )
}

fn line(line: &Charged) -> String {
    let (usage, from, until) = &line.key;
    format!(
        "  {usage} {from} to {until}: {}, after step {}\n",
        line.amount, line.step
    )
}

/// The boldest first.
fn candidates(story: &Story) -> Vec<Story> {
    let mut all: Vec<Story> = Vec::new();
    let mut without = |change: &dyn Fn(&mut Story)| {
        let mut smaller = story.clone();
        change(&mut smaller);
        if format!("{smaller:?}") != format!("{story:?}") {
            all.push(smaller);
        }
    };
    let half = story.usage.len() / 2;
    // A correction goes with what it corrects.
    without(&|story| keep(story, |place| place < half));
    without(&|story| keep(story, |place| place >= half));
    for place in (1..story.versions.len()).rev() {
        without(&|story| drop(story.versions.remove(place)));
    }
    without(&|story| story.pauses.clear());
    without(&|story| story.shape.trial = None);
    without(&|story| story.shape.discount = None);
    without(&|story| story.shape.term = None);
    without(&|story| story.shape.recurring = None);
    without(&|story| story.shape.alignment = "ACCOUNT");
    without(&|story| story.shape.period = "MONTHLY");
    without(&|story| story.zone = "UTC");
    without(&|story| story.bill_cycle_day = 1);
    without(&|story| story.changes_wait = false);
    without(&|story| story.look_back = None);
    without(&|story| story.itemizes = false);
    without(&|story| story.currency = "USD");
    if !story.versions.iter().any(|version| version.retired) {
        without(&|story| story.start = begins());
    }
    without(&|story| story.versions.iter_mut().for_each(|version| version.retired = false));
    without(&|story| sections(story, |sections| sections.truncate(1)));
    without(&|story| {
        sections(story, |sections| {
            for one in sections {
                one.top_tier = false;
            }
        });
    });
    without(&|story| {
        sections(story, |sections| {
            for priced in sections.iter_mut().flat_map(|section| &mut section.units) {
                priced.tiers.drain(..priced.tiers.len() - 1);
            }
        });
    });
    let each = if story.usage.len() <= 10 { story.usage.len() } else { 0 };
    for gone in 0..each {
        without(&|story| keep(story, |place| place != gone));
    }
    all
}

fn keep(story: &mut Story, kept: impl Fn(usize) -> bool) {
    let places: Vec<usize> = (0..story.usage.len())
        .filter(|place| kept(*place) && story.usage[*place].corrects.is_none_or(&kept))
        .collect();
    let usage = places.iter().map(|place| {
        let mut used = story.usage[*place].clone();
        used.corrects = used
            .corrects
            .and_then(|base| places.iter().position(|place| *place == base));
        used
    });
    story.usage = usage.collect();
}

fn sections(story: &mut Story, change: impl Fn(&mut Vec<super::story::Section>)) {
    for Version { discount, full, .. } in &mut story.versions {
        change(discount);
        change(full);
    }
}
