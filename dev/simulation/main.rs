//! The program behind `dev/simulate`: any number of seeds of the simulation, one of them step by step, or a deliberate
//! mistake to be found. The simulation itself is in `tests/support/simulation`.

#[path = "../../tests/support"]
mod support {
    pub mod catalog;
    pub mod database;
    pub mod gate;
    pub mod killbill_model;
    pub mod postgres_line;
    pub mod simulation;
}

mod figures;

use std::process::ExitCode;
use std::sync::Mutex;

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use support::simulation::hunt::{Hunt, Outcome};
use support::simulation::mistakes::Mistake;

use figures::Figures;

/// Hunts for lost and doubled money: seed by seed, the service's own code on a real PostgreSQL, before a model of Kill Bill,
/// in a world where everything fails that can. Exit 0 if nothing was found (with --mistake: if it was found).
#[derive(Parser)]
#[command(name = "dev/simulate")]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    first: u64,
    /// One seed, step by step.
    #[arg(long, conflicts_with_all = ["seeds", "first"])]
    seed: Option<u64>,
    /// With a deliberate mistake, by name; `all` goes through all of them and prints a table.
    #[arg(long)]
    mistake: Option<String>,
    /// With --mistake: stop when that many seeds have found it (0: run them all).
    #[arg(long, default_value_t = 0)]
    enough: usize,
    /// Threads, each with a database of its own.
    #[arg(long, default_value_t = 2)]
    workers: usize,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let found = match arguments.mistake.as_deref() {
        Some("all") => {
            Mistake::ALL
                .iter()
                .filter(|mistake| !teeth(&arguments, **mistake))
                .count()
                > 0
        }
        Some(word) => match Mistake::named(word) {
            Some(mistake) if arguments.seed.is_some() => hunt(&arguments, Some(mistake)).0.bad == 0,
            Some(mistake) => !teeth(&arguments, mistake),
            None => {
                let known: Vec<&str> = Mistake::ALL.iter().map(|mistake| mistake.word()).collect();
                eprintln!("There is no mistake {word}; there are all, {}.", known.join(", "));
                return ExitCode::from(2);
            }
        },
        None => hunt(&arguments, None).0.bad > 0,
    };
    ExitCode::from(u8::from(found))
}

/// Runs the seeds and prints what is found, and the figures.
fn hunt(arguments: &Arguments, mistake: Option<Mistake>) -> (Figures, Vec<u64>) {
    let hunt = Hunt {
        first: arguments.seed.unwrap_or(arguments.first),
        seeds: if arguments.seed.is_some() { 1 } else { arguments.seeds },
        mistake,
        workers: if arguments.seed.is_some() { 1 } else { arguments.workers },
    };
    let bar = ProgressBar::new(hunt.seeds).with_style(style());
    let seen = Mutex::new((Figures::default(), Vec::new()));
    hunt.run(&|outcome: Outcome| {
        let (figures, finders) = &mut *seen.lock().expect("nobody panics with it");
        figures.add(&outcome);
        bar.inc(1);
        if !outcome.wrong.is_empty() {
            finders.push(outcome.seed);
            bar.set_message(format!("{} found", figures.bad));
        }
        if arguments.seed.is_some() || (mistake.is_none() && !outcome.wrong.is_empty()) {
            bar.suspend(|| println!("{}\n", outcome.report()));
        }
        mistake.is_none() || arguments.enough == 0 || finders.len() < arguments.enough
    });
    bar.finish_and_clear();
    let (figures, mut finders) = seen.into_inner().expect("nobody panics with it");
    if mistake.is_none() {
        println!("{figures}");
    }
    finders.sort_unstable();
    (figures, finders)
}

/// Whether the mistake is found; prints its line of the table: the first seed that finds it, how many do, and in how many of
/// those something was still wrong in the end.
fn teeth(arguments: &Arguments, mistake: Mistake) -> bool {
    let (figures, finders) = hunt(arguments, Some(mistake));
    let first = finders.first().map_or_else(|| "none".to_owned(), u64::to_string);
    println!(
        "| `{}` | {} | {first} | {} of {} | {} |",
        mistake.word(),
        mistake.meaning(),
        finders.len(),
        figures.seeds,
        figures.bad_in_the_end
    );
    !finders.is_empty()
}

fn style() -> ProgressStyle {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} seeds, {per_sec}, {eta} left {msg}");
    style.unwrap_or_else(|_| ProgressStyle::default_bar())
}
