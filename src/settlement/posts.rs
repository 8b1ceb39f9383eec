//! What a settlement's requests say. The same content whenever it is sent again, but for the names in its descriptions: money
//! does not wait for a name, so they go in a form that Kill Bill takes, and in the plainest one after several attempts in vain.

use rust_decimal::{Decimal, dec};
use uuid::Uuid;

use crate::db::settlements::{Line, Work};
use crate::domain::month::Month;
use crate::domain::plain_name;
use crate::domain::settlement::{Direction, Mark};
use crate::domain::uuid_hex::hex;
use crate::killbill::invoices::{Charge, Credit};

/// Kill Bill's column for quantities is decimal(18,9), those for amounts and rates are decimal(15,9). What is more ends in
/// a 500.
const MOST_QUANTITY: Decimal = dec!(1_000_000_000);
const MOST_MONEY: Decimal = dec!(1_000_000);

/// The largest line, when it is more than Kill Bill's column holds.
pub(super) fn too_much(lines: &[Line]) -> Option<Decimal> {
    let largest = lines.iter().map(|line| line.amount.abs()).max();
    largest.filter(|amount| *amount >= MOST_MONEY)
}

/// A figure that does not fit stands in the mark alone.
fn fitting(number: Decimal, most: Decimal) -> Option<Decimal> {
    let rounded = number.round_dp(9).normalize();
    (rounded.abs() < most).then_some(rounded)
}

/// After so many attempts even characters of two bytes may be what is wrong.
const PATIENCE: i32 = 4;

/// A line's description as Kill Bill is told it.
fn description(work: &Work, line: &Line) -> String {
    let [_, plain, plainest] = plain_name::forms(&line.description);
    if work.attempts < PATIENCE { plain } else { plainest }
}

fn mark(work: &Work, line: &Line, of: usize) -> Mark {
    Mark {
        mark: work.mark.clone(),
        month: Mark::month_text(Month::of(work.month)),
        line: line.position,
        of: i32::try_from(of).unwrap_or(i32::MAX),
        resource: Some(hex(line.resource_uuid)),
        meter: Some(line.meter.clone()),
        class: Some(line.class.word().to_owned()),
        hours: Some(line.records),
        quantity: Some(line.quantity.normalize()),
        rate: line.rate,
        from: Some(line.period_start),
        until: Some(line.period_end),
    }
}

/// The draft's charges: all lines, or for credits a line of nothing.
pub(super) fn charges(work: &Work, lines: &[Line], currency: &str) -> Vec<Charge> {
    if work.direction == Direction::Credit {
        return vec![opening(work, lines, currency)];
    }
    let charge = |line: &Line| Charge {
        amount: line.amount,
        currency: currency.to_owned(),
        description: description(work, line),
        item_details: Some(mark(work, line, lines.len()).text()),
        // Committing would move the charged-through date of a subscription named here.
        subscription_id: None,
        start_date: Some(line.period_start),
        end_date: Some(line.period_end),
        quantity: fitting(line.quantity, MOST_QUANTITY),
        rate: line.rate.and_then(|rate| fitting(rate, MOST_MONEY)),
    };
    lines.iter().map(charge).collect()
}

fn opening(work: &Work, lines: &[Line], currency: &str) -> Charge {
    let month = Month::of(work.month);
    let mark = Mark {
        mark: work.mark.clone(),
        month: Mark::month_text(month),
        line: 0,
        of: i32::try_from(lines.len()).unwrap_or(i32::MAX),
        resource: None,
        meter: None,
        class: None,
        hours: None,
        quantity: None,
        rate: None,
        from: None,
        until: None,
    };
    Charge {
        amount: Decimal::ZERO,
        currency: currency.to_owned(),
        description: format!("Credit for {}", month.first_day().format("%B %Y")),
        item_details: Some(mark.text()),
        subscription_id: None,
        start_date: Some(month.first_day()),
        end_date: Some(month.next().first_day()),
        quantity: None,
        rate: None,
    }
}

/// The credits, to be put on the draft.
pub(super) fn credits(work: &Work, lines: &[Line], account: Uuid, draft: Uuid, currency: &str) -> Vec<Credit> {
    let credit = |line: &Line| Credit {
        account_id: account,
        amount: -line.amount,
        currency: currency.to_owned(),
        description: description(work, line),
        item_details: Some(mark(work, line, lines.len()).text()),
        invoice_id: Some(draft),
        quantity: fitting(line.quantity, MOST_QUANTITY),
        rate: line.rate.and_then(|rate| fitting(rate, MOST_MONEY)),
    };
    lines.iter().map(credit).collect()
}
