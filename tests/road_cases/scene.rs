//! Who consumes what, at which prices, and what it must therefore cost: worked out here from the price list alone,
//! without a line of the service's own code.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use nodeconductor_billing::clock::Clock;
use nodeconductor_billing::domain::month::Month;
use nodeconductor_billing::domain::uuid_hex::hex;
use rust_decimal::{Decimal, RoundingStrategy, dec};
use serde_json::json;
use uuid::Uuid;

use crate::support::api::{Api, Usage};
use crate::support::catalog::{SampleCatalog, SamplePlan, SampleUsage};

/// The last whole month: all its hours are over.
pub fn last_month() -> Month {
    let this = Month::containing(Clock::System.now());
    Month::containing(this.start() - TimeDelta::hours(1))
}

/// The month that a restarted Kill Bill's clock is in: it shows real time again, and bills nothing before its time.
pub fn this_month() -> Month {
    Month::containing(Clock::System.now() + TimeDelta::hours(2))
}

/// When Kill Bill has billed the month: after the accounts' reference time, 03:00.
pub fn after(month: Month) -> DateTime<Utc> {
    month.end() + TimeDelta::minutes(210)
}

/// The month's hours, but for the one that is not over and the next: they would not settle while the test runs.
pub fn hours(month: Month) -> Vec<DateTime<Utc>> {
    let (count, now) = ((month.end() - month.start()).num_hours(), Clock::System.now());
    let hours = (0..count).map(|hour| month.start() + TimeDelta::hours(hour));
    hours
        .filter(|hour| (*hour - now).abs() >= TimeDelta::hours(1))
        .collect()
}

/// Whole and fractional blocks, two tiers, and a unit of minutes.
pub fn catalog() -> SampleCatalog {
    let [cpu, memory, disk, servers, licence] = ["cpu", "memory", "disk", "servers", "license_type"].map(|meter| {
        let price = price(meter);
        let usage = SampleUsage::new(&format!("{meter}-usage"), price.unit, &format!("{meter}, per hour"));
        match price.then {
            None => usage.tier(price.block, price.price, None),
            Some((blocks, then)) => usage
                .tier(price.block, price.price, Some(blocks))
                .tier(price.block, then, None),
        }
    });
    let instance = SamplePlan::usage_only("openstack-instance", "instance", "OpenStack instance");
    let instance = instance.with(cpu).with(memory).with(disk).with(servers);
    let by_minute = SamplePlan::usage_only("licence-by-minute", "license_type", "Sample licence").with(licence);
    SampleCatalog::new("USD", vec![instance, by_minute])
}

/// What a meter costs: `price` for each begun `block` of `unit`, after so many blocks another price.
#[derive(Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "the price of a block")]
pub struct Price {
    pub unit: &'static str,
    /// Units in one of the meter's.
    pub factor: Decimal,
    block: Decimal,
    price: Decimal,
    then: Option<(u32, Decimal)>,
}

pub fn price(meter: &str) -> Price {
    let (unit, block, price) = match meter {
        "cpu" => ("cpu", dec!(1), dec!(0.0125)),
        "memory" => ("ram_gb", dec!(0.25), dec!(0.001)),
        "disk" => ("storage_gb", dec!(1), dec!(0.0002)),
        "servers" => ("server_num", dec!(1), dec!(0.002)),
        _ => ("minute-of-licence", dec!(1), dec!(0.0013)),
    };
    Price {
        unit,
        factor: if meter == "license_type" { dec!(60) } else { dec!(1) },
        block,
        price,
        then: (meter == "disk").then_some((20_000, dec!(0.0001))),
    }
}

impl Price {
    /// The amounts of a month's lines: one per tier, or their sum rounded once.
    fn lines(self, quantity: Decimal, by_tier: bool) -> Decimal {
        let blocks = (quantity * self.factor / self.block).ceil();
        let (limit, then) = self
            .then
            .map_or((blocks, dec!(0)), |(limit, then)| (limit.into(), then));
        let tiers = [blocks.min(limit) * self.price, (blocks - limit).max(dec!(0)) * then];
        if by_tier {
            tiers.map(cents).iter().sum()
        } else {
            cents(tiers.iter().sum())
        }
    }
}

pub fn cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// Records and quantity by resource and meter.
pub type Sums = BTreeMap<(Uuid, String), (u64, Decimal)>;

pub fn sums(usage: &[Usage]) -> Sums {
    let mut sums = Sums::new();
    for record in usage {
        let (records, quantity) = sums.entry((record.resource, record.meter.to_owned())).or_default();
        *records += 1;
        *quantity += record.quantity;
    }
    sums
}

/// What each resource's meter must cost in the month.
pub fn expected(sums: &Sums, by_tier: bool) -> BTreeMap<(Uuid, String), Decimal> {
    let amount = |meter: &str, quantity| price(meter).lines(quantity, by_tier);
    sums.iter()
        .map(|(key, (_, quantity))| (key.clone(), amount(&key.1, *quantity)))
        .collect()
}

/// A customer with its resources.
pub struct Customer {
    pub uuid: Uuid,
    pub resources: Vec<Uuid>,
}

impl Customer {
    pub async fn registered(api: &Api, name: &str, resources: usize) -> Self {
        let uuid = Uuid::new_v4();
        let email = "accounts@weather.example";
        api.put(
            &format!("/api/customers/{}/", hex(uuid)),
            json!({"name": name, "email": email}),
        )
        .await;
        let customer = Self {
            uuid,
            resources: (0..resources).map(|_| Uuid::new_v4()).collect(),
        };
        for (number, resource) in customer.resources.iter().enumerate() {
            customer
                .register(
                    api,
                    *resource,
                    &format!("server-{number}"),
                    "Website",
                    "OpenStack North",
                )
                .await;
        }
        customer
    }

    /// Registers a resource or changes its names.
    pub async fn register(&self, api: &Api, resource: Uuid, name: &str, project: &str, service: &str) {
        let project = json!({"uuid": hex(self.uuid), "name": project});
        let body = json!({"name": name, "type": "OpenStack.Instance", "customer": hex(self.uuid), "project": project, "service_name": service});
        api.put(&format!("/api/resources/{}/", hex(resource)), body).await;
    }

    /// Four meters of every resource in every hour, and the first one's licence. No two resources are alike, and no two
    /// hours in a row.
    pub fn consumes(&self, hours: &[DateTime<Utc>]) -> Vec<Usage> {
        let mut usage = Vec::new();
        for (step, hour) in (0_u32..).zip(hours) {
            for (number, resource) in (1_u32..).zip(&self.resources) {
                let (number, step) = (Decimal::from(number), Decimal::from(step % 7));
                let mut meters = vec![
                    ("cpu", number + step),
                    ("memory", number * dec!(0.5) + step * dec!(0.125)),
                    ("disk", number * dec!(16) + step * dec!(0.000000001)),
                    ("servers", dec!(1)),
                ];
                if number == dec!(1) {
                    meters.push(("license_type", dec!(1)));
                }
                usage.extend(meters.into_iter().map(|(meter, quantity)| Usage {
                    resource: *resource,
                    meter,
                    hour: *hour,
                    quantity,
                }));
            }
        }
        usage
    }
}
