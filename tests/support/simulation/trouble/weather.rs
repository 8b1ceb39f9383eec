//! What becomes of a request that is to fail, and how long it hangs where.

use chrono::TimeDelta;

use super::State;
use crate::support::killbill_model::faults::{Due, Fault, Seen};

impl State {
    /// What costs money fails more often.
    pub(super) fn fails(&mut self, seen: &Seen<'_>) -> bool {
        let percent = self.rates.request * if seen.is_usage_post() { 3 } else { 1 };
        self.dice.chance(percent.min(75))
    }

    pub(super) fn read_fault(&mut self, seen: &Seen<'_>) -> Fault {
        // A page that knows no such call is what a server without a test clock says.
        let is_clock = seen.path == ["test", "clock"];
        let (absent, forbidden) = if is_clock { (503, 503) } else { (404, 403) };
        self.dice.weighed(&[
            (3, Fault::LoseRequest),
            (2, Fault::HalfAnswer),
            (2, page(502, false)),
            (1, page(200, false)),
            (1, page(absent, false)),
            (1, page(forbidden, false)),
            (1, page(302, false)),
            (2, json(500, false)),
            (1, page(503, false)),
        ])
    }

    pub(super) fn write_fault(&mut self, seen: &Seen<'_>) -> Fault {
        let (late, inside) = (self.late(seen), self.inside());
        let timed_out = self.dice.chance(50);
        let fault = self.dice.weighed(&[
            (3, Fault::LoseRequest),
            (4, Fault::LoseAnswer),
            (2, Fault::HalfAnswer),
            (1, Fault::Refuse),
            (2, page(502, true)),
            (2, page(502, false)),
            (1, page(200, false)),
            (1, page(404, false)),
            (1, page(302, false)),
            (1, page(307, true)),
            (1, page(400, false)),
            (1, page(403, false)),
            (1, page(403, true)),
            (1, page(405, false)),
            (1, page(401, false)),
            (1, json(401, false)),
            (1, json(429, false)),
            (2, json(500, false)),
            (2, json(500, true)),
            (1, page(503, false)),
            (1, page(504, true)),
            (5, late),
            (5, inside),
        ]);
        let fault = self.apart(seen, fault);
        if timed_out && matches!(fault, Fault::Late(_) | Fault::Inside(_) | Fault::LoseAnswer) {
            self.clock.set(self.clock.now() + self.rates.request_timeout);
        }
        fault
    }

    pub(super) fn hanging(&mut self, seen: &Seen<'_>) -> Fault {
        let fault = if self.dice.chance(50) {
            self.late(seen)
        } else {
            self.inside()
        };
        self.apart(seen, fault)
    }

    /// Keeps to what `wait_out` assumes (docs/guarantees.md, assumption 3): a post that is overdue on the line does not
    /// come in while its own repetition stands between Kill Bill's look and its write. Both would be written, and no
    /// client could help it. So what may be overdue hangs on the line when it is repeated, and never inside.
    fn apart(&mut self, seen: &Seen<'_>, fault: Fault) -> Fault {
        let fault = match fault {
            Fault::Inside(_) if self.overdue.contains(seen.body) => self.late(seen),
            fault => fault,
        };
        if seen.is_usage_post() && self.is_overdue(fault) {
            self.overdue.insert(seen.body.to_vec());
        }
        fault
    }

    fn is_overdue(&self, fault: Fault) -> bool {
        match fault {
            Fault::Late(Due::At(at)) => at > self.clock.now() + self.rates.works_at_most,
            Fault::Late(Due::Before(_)) => true,
            _ => false,
        }
    }

    /// On the line, where nothing bounds it.
    fn late(&mut self, seen: &Seen<'_>) -> Fault {
        if self.dice.chance(50) {
            return Fault::Late(Due::Before(seen.number + self.dice.between(1, 25)));
        }
        let longest = u64::try_from(self.rates.works_at_most.num_seconds()).unwrap_or(1) * 4;
        Fault::Late(Due::At(self.clock.now() + self.seconds(longest)))
    }

    /// Inside Kill Bill, no longer than it can work on anything.
    fn inside(&mut self) -> Fault {
        let longest = u64::try_from(self.rates.works_at_most.num_seconds()).unwrap_or(1);
        Fault::Inside(Due::At(self.clock.now() + self.seconds(longest - 1)))
    }

    fn seconds(&mut self, most: u64) -> TimeDelta {
        TimeDelta::seconds(i64::try_from(self.dice.between(1, most.max(1))).unwrap_or(1))
    }
}

const fn page(status: u16, done: bool) -> Fault {
    Fault::Error {
        status,
        html: true,
        done,
    }
}

const fn json(status: u16, done: bool) -> Fault {
    Fault::Error {
        status,
        html: false,
        done,
    }
}
