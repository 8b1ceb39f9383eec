//! Names what is kept from Kill Bill by obstacles, with its age and worth.

use super::{Delivery, DeliveryError};
use crate::db::discrepancies::{self, Found, Subject};
use crate::db::obstacles::{self, Costly};
use crate::domain::reconcile::{DiscrepancyKind, Obstructed, obstructed};

impl Delivery {
    pub(super) async fn name_obstructed(&self) -> Result<(), DeliveryError> {
        let costly = obstacles::costly(&self.pool, &self.currency).await?;
        let found: Vec<Found> = costly.iter().map(|one| self.found(one)).collect();
        let now = self.clock.now();
        Ok(discrepancies::settle_kinds(&self.pool, &[DiscrepancyKind::Obstructed], &found, now).await?)
    }

    fn found(&self, one: &Costly) -> Found {
        let resource = match (one.resource, &one.resource_name, &one.plan) {
            (Some(uuid), Some(name), Some(plan)) => Some((uuid, name.as_str(), plan.as_str())),
            _ => None,
        };
        let finding = obstructed(&Obstructed {
            customer: (one.customer, &one.customer_name),
            resource,
            reason: &one.detail,
            since: one.since,
            attempts: one.attempts,
            records: one.records,
            worth: one.worth,
        });
        let about = Subject {
            customer_id: Some(one.customer_id),
            resource_id: one.resource_id,
            hours: Some((one.first_hour, one.last_hour + chrono::TimeDelta::hours(1))),
            ..Subject::default()
        };
        Found {
            finding,
            currency: self.currency.clone(),
            about,
        }
    }
}
