//! Who consumes what in the demo: one customer, four servers with names in four scripts, one licence.

use chrono::{DateTime, Datelike, Timelike, Utc};
use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::months::Month;

/// One virtual machine.
pub struct Resource {
    pub uuid: Uuid,
    pub name: &'static str,
    project: &'static str,
    /// Since when, if not since before the month.
    started_at: Option<DateTime<Utc>>,
    /// What an hour consumes: meter and quantity.
    consumes: fn(DateTime<Utc>) -> Vec<(&'static str, Decimal)>,
}

/// One record to push.
pub struct Usage {
    pub resource: Uuid,
    pub meter: &'static str,
    pub hour: DateTime<Utc>,
    pub quantity: Decimal,
}

/// The customer's body for `PUT /api/customers/{uuid}/`.
pub fn customer() -> Value {
    json!({
        "name": "Nordic Weather Ltd",
        "native_name": "Põhjala Ilm OÜ",
        "abbreviation": "NW",
        "email": "accounts@weather.example",
        "contact_details": "7 Mill Lane, 51004 Tartu",
    })
}

/// The customer's virtual machines in `month`.
pub fn resources(month: Month) -> Vec<Resource> {
    let tenth = month.start() + chrono::TimeDelta::hours(9 * 24 + 14);
    let machine = |name, project, started_at, consumes| Resource {
        uuid: Uuid::new_v4(),
        name,
        project,
        started_at,
        consumes,
    };
    vec![
        machine("web-1", "Website", None, |_| server(dec!(4), dec!(16), dec!(100))),
        machine("база-данных", "Website", None, growing_database),
        machine("计算节点-03", "Forecast", Some(tenth), |_| {
            server(dec!(8), dec!(12.5), dec!(250))
        }),
        machine("שרת בדיקות", "Forecast", None, off_at_night),
    ]
}

fn server(cpu: Decimal, memory: Decimal, disk: Decimal) -> Vec<(&'static str, Decimal)> {
    vec![("cpu", cpu), ("memory", memory), ("disk", disk), ("servers", dec!(1))]
}

/// Doubled in the middle of the month, and the only one with a licence.
fn growing_database(hour: DateTime<Utc>) -> Vec<(&'static str, Decimal)> {
    let mut usage = if hour.day() < 16 {
        server(dec!(4), dec!(32), dec!(500))
    } else {
        server(dec!(8), dec!(64), dec!(500))
    };
    usage.push(("license_type", dec!(1)));
    usage
}

/// Switched off from 20:00 to 06:00: its disk stays.
fn off_at_night(hour: DateTime<Utc>) -> Vec<(&'static str, Decimal)> {
    if (6..20).contains(&hour.hour()) {
        server(dec!(0.5), dec!(2), dec!(40))
    } else {
        vec![("disk", dec!(40))]
    }
}

impl Resource {
    /// The body for `PUT /api/resources/{uuid}/`.
    pub fn body(&self, customer: Uuid) -> Value {
        let mut body = json!({
            "name": self.name,
            "type": "OpenStack.Instance",
            "customer": customer.simple().to_string(),
            "project": {"uuid": Uuid::new_v5(&customer, self.project.as_bytes()).simple().to_string(), "name": self.project},
            "service_name": "OpenStack North",
        });
        if let Some(instant) = self.started_at {
            body["started_at"] = json!(instant);
        }
        body
    }

    /// Everything it consumed in `month`.
    pub fn usage(&self, month: Month) -> impl Iterator<Item = Usage> {
        let since = self.started_at.unwrap_or(month.start());
        month.hours().filter(move |hour| *hour >= since).flat_map(move |hour| {
            (self.consumes)(hour).into_iter().map(move |(meter, quantity)| Usage {
                resource: self.uuid,
                meter,
                hour,
                quantity,
            })
        })
    }
}

impl Usage {
    /// Its line in the pushed NDJSON.
    pub fn line(&self) -> String {
        json!({
            "resource": self.resource.simple().to_string(),
            "meter": self.meter,
            "hour": self.hour,
            "quantity": self.quantity.to_string(),
        })
        .to_string()
    }
}
