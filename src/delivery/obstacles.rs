//! What stands in the way of a customer, or of one plan of a resource: met, written down with its reason, tried again, gone.
//! Each plan goes its own way, so nothing here stops the work on the others.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Delivery, DeliveryError, Report, rest};
use crate::db::obstacles::{self, Met, Scope, Standing};
use crate::db::outbox::Work;
use crate::domain::hold::HoldCode;
use crate::domain::pause::growing;
use crate::killbill::Error;

/// So often, and for so long, something may fail in vain before its hours are held: an outage is nobody's own trouble. A
/// refusal holds them at once.
const PATIENCE: (i32, TimeDelta) = (3, TimeDelta::minutes(5));
/// What Kill Bill refuses is offered again after a minute, then twice as late each time, at most after an hour.
const FIRST_REST: Duration = Duration::from_mins(1);
const LONGEST_REST: Duration = Duration::from_hours(1);

/// What stands in the way of one leased resource.
#[derive(Clone, Debug, Default)]
pub(super) struct Obstacles(Vec<Standing>);

impl Obstacles {
    /// In the way of the customer (none), or of one plan.
    pub(super) fn of(&self, plan: Option<&str>) -> Option<&Standing> {
        self.0.iter().find(|standing| standing.plan.as_deref() == plan)
    }

    /// Those in the way of single plans.
    pub(super) fn of_plans(&self) -> impl Iterator<Item = &Standing> {
        self.0.iter().filter(|standing| standing.plan.is_some())
    }

    /// Why the resource's hours wait, in words.
    pub(super) fn told(&self) -> Option<&str> {
        self.0.first().map(|standing| standing.detail.as_str())
    }
}

/// What an error means for what it stopped, and whether it is certain to last until somebody mends it.
fn meaning(error: &DeliveryError, scope: Scope<'_>) -> (HoldCode, String, bool) {
    let refused = match scope {
        Scope::Customer(_) => HoldCode::AccountRefused,
        Scope::Plan { .. } => HoldCode::PlanRefused,
    };
    let what = match scope {
        Scope::Customer(_) => "the customer's account".to_owned(),
        Scope::Plan { plan, .. } => format!("a subscription on plan `{plan}`"),
    };
    match error {
        DeliveryError::Obstructed { code, detail } => (*code, detail.clone(), true),
        DeliveryError::KillBill(Error::Forbidden { message }) => (
            HoldCode::PermissionMissing,
            format!("The user that this service has in Kill Bill lacks a permission for {what}: {message}."),
            true,
        ),
        DeliveryError::KillBill(Error::Refused { .. } | Error::NotFound { .. }) => {
            (refused, format!("Kill Bill refuses {what}: {error}."), true)
        }
        error => (
            HoldCode::KillbillFails,
            format!("Kill Bill fails on {what}: {error}."),
            false,
        ),
    }
}

/// The obstacle that an error is, when it is certain to last: what others than the delivery meet on their way.
pub(crate) fn lasting(scope: Scope<'_>, error: &DeliveryError, failures: i32, now: DateTime<Utc>) -> Option<Met> {
    let (code, detail, certain) = meaning(error, scope);
    certain.then(|| Met {
        code,
        detail,
        holds: true,
        look_at: now + slowly(failures),
    })
}

impl Delivery {
    /// What stands in the resource's way; routes that came meanwhile are held like the others.
    pub(super) async fn obstacles(&self, work: &Work) -> Result<Obstacles, DeliveryError> {
        let standing = obstacles::of_resource(&self.pool, work.customer_id, work.id).await?;
        if standing.iter().any(|standing| standing.holds) {
            obstacles::apply(&self.pool, work.customer_id, work.id).await?;
        }
        Ok(Obstacles(standing))
    }

    /// Whether it is to be left alone for now.
    pub(super) fn waits(&self, standing: Option<&Standing>) -> bool {
        standing.is_some_and(|standing| standing.look_at > self.clock.now())
    }

    /// Nothing stands in the way any more.
    pub(super) async fn passed(&self, scope: Scope<'_>, before: Option<&Standing>) -> Result<(), DeliveryError> {
        if before.is_some() && obstacles::clear(&self.pool, scope).await? {
            tracing::info!(?scope, "nothing stands in the way any more");
        }
        Ok(())
    }

    /// Writes down what stopped the work in `scope`.
    ///
    /// # Errors
    /// What is no matter of the scope: an outage, a lost lease, the database.
    pub(super) async fn met(
        &self,
        scope: Scope<'_>,
        before: Option<&Standing>,
        error: DeliveryError,
        report: &mut Report,
    ) -> Result<(), DeliveryError> {
        if error.is_outage() || matches!(error, DeliveryError::LeaseLost | DeliveryError::Database(_)) {
            return Err(error);
        }
        let met = self.meeting(scope, before, &error);
        tracing::warn!(?scope, code = %met.code, detail = met.detail, "something stands in the way of usage");
        report.failures += 1;
        if matches!(&error, DeliveryError::KillBill(error) if error.is_silence()) {
            report.silent += 1;
        }
        Ok(obstacles::put(&self.pool, scope, &met, self.clock.now()).await?)
    }

    fn meeting(&self, scope: Scope<'_>, before: Option<&Standing>, error: &DeliveryError) -> Met {
        let (code, detail, certain) = meaning(error, scope);
        let failures = before.map_or(0, |standing| standing.attempts);
        let again = if certain { slowly(failures) } else { rest(failures) };
        let now = self.clock.now();
        let lasts = before.is_some_and(|standing| now - standing.since >= PATIENCE.1);
        Met {
            code,
            detail,
            holds: certain || (failures + 1 >= PATIENCE.0 && lasts),
            look_at: now + again,
        }
    }
}

fn slowly(failures: i32) -> Duration {
    growing(FIRST_REST, LONGEST_REST, failures)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: Scope<'_> = Scope::Plan {
        customer_id: 1,
        resource_id: 2,
        plan: "extra",
    };

    #[test]
    fn a_refusal_is_told_in_kill_bill_s_words_and_a_failure_may_pass() {
        let refused = Error::Refused {
            status: 400,
            code: Some(1013),
            message: "there is no base".to_owned(),
        };
        let (code, detail, certain) = meaning(&refused.into(), PLAN);
        assert_eq!((code, certain), (HoldCode::PlanRefused, true));
        assert!(detail.contains("`extra`") && detail.contains("1013") && detail.contains("there is no base"));
        let lost = DeliveryError::from(Error::NoAnswer("timed out".to_owned()));
        assert_eq!(meaning(&lost, Scope::Customer(1)).0, HoldCode::KillbillFails);
        assert!(!meaning(&lost, PLAN).2);
    }

    #[test]
    fn what_is_refused_is_offered_ever_more_rarely_and_once_an_hour_at_least() {
        let minutes = [0, 1, 5, 6, 40].map(|failures| slowly(failures).as_secs() / 60);
        assert_eq!(minutes, [1, 2, 32, 60, 60]);
    }
}
