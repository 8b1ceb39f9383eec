//! Is everything billed? One answer out of what is known, worst first: what nobody will mend by himself, what waits for
//! something, what is on its way.

/// What is known at one instant.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known {
    /// Records that Kill Bill refused, and those of which nobody knows whether it has them.
    pub refused: i64,
    pub unknown: i64,
    /// Records that wait for something to be mended.
    pub held: i64,
    /// Records on their way: settled hours that go out by themselves.
    pub under_way: i64,
    /// Holes in the usage of running resources: nothing was pushed, and nobody said that it is meant so.
    pub holes: i64,
    /// Money that does not add up, in cases.
    pub discrepancies: i64,
    /// Groups of hours that wait for somebody's consent.
    pub to_approve: i64,
    /// Charges and credits that Kill Bill refused.
    pub refused_settlements: i64,
    pub late_jobs: i64,
    /// Somebody has it paused: what was pushed waits here.
    pub delivery_paused: bool,
    pub killbill_away: bool,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Billed {
    /// Somebody has to do something.
    Wrong,
    /// Something waits for somebody, and no money is wrong.
    Waiting,
    /// All that was pushed goes its way, but hours of running resources were never pushed.
    Holes,
    /// All that was pushed goes its way.
    UnderWay,
    /// All that was pushed is with Kill Bill, and adds up.
    Everything,
}

impl Known {
    /// Is everything billed?
    #[must_use]
    pub const fn billed(self) -> Billed {
        let wrong = self.refused + self.discrepancies + self.refused_settlements + self.late_jobs;
        if wrong > 0 || self.killbill_away {
            Billed::Wrong
        } else if self.held + self.to_approve + self.unknown > 0 || self.delivery_paused {
            Billed::Waiting
        } else if self.holes > 0 {
            Billed::Holes
        } else if self.under_way > 0 {
            Billed::UnderWay
        } else {
            Billed::Everything
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_said_first() {
        let well = Known::default();
        assert_eq!(well.billed(), Billed::Everything);
        let under_way = Known { under_way: 5, ..well };
        assert_eq!(under_way.billed(), Billed::UnderWay);
        let holes = Known { holes: 1, ..under_way };
        assert_eq!(holes.billed(), Billed::Holes);
        let held = Known { held: 1, ..holes };
        assert_eq!(held.billed(), Billed::Waiting);
        let paused = Known {
            delivery_paused: true,
            ..under_way
        };
        assert_eq!(paused.billed(), Billed::Waiting);
        let open = Known {
            discrepancies: 1,
            ..held
        };
        assert_eq!(open.billed(), Billed::Wrong);
        let away = Known {
            killbill_away: true,
            ..well
        };
        assert_eq!(away.billed(), Billed::Wrong);
    }
}
