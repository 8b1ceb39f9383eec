//! Whatever was lost with the ledger and however it comes again, nothing is lost and nothing is told twice.

use proptest::prelude::*;
use rust_decimal::dec;

use super::*;

fn candidate(meter_id: i16, revision: i16, amount: Decimal) -> Candidate {
    Candidate {
        meter_id,
        revision,
        amount,
    }
}

#[test]
fn only_what_fits_to_the_ninth_decimal_is_adopted() {
    let waiting = [candidate(1, 1, dec!(4)), candidate(2, 1, dec!(0.5))];
    assert_eq!(rule(dec!(0), &waiting), Ruling::Send);
    assert_eq!(rule(dec!(4.5), &waiting), Ruling::Adopt(vec![0, 1]));
    assert_eq!(rule(dec!(0.5), &waiting), Ruling::Adopt(vec![1]));
    assert_eq!(rule(dec!(4.000000001), &waiting), Ruling::Differs);
    assert_eq!(rule(dec!(4), &[]), Ruling::Differs);
}

#[test]
fn a_revision_that_was_replaced_meanwhile_is_recognised() {
    let revisions = [candidate(1, 1, dec!(5)), candidate(1, 2, dec!(7))];
    assert_eq!(rule(dec!(7), &revisions), Ruling::Adopt(vec![1]));
    assert_eq!(rule(dec!(5), &revisions), Ruling::Adopt(vec![0]));
    assert_eq!(rule(dec!(12), &revisions), Ruling::Differs, "never two of one record");
}

#[test]
fn many_meters_on_one_unit_are_left_to_a_person_rather_than_guessed_for_ever() {
    let many: Vec<Candidate> = (1..40).map(|meter| candidate(meter, 1, dec!(1))).collect();
    assert_eq!(rule(dec!(3), &many), Ruling::Differs);
}

/// One record of the hour: its quantities in the order of its revisions, how many of them Kill Bill was told before
/// the ledger was lost, how many the restored ledger holds, and how many of those it knows to be told.
#[derive(Clone, Debug)]
struct Life {
    quantities: Vec<u8>,
    told: usize,
    kept: usize,
    booked: usize,
}

fn life() -> impl Strategy<Value = Life> {
    (prop::collection::vec(0_u8..4, 1..4), any::<[prop::sample::Index; 3]>()).prop_map(|(quantities, cuts)| {
        let told = cuts[0].index(quantities.len() + 1);
        let kept = cuts[1].index(quantities.len() + 1);
        let booked = cuts[2].index(kept.min(told) + 1);
        Life {
            quantities,
            told,
            kept,
            booked,
        }
    })
}

/// The hour in the restored ledger, record by record: (quantity of each revision, how many are in a delivery).
struct Ledger(Vec<(Vec<Decimal>, usize)>);

impl Ledger {
    fn total(quantities: &[Decimal], known: usize) -> Decimal {
        known.checked_sub(1).map_or(dec!(0), |last| quantities[last])
    }

    fn booked(&self) -> Decimal {
        self.0
            .iter()
            .map(|(quantities, known)| Self::total(quantities, *known))
            .sum()
    }

    /// One look at the lane: adopts, sends or holds, as the delivery does. Kill Bill's sum afterwards, and whether
    /// anything was held.
    fn pass(&mut self, held: Decimal) -> (Decimal, bool) {
        let mut candidates = Vec::new();
        for (meter, (quantities, known)) in (0..).zip(&self.0) {
            let base = Self::total(quantities, *known);
            for (revision, quantity) in (1..).zip(quantities).skip(*known) {
                candidates.push(candidate(meter, revision, quantity - base));
            }
        }
        match rule(held - self.booked(), &candidates) {
            Ruling::Differs => return (held, true),
            Ruling::Adopt(found) => {
                let place = |number: i16| usize::try_from(number).unwrap();
                for adopted in found.into_iter().map(|index| candidates[index]) {
                    self.0[place(adopted.meter_id)].1 = place(adopted.revision);
                }
            }
            Ruling::Send => (),
        }
        let before = self.booked();
        self.0
            .iter_mut()
            .for_each(|(quantities, known)| *known = quantities.len());
        (held + self.booked() - before, false)
    }
}

proptest! {
    /// Up to three records of one unit, pushed again in any order and any portions, with a look at the lane in between
    /// or not: when all is pushed again, Kill Bill holds what was pushed last, and nothing waits.
    #[test]
    fn any_backup_and_any_regrouping_end_with_each_record_told_once(
        lives in prop::collection::vec(life(), 1..4),
        order in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..12),
    ) {
        let quantities = |life: &Life| life.quantities.iter().map(|q| Decimal::from(*q)).collect::<Vec<_>>();
        let mut killbill: Decimal =
            lives.iter().map(|life| Ledger::total(&quantities(life), life.told)).sum();
        let mut ledger =
            Ledger(lives.iter().map(|life| (quantities(life)[..life.kept].to_vec(), life.booked)).collect());
        let push = |ledger: &mut Ledger, which: usize| {
            let have = ledger.0[which].0.len();
            let next = quantities(&lives[which]).get(have).copied();
            ledger.0[which].0.extend(next);
        };
        for (which, look) in order {
            push(&mut ledger, which.index(lives.len()));
            if look {
                killbill = ledger.pass(killbill).0;
            }
        }
        for which in 0..lives.len() {
            (0..3).for_each(|_| push(&mut ledger, which));
        }
        let (killbill, held) = ledger.pass(killbill);
        prop_assert!(!held, "something waits for ever");
        let wanted: Decimal = lives.iter().map(|life| quantities(life).last().copied().unwrap_or_default()).sum();
        prop_assert_eq!(killbill, wanted);
    }
}
