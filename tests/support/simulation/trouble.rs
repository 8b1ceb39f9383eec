//! What goes wrong, and when: faults on the way to Kill Bill, faults of the database, and the moments at which processes die.
//! Every request and every statement is a moment; a doomed process dies before or after the one that its doom names.

mod weather;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use nodeconductor_billing::clock::Clock;
use tokio::sync::Notify;

use super::dice::Dice;
use super::story::Story;
use crate::support::killbill_model::faults::{Fault, Seen};
use crate::support::postgres_line::Tap;

/// Two workers and the web side.
pub const PROCESSES: usize = 3;
pub const WEB: usize = 2;

/// Shared by the lines and the driver.
#[derive(Clone)]
pub struct Trouble(Arc<Mutex<State>>);

struct State {
    dice: Dice,
    story: Story,
    clock: Clock,
    rates: Rates,
    /// How many have asked for quiet and not taken it back.
    paused: u32,
    ended: bool,
    /// All usage hangs on its way.
    slow: bool,
    /// Whoever a gateway turns away, by the ids in paths and bodies; nothing else goes wrong meanwhile.
    turned_away: Vec<String>,
    processes: [Doom; PROCESSES],
    /// Usage posts that may come in when nobody waits for them any more.
    overdue: BTreeSet<Vec<u8>>,
    faults: u64,
    deaths: u64,
}

/// How often things go wrong, in percent, and how long a request may hang.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    pub request: u64,
    pub statement: u64,
    /// Whether the database forgets commits.
    pub forgets: bool,
    pub request_timeout: TimeDelta,
    /// Longer than Kill Bill can still be working on a request.
    pub works_at_most: TimeDelta,
}

/// When a process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// At the moment of this number, counted from now.
    AtMoment(u64),
    /// When it next sends usage: before Kill Bill does it, or after.
    AtUsagePost,
}

#[derive(Default)]
struct Doom {
    at: Option<Death>,
    passed: u64,
    killed: Arc<Notify>,
}

/// Where a doomed process stands.
enum Moment {
    Lives,
    DiesBefore,
    DiesAfter,
}

