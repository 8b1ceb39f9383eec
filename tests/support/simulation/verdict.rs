//! The judgement of a run: three books (what the client was promised, the ledger, what Kill Bill holds) must agree to the
//! ninth decimal, every record's state must be explained, and the invoices must follow.

use std::collections::BTreeMap;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::holds;
use super::world::World;

/// A row of the ledger with where it went.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Row {
    pub resource: Uuid,
    pub meter: String,
    pub hour: DateTime<Utc>,
    pub revision: i16,
    pub quantity: Decimal,
    pub delta: Decimal,
    pub superseded: bool,
    pub recorded_at: DateTime<Utc>,
    pub hold: Option<String>,
    /// In Kill Bill's unit, of a row in a delivery.
    pub amount: Option<Decimal>,
    pub unit: Option<String>,
    pub state: Option<String>,
    pub detail: Option<String>,
    pub invoiced: bool,
    pub subscription: Option<Uuid>,
    pub registered: bool,
    /// The state of the settlement that carries it as money.
    pub settled: Option<String>,
}

type Spot = (Uuid, String, DateTime<Utc>);

impl World<'_> {
    /// Everything that is wrong; nothing when all is well.
    pub async fn judge(&self) -> Vec<String> {
        let rows = self.ledger().await;
        let mut wrong = self.client.complaints.clone();
        wrong.extend(self.road.wrong());
        wrong.extend(self.promises(&rows));
        wrong.extend(Self::deliveries(&rows));
        wrong.extend(self.sums(&rows));
        wrong.extend(self.doubles());
        wrong.extend(self.shrunk());
        wrong.extend(self.starts_and_ends(&rows));
        wrong.extend(
            rows.iter()
                .filter(|row| !row.superseded)
                .filter_map(|row| self.state(row)),
        );
        wrong.extend(self.money().await);
        wrong.extend(self.waited.iter().cloned());
        wrong.extend(self.names().await);
        wrong
    }

    async fn ledger(&self) -> Vec<Row> {
        sqlx::query_as(
            "select r.uuid as resource, m.name as meter, u.hour, u.revision, u.quantity, u.delta, u.superseded, u.recorded_at,
                    case when u.delivery_id is null then coalesce(u.hold, o.hold) end as hold,
                    u.delta * x.factor as amount, x.unit, d.state, d.detail, d.invoice_id is not null as invoiced,
                    s.killbill_id as subscription, r.customer_id is not null as registered, t.state as settled
             from usage_record u
             join resource r on r.id = u.resource_id
             join meter m on m.id = u.meter_id
             left join route o on o.resource_id = u.resource_id and o.meter_id = u.meter_id
             left join settlement_line l on l.id = u.settlement_line_id
             left join settlement t on t.id = l.settlement_id
             left join delivery d on d.id = u.delivery_id
             left join subscription s on s.id = d.subscription_id
             left join delivery_unit x on x.delivery_id = d.id and x.meter_id = u.meter_id
             order by r.uuid, m.name, u.hour, u.revision",
        )
        .fetch_all(self.ground.pool())
        .await
        .expect("our own database")
    }

    /// What was acknowledged is in the ledger, with its newest quantity; nothing else is.
    fn promises(&self, rows: &[Row]) -> Vec<String> {
        let mut stored: BTreeMap<(Uuid, &str, DateTime<Utc>), Decimal> = BTreeMap::new();
        for row in rows.iter().filter(|row| !row.superseded) {
            stored.insert((row.resource, &row.meter, row.hour), row.quantity);
        }
        let mut wrong = Vec::new();
        for (key, quantity) in &self.client.acknowledged {
            match stored.remove(&(key.0, key.1, key.2)) {
                Some(found) if found == *quantity => {}
                found => wrong.push(format!(
                    "LOST: {key:?} was acknowledged with {quantity}, the ledger has {found:?}"
                )),
            }
        }
        wrong.extend(
            stored
                .into_iter()
                .map(|(key, quantity)| format!("INVENTED: {key:?} with {quantity} was never acknowledged")),
        );
        wrong
    }

    /// What the deliveries carry of a record adds up to its newest quantity, unless a part of it is held.
    fn deliveries(rows: &[Row]) -> Vec<String> {
        let mut open: BTreeMap<(Uuid, &str, DateTime<Utc>), (Decimal, Decimal)> = BTreeMap::new();
        for row in rows {
            let sums = open.entry((row.resource, &row.meter, row.hour)).or_default();
            // In a delivery, or on its way to one.
            if row.state.is_some() || row.settled.is_some() || !row.superseded {
                sums.0 += row.delta;
            }
            if !row.superseded {
                sums.1 = row.quantity;
            }
        }
        let differing = open.into_iter().filter(|(_, (told, meant))| told != meant);
        differing
            .map(|(key, (told, meant))| {
                format!("WRONG DIFFERENCE: of {key:?} {told} is told or held, {meant} is right")
            })
            .collect()
    }

    /// Hour by hour, what Kill Bill holds is what the deliveries that arrived carry.
    fn sums(&self, rows: &[Row]) -> Vec<String> {
        let mut books: BTreeMap<Spot, (Decimal, Decimal)> = BTreeMap::new();
        for row in rows {
            if let (Some(subscription), Some(unit), Some(amount)) = (row.subscription, &row.unit, row.amount) {
                books.entry((subscription, unit.clone(), row.hour)).or_default().0 += amount;
            }
        }
        for row in &self.ground.model.books().usage {
            let hour = row.at.duration_trunc(TimeDelta::hours(1)).unwrap_or_default();
            books.entry((row.subscription, row.unit.clone(), hour)).or_default().1 += row.amount;
        }
        let differing = books.into_iter().filter(|(_, (ledger, killbill))| ledger != killbill);
        differing
            .map(|(spot, (ledger, killbill))| {
                format!("SUMS DIFFER: of {spot:?} the ledger told {ledger}, Kill Bill holds {killbill}")
            })
            .collect()
    }

    fn doubles(&self) -> Vec<String> {
        let books = self.ground.model.books();
        let mut written = books.written.clone();
        written.sort();
        let invoices = books.invoices.iter().filter(|invoice| invoice.status != "VOID");
        let items = invoices
            .flat_map(|invoice| &invoice.items)
            .filter(|item| item.kind != "USAGE" && !item.amount.is_zero());
        let mut marks: Vec<&String> = items.filter_map(|item| item.details.as_ref()).collect();
        marks.sort();
        let money = marks.windows(2).filter(|pair| pair[0] == pair[1]);
        let money = money.map(|pair| format!("DOUBLE: charged or credited twice: {}", pair[0]));
        let twice = written.windows(2).filter(|pair| pair[0] == pair[1]);
        let usage = twice.map(|pair| format!("DOUBLE: {:?} was written twice", pair[0]));
        usage.chain(money).collect()
    }

    /// Whether or not later hours made up for it.
    fn shrunk(&self) -> Vec<String> {
        let books = self.ground.model.books();
        let told = books.shrunk.iter();
        told.map(|row| {
            format!(
                "SHRINKS: {} took {} of {} back from what was invoiced",
                row.tracking_id, row.amount, row.unit
            )
        })
        .collect()
    }

    /// Nobody else's money waited: no subscription begins or ends with an hour that is far away, or that consumed nothing.
    fn starts_and_ends(&self, rows: &[Row]) -> Vec<String> {
        let books = self.ground.model.books();
        let latest = books.now.max(self.now());
        let mut wrong = Vec::new();
        for one in &books.subscriptions {
            let resource = self
                .resources
                .iter()
                .find(|known| known.uuid.simple().to_string() == one.bundle_key);
            let Some(resource) = resource.filter(|_| !holds::is_undone((one.start, one.end))) else {
                continue;
            };
            if one.start > latest {
                wrong.push(format!("BEGINS FAR AWAY: {} on {}", one.key, one.start));
            }
            // Whatever was ever said to be consumed: a correction may have come after the end.
            let own = rows
                .iter()
                .filter(|row| row.resource == resource.uuid && !row.quantity.is_zero() && row.hour <= latest);
            let hours = own.map(|row| row.hour + TimeDelta::hours(1));
            let charged = books
                .charged_through(one.id)
                .map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc());
            let told = resource.terminated_at.map(|at| at + TimeDelta::hours(1));
            let last = hours
                .chain(charged)
                .chain(told)
                .chain([one.start + TimeDelta::hours(1)])
                .max();
            if one.end.zip(last).is_some_and(|(end, last)| end > last) {
                wrong.push(format!(
                    "ENDS LATE: {} on {:?}, nothing is consumed after {last:?}",
                    one.key, one.end
                ));
            }
        }
        wrong
    }

    fn state(&self, row: &Row) -> Option<String> {
        let told = match (row.state.as_deref(), row.hold.as_deref()) {
            (Some("verified"), None) if row.invoiced || row.amount.unwrap_or_default().is_zero() => return None,
            (Some("verified"), None) if holds::may_stay_unbilled(self, row) => return None,
            (Some("verified"), None) => "arrived and is on no invoice".to_owned(),
            // A later revision of a settled hour is settled too, up or down, and keeps the reason.
            (None, Some(_)) if row.settled.as_deref() == Some("posted") => return None,
            (None, Some(code)) => holds::untrue(self, row, code)?,
            (state, hold) => format!("is {state:?} ({:?}), held {hold:?}", row.detail),
        };
        Some(format!(
            "UNEXPLAINED: {} {} {} rev {} delta {}: {told}",
            row.resource, row.meter, row.hour, row.revision, row.delta
        ))
    }

    async fn money(&self) -> Vec<String> {
        let parked = self
            .ground
            .model
            .books()
            .accounts
            .iter()
            .filter(|account| account.parked)
            .count();
        let mut wrong = Vec::new();
        if parked > 0 {
            wrong.push(format!("PARKED: {parked} accounts"));
        }
        let found: Vec<(String, Decimal, String)> = sqlx::query_as(
            // Late usage of less than half a cent, or inside a block that is paid, stays a notice: Kill Bill makes no invoice for
            // it alone. No block costs two cents.
            "select kind, amount, detail from discrepancy
             where closed_at is null and kind <> 'no-usage' and (kind <> 'late-usage' or abs(amount) >= 0.02)
             order by kind, detail",
        )
        .fetch_all(self.ground.pool())
        .await
        .expect("our own database");
        wrong.extend(
            found
                .into_iter()
                .map(|(kind, amount, detail)| format!("MONEY: {kind} {amount}: {detail}")),
        );
        let unbalanced: Vec<String> = sqlx::query_scalar("select verdict from invoice where verdict <> 'balanced'")
            .fetch_all(self.ground.pool())
            .await
            .expect("our own database");
        wrong.extend(
            unbalanced
                .into_iter()
                .map(|verdict| format!("MONEY: an invoice is {verdict}")),
        );
        let mirrored: i64 = sqlx::query_scalar("select count(*) from invoice")
            .fetch_one(self.ground.pool())
            .await
            .expect("our own database");
        let made: i64 = self.ground.model.books().invoices.len().try_into().unwrap_or(i64::MAX);
        if mirrored != made {
            wrong.push(format!(
                "MONEY: Kill Bill made {made} invoices, {mirrored} are mirrored"
            ));
        }
        wrong
    }
}
