//! A seed, from its first step to its judgement.

use std::sync::atomic::{AtomicU64, Ordering};

use super::dice::Dice;
use super::ground::Ground;
use super::mistakes::Mistake;
use super::plan::Plan;
use super::road;
use super::story::Story;
use super::world::World;

/// What a seed came to.
#[derive(Debug)]
pub struct Outcome {
    pub seed: u64,
    pub mistake: Option<Mistake>,
    /// What is wrong; nothing when all is well.
    pub wrong: Vec<String>,
    pub transcript: Vec<String>,
    pub steps: u64,
    /// Records that were acknowledged.
    pub records: u64,
    /// Usage posts that Kill Bill wrote.
    pub posts: u64,
    pub faults: u64,
    pub deaths: u64,
}

/// Which seeds to run, and how.
#[derive(Clone, Copy, Debug)]
pub struct Hunt {
    pub first: u64,
    pub seeds: u64,
    pub mistake: Option<Mistake>,
    /// Threads, each with a database and a model of its own.
    pub workers: usize,
}

impl Hunt {
    /// Runs the seeds; `seen` hears of each outcome as it comes, in no particular order, and says whether to go on.
    pub fn run(&self, seen: &(impl Fn(Outcome) -> bool + Sync)) {
        let next = AtomicU64::new(self.first);
        std::thread::scope(|threads| {
            for _ in 0..self.workers {
                threads.spawn(|| {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                    runtime.expect("a runtime").block_on(self.work(&next, seen));
                });
            }
        });
    }

    async fn work(&self, next: &AtomicU64, seen: &(impl Fn(Outcome) -> bool + Sync)) {
        let ground = Ground::prepare(self.mistake).await;
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= self.first + self.seeds || !seen(run(&ground, seed, self.mistake).await) {
                next.store(u64::MAX / 2, Ordering::Relaxed);
                return;
            }
        }
    }
}

/// Runs one seed.
pub async fn run(ground: &Ground, seed: u64, mistake: Option<Mistake>) -> Outcome {
    let mut dice = Dice::of(seed);
    let plan = Plan::of(seed, mistake, &mut dice);
    let story = Story::default();
    story.tell(format!("{plan:?}"));
    let mut world = World::begin(ground, plan.clone(), dice, story.clone()).await;
    for number in 1..=plan.steps {
        world.step(number).await;
    }
    let wrong = match world.heal().await {
        Ok(()) => world.judge().await,
        Err(ill) => [world.road.wrong(), vec![ill]].concat(),
    };
    Outcome {
        seed,
        mistake,
        wrong,
        transcript: story.lines(),
        steps: plan.steps as u64,
        records: world.client.acknowledged.len() as u64,
        posts: ground.model.books().written.len() as u64,
        faults: world.trouble.faults(),
        deaths: world.trouble.deaths(),
    }
}

impl Outcome {
    /// Whether something is wrong in the end, too: not only a rule of the road was broken.
    pub fn is_wrong_in_the_end(&self) -> bool {
        self.wrong.iter().any(|what| !what.starts_with(road::WRONG))
    }

    /// What to read when something is wrong.
    pub fn report(&self) -> String {
        format!(
            "seed {}\n{}\n{}\nreplay it with: dev/simulate --seed {}{}",
            self.seed,
            self.transcript.join("\n"),
            self.wrong.join("\n"),
            self.seed,
            self.mistake
                .map_or_else(String::new, |mistake| format!(" --mistake {}", mistake.word()))
        )
    }
}
