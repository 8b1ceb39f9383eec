//! Whether the reasons that held records give are true, by what the model of Kill Bill knows.

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, TimeDelta, Utc};
use nodeconductor_billing::domain::reach::Limits;
use rust_decimal::Decimal;

use super::verdict::Row;
use super::world::World;
use crate::support::killbill_model::Books;

/// What is untrue about a hold; `None` when its reason is good.
pub fn untrue(world: &World<'_>, row: &Row, code: &str) -> Option<String> {
    let books = world.ground.model.books();
    let subscriptions = of_resource(&books, row);
    let any = |is_so: &dyn Fn(&Subscribed) -> bool| subscriptions.iter().any(is_so);
    let unit = unit_of(&row.meter);
    let good = match code {
        "unknown-resource" => !row.registered,
        "no-price" => !in_force_prices(&books, unit),
        "unit-not-in-plan" => any(&|one| !one.units.contains(&unit.to_owned())),
        // Where it begins is judged by itself.
        "before-subscription" => any(&|one| row.hour < one.start),
        "nothing-consumed" => row.quantity.is_zero() && !any(&|one| one.plan == plan_of(&row.meter)),
        // Nothing was delivered any more after the last month began.
        "ahead" => row.hour > books.now.max(world.now()) + Limits::default().ahead - TimeDelta::days(32),
        "too-old" => row.hour < books.now.min(row.recorded_at) - Limits::default().age,
        "after-subscription" => any(&|one| one.end.is_some_and(|end| row.hour >= end)),
        "period-closed" => any(&|one| one.closed.is_some_and(|closed| one.period_of(row.hour) < closed)),
        "correction-after-invoice" => {
            row.delta < Decimal::ZERO && any(&|one| one.invoiced.is_some_and(|day| row.hour < day))
        }
        _ => false,
    };
    (!good).then(|| format!("held as {code}, which is not so"))
}

/// Below a cent a late line is left out, and a shrinking difference goes with what it shrinks. What was taken back before its
/// subscription gave way to one that begins earlier comes to nothing there.
pub fn may_stay_unbilled(world: &World<'_>, row: &Row) -> bool {
    let books = world.ground.model.books();
    let mut undone = books.subscriptions.iter().filter(|one| is_undone((one.start, one.end)));
    if row.quantity.is_zero() && undone.any(|one| Some(one.id) == row.subscription) {
        return true;
    }
    // 0.0125 for a unit of `cpu` and as many minutes of a licence, 0.004 for one of the later ones of `memory`.
    let below_a_cent = if row.meter == "memory" {
        Decimal::ONE
    } else {
        Decimal::new(8, 1)
    };
    row.amount.is_some_and(|amount| amount.abs() <= below_a_cent)
}

struct Subscribed {
    plan: String,
    start: DateTime<Utc>,
    end: Option<DateTime<Utc>>,
    units: Vec<String>,
    invoiced: Option<DateTime<Utc>>,
    closed: Option<NaiveDate>,
}

impl Subscribed {
    /// The day with which the hour's billing period begins.
    fn period_of(&self, hour: DateTime<Utc>) -> NaiveDate {
        let month = hour.date_naive().with_day(1).unwrap_or_default();
        month.max(self.start.date_naive())
    }
}

fn of_resource(books: &Books, row: &Row) -> Vec<Subscribed> {
    let key = row.resource.simple().to_string();
    let own = books
        .subscriptions
        .iter()
        .filter(|one| one.bundle_key == key && !is_undone((one.start, one.end)));
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    own.map(|one| {
        let reads_from = books.reads_from(one.account);
        let charged = books.charged_through(one.id);
        Subscribed {
            plan: one.plan.clone(),
            start: one.start,
            end: one.end,
            units: books.units_of(one).iter().map(|usage| usage.unit.clone()).collect(),
            invoiced: charged
                .map(|day| midnight(day).max(one.end.filter(|end| end.date_naive() <= day).unwrap_or_default())),
            closed: reads_from.max(charged.map(|day| day - Months::new(2))),
        }
    })
    .collect()
}

/// It was ended where it began, so it never was there.
pub fn is_undone((start, end): (DateTime<Utc>, Option<DateTime<Utc>>)) -> bool {
    end.is_some_and(|end| end <= start)
}

fn in_force_prices(books: &Books, unit: &str) -> bool {
    let version = books.version_at(books.now);
    version.is_some_and(|version| {
        version
            .plans
            .iter()
            .flat_map(|plan| &plan.usages)
            .any(|usage| usage.unit == unit)
    })
}

fn plan_of(meter: &str) -> &str {
    match meter {
        "license_type" => "licence-by-minute",
        _ => "openstack-instance",
    }
}

fn unit_of(meter: &str) -> &str {
    match meter {
        "memory" => "ram_gb",
        "license_type" => "minute-of-licence",
        other => other,
    }
}
