//! A seed, from its first step to its judgement.

use super::dice::Dice;
use super::ground::Ground;
use super::mistakes::Mistake;
use super::plan::Plan;
use super::story::Story;
use super::world::World;

/// What a seed came to.
#[derive(Debug)]
pub struct Outcome {
    pub seed: u64,
    /// What is wrong; nothing when all is well.
    pub wrong: Vec<String>,
    pub transcript: Vec<String>,
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
        Err(ill) => vec![ill],
    };
    Outcome {
        seed,
        wrong,
        transcript: story.lines(),
    }
}

impl Outcome {
    /// What to read when something is wrong.
    pub fn report(&self) -> String {
        format!(
            "seed {}\n{}\n{}\nreplay it with: dev/simulate --seed {}",
            self.seed,
            self.transcript.join("\n"),
            self.wrong.join("\n"),
            self.seed
        )
    }
}
