//! Fixes settlements: which records they carry, what these are worth, and the mark, in one transaction before the first byte.
//! Charges, credits and what comes to nothing become settlements of their own.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::Group;
use super::insert::{self, Line};
use super::tariffs::{Book, book};
use super::terms::{Stamped, Terms};
use crate::db::outbox::settled_rows;
use crate::domain::month::Month;
use crate::domain::settlement::{Direction, Valued, by_month, by_tiers, rate_of};

/// What was fixed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fixed {
    pub settlements: u64,
    pub records: u64,
    /// Lines that were left out because no price is known.
    pub unpriced: u64,
}

/// Fixes what waits of the groups, all of one customer and month. `describe` gives a line's text.
///
/// # Errors
/// When the database fails; nothing is fixed then.
pub async fn fix(
    pool: &PgPool,
    (customer_id, customer_uuid): (i64, Uuid),
    month: Month,
    groups: &[Group],
    terms: Terms<'_>,
    describe: impl Fn(&Group, Decimal, Option<Decimal>) -> String,
) -> sqlx::Result<Fixed> {
    let mut tx = pool.begin().await?;
    // Two workers may not value the same key from the same books.
    sqlx::query("select id from customer where id = $1 for update")
        .bind(customer_id)
        .execute(&mut *tx)
        .await?;
    let mut fixed = Fixed::default();
    let mut by_direction: BTreeMap<Direction, Vec<Line<'_>>> = BTreeMap::new();
    let mut books = Books::default();
    for group in groups {
        let Some(price) = books.of(&mut tx, group, month, terms).await? else {
            fixed.unpriced += 1;
            continue;
        };
        let Some(stamped) = stamp(&mut tx, group, terms).await? else {
            continue;
        };
        let valued = price.value(group, stamped.quantity, terms);
        price.settled += stamped.quantity * group.factor;
        price.moved += valued.amount;
        let rate = price.rate(group, stamped.quantity, valued.value, terms);
        fixed.records += stamped.records.unsigned_abs();
        let text = describe(group, stamped.quantity, rate);
        let lines = by_direction.entry(Direction::of(valued.amount)).or_default();
        lines.push(Line {
            group,
            stamped,
            rate,
            valued,
            text,
        });
    }
    for (direction, lines) in by_direction {
        insert::settlement(&mut tx, (customer_id, customer_uuid), (month, direction), &lines, terms).await?;
        fixed.settlements += 1;
    }
    tx.commit().await?;
    Ok(fixed)
}

/// The books of the keys in question, carried on from line to line.
#[derive(Default)]
struct Books(BTreeMap<BookKey, Account>);

/// Resource and meter with the price of a month, or subscription, unit and window.
type BookKey = (
    i64,
    i16,
    Option<i64>,
    Option<String>,
    Option<DateTime<Utc>>,
    Option<Decimal>,
);

struct Account {
    of: Of,
    settled: Decimal,
    moved: Decimal,
}

enum Of {
    /// A window's price, and what Kill Bill holds of it.
    Window(super::Price, Decimal),
    Month(Decimal),
}

impl Books {
    async fn of(
        &mut self,
        tx: &mut PgConnection,
        group: &Group,
        month: Month,
        terms: Terms<'_>,
    ) -> sqlx::Result<Option<&mut Account>> {
        // Kill Bill rates a subscription's unit whatever meters it comes from; a month's price is the meter's own.
        let key = match group.subscription_id {
            Some(_) => {
                let window = group.price.as_ref().map(|price| price.hours.0);
                (0, 0, group.subscription_id, group.unit.clone(), window, None)
            }
            None => (group.resource_id, group.meter_id, None, None, None, group.monthly),
        };
        if !self.0.contains_key(&key) {
            let Some(price) = Account::read(tx, group, month, terms).await? else {
                return Ok(None);
            };
            self.0.insert(key.clone(), price);
        }
        Ok(self.0.get_mut(&key))
    }
}

impl Account {
    async fn read(tx: &mut PgConnection, group: &Group, month: Month, terms: Terms<'_>) -> sqlx::Result<Option<Self>> {
        if let (Some(subscription), Some(unit), Some(price)) = (group.subscription_id, &group.unit, &group.price) {
            let Book { held, settled, moved } = book(tx, subscription, unit, price).await?;
            let of = Of::Window(price.clone(), held);
            return Ok(Some(Self { of, settled, moved }));
        }
        let Some(monthly) = group.monthly else { return Ok(None) };
        let (settled, moved) = insert::settled_of_month(tx, group, month, terms.divisor).await?;
        Ok(Some(Self {
            of: Of::Month(monthly),
            settled,
            moved,
        }))
    }

    fn value(&self, group: &Group, quantity: Decimal, terms: Terms<'_>) -> Valued {
        match &self.of {
            Of::Window(price, held) => by_tiers(
                (price.policy, &price.tiers),
                *held,
                self.settled,
                quantity * group.factor,
                self.moved,
                terms.currency,
            ),
            Of::Month(monthly) => by_month(
                *monthly,
                terms.divisor,
                self.settled,
                quantity,
                self.moved,
                terms.currency,
            ),
        }
    }

    fn rate(&self, group: &Group, quantity: Decimal, value: Decimal, terms: Terms<'_>) -> Option<Decimal> {
        match &self.of {
            Of::Window(price, _) => rate_of(&price.tiers, group.factor, quantity, value),
            Of::Month(monthly) => Some((*monthly / terms.divisor).normalize()),
        }
    }
}

/// The one update of a record's life; `$hold` stays as the reason why it did not travel as usage.
macro_rules! stamping {
    ($hold:literal, $rows:expr, $more:literal) => {
        concat!(
            "with stamped as (
                 update usage_record u set settlement_line_id = $5, hold = ",
            $hold,
            "    where u.resource_id = $1 and u.meter_id = $2 and u.hour >= $3 and u.hour < $4 and ",
            $rows,
            $more,
            "    returning u.hour, u.revision, u.delta
             )
             select $5::bigint as id, count(*) as records, coalesce(sum(delta), 0) as quantity,
                    encode(sha256(coalesce(string_agg(concat_ws('|', extract(epoch from hour)::bigint, revision, delta),
                                                      ',' order by hour, revision), '')::bytea), 'hex') as digest
             from stamped"
        )
    };
}

/// `None` when nothing of the group waits any more.
async fn stamp(tx: &mut PgConnection, group: &Group, terms: Terms<'_>) -> sqlx::Result<Option<Stamped>> {
    const CORRECTIONS: &str = stamping!("u.hold", correction_rows!("$6"), "");
    const HOURS: &str = stamping!(
        "'monthly-price'",
        settled_rows!("$7", "$8"),
        " and (u.approval_id is not null or $9 <> all($6))"
    );
    let id: i64 = sqlx::query_scalar("select nextval(pg_get_serial_sequence('settlement_line', 'id'))")
        .fetch_one(&mut *tx)
        .await?;
    let charged = group.monthly.is_some();
    let query = sqlx::query_as(if charged { HOURS } else { CORRECTIONS })
        .bind(group.resource_id)
        .bind(group.meter_id)
        .bind(group.hours.0)
        .bind(group.hours.1)
        .bind(id)
        .bind(terms.asks.words());
    let query = if charged {
        query
            .bind(TimeDelta::from_std(terms.settle_after).unwrap_or(TimeDelta::MAX))
            .bind(terms.now)
            .bind(group.class.word())
    } else {
        query
    };
    let stamped: Stamped = query.fetch_one(tx).await?;
    Ok((stamped.records > 0).then_some(stamped))
}