impl Trouble {
    pub fn new(dice: Dice, story: Story, clock: Clock, rates: Rates) -> Self {
        Self(Arc::new(Mutex::new(State {
            dice,
            story,
            clock,
            rates,
            paused: 0,
            ended: false,
            slow: false,
            turned_away: Vec::new(),
            processes: Default::default(),
            overdue: BTreeSet::new(),
            faults: 0,
            deaths: 0,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on nothing goes wrong.
    pub fn end(&self) {
        self.state().ended = true;
    }

    /// Nothing goes wrong while it pauses: until everybody who asked for it has taken it back. A process that starts in
    /// somebody's quiet does not end it.
    pub fn pause(&self, paused: bool) {
        let state = &mut self.state();
        state.paused = if paused {
            state.paused + 1
        } else {
            state.paused.saturating_sub(1)
        };
    }

    /// All usage hangs on its way while it is slow.
    pub fn slow_down(&self, slow: bool) {
        self.state().slow = slow;
    }

    /// A gateway turns away every request that has one of these in its path or its body.
    pub fn turn_away(&self, ids: Vec<String>) {
        self.state().turned_away = ids;
    }

    /// The process will die; `None` = not at all.
    pub fn doom(&self, process: usize, at: Option<Death>) {
        let doom = &mut self.state().processes[process];
        *doom = Doom {
            at,
            passed: 0,
            killed: Arc::new(Notify::new()),
        };
    }

    /// Notified when the process is to be killed.
    pub fn death(&self, process: usize) -> Arc<Notify> {
        Arc::clone(&self.state().processes[process].killed)
    }

    pub fn faults(&self) -> u64 {
        self.state().faults
    }

    pub fn deaths(&self) -> u64 {
        self.state().deaths
    }

    pub fn on_request(&self, seen: &Seen<'_>) -> Fault {
        self.state().on_request(seen)
    }

    pub fn on_statement(&self, process: usize) -> Tap {
        self.state().on_statement(process)
    }
}

impl State {
    const fn is_quiet(&self) -> bool {
        self.paused > 0 || self.ended
    }

    fn is_slow(&self, seen: &Seen<'_>) -> bool {
        self.slow && seen.is_usage_post()
    }

    fn moment(&mut self, process: usize) -> Moment {
        let doom = &mut self.processes[process];
        let now = doom.passed;
        doom.passed += 2;
        match doom.at {
            Some(Death::AtMoment(at)) if at == now => Moment::DiesBefore,
            Some(Death::AtMoment(at)) if at == now + 1 => Moment::DiesAfter,
            _ => Moment::Lives,
        }
    }

    fn moment_of(&mut self, seen: &Seen<'_>) -> Moment {
        if seen.is_usage_post() && self.processes[seen.door].at == Some(Death::AtUsagePost) {
            self.processes[seen.door].at = None;
            return if self.dice.chance(50) {
                Moment::DiesBefore
            } else {
                Moment::DiesAfter
            };
        }
        self.moment(seen.door)
    }

    fn die(&mut self, process: usize, when: &str, what: &str) {
        self.story
            .tell(format!("   … process {process} is killed {when} {what}"));
        self.processes[process].killed.notify_one();
        self.deaths += 1;
    }

    fn is_turned_away(&self, seen: &Seen<'_>) -> bool {
        let body = String::from_utf8_lossy(seen.body);
        let has = |id: &String| body.contains(id) || seen.path.iter().any(|part| part.contains(id));
        self.turned_away.iter().any(has)
    }

    fn on_request(&mut self, seen: &Seen<'_>) -> Fault {
        if self.is_turned_away(seen) {
            self.faults += 1;
            return Fault::Error {
                status: 403,
                html: true,
                done: false,
            };
        }
        let what = format!("{} {}", seen.method, seen.path.join("/"));
        match self.moment_of(seen) {
            Moment::DiesBefore => {
                self.die(seen.door, "before", &what);
                let arrives_all_the_same = !seen.is_read() && self.dice.chance(40);
                if arrives_all_the_same {
                    self.hanging(seen)
                } else {
                    Fault::Silence { done: false }
                }
            }
            Moment::DiesAfter => {
                self.die(seen.door, "after", &what);
                Fault::Silence { done: true }
            }
            Moment::Lives if !self.is_quiet() && (self.is_slow(seen) || self.fails(seen)) => {
                let fault = match () {
                    () if self.is_slow(seen) => self.hanging(seen),
                    () if seen.is_read() => self.read_fault(seen),
                    () => self.write_fault(seen),
                };
                self.story.tell(format!("   … {what}: {fault:?}"));
                self.faults += 1;
                fault
            }
            Moment::Lives => Fault::None,
        }
    }

    fn on_statement(&mut self, process: usize) -> Tap {
        match self.moment(process) {
            Moment::DiesBefore => {
                self.die(process, "before", "a statement");
                Tap::HangBefore
            }
            Moment::DiesAfter => {
                self.die(process, "after", "a statement");
                Tap::HangAfter
            }
            Moment::Lives if !self.is_quiet() && self.rates.forgets && process == WEB && self.dice.chance(10) => {
                Tap::Forget
            }
            Moment::Lives if !self.is_quiet() && self.dice.below(1000) < self.rates.statement => {
                let fault = self.dice.weighed(&[
                    (3, Tap::BreakBefore),
                    (3, Tap::BreakAfter),
                    (1, Tap::Fail("53100")),
                    (1, Tap::Fail("25006")),
                    (1, Tap::Fail("40P01")),
                ]);
                self.story
                    .tell(format!("   … the database of process {process}: {fault:?}"));
                self.faults += 1;
                fault
            }
            Moment::Lives => Tap::Pass,
        }
    }
}
