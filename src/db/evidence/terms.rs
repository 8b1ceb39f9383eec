//! What the timelines of an invoice's subscriptions say: the price that is due for each charge, and the hours that a trial
//! gives away.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use super::frame::kept;
use crate::db::timelines::Timelines;
use crate::domain::evidence::{Charge, ChargeTerms, UsageLine};
use crate::domain::hour::Hour;
use crate::domain::timeline::Timeline;

/// The timelines, by Kill Bill's id of the subscription.
pub(super) struct Known(BTreeMap<Uuid, Timeline>);

/// Hours that are free by the catalog, as columns: subscription, from, until, and the unit that is not priced then.
#[derive(Debug, Default)]
pub(super) struct GivenAway {
    pub(super) subscriptions: Vec<Uuid>,
    pub(super) starts: Vec<DateTime<Utc>>,
    pub(super) ends: Vec<DateTime<Utc>>,
    pub(super) units: Vec<String>,
}

impl Known {
    /// Of all subscriptions that the lines and plans are about.
    pub(super) async fn of(
        pool: &PgPool,
        currency: &str,
        lines: impl Iterator<Item = &UsageLine>,
        plans: &[(Uuid, String)],
    ) -> sqlx::Result<Self> {
        let mut ids: Vec<Uuid> = lines.map(|line| line.charge.subscription).collect();
        ids.extend(plans.iter().map(|(subscription, _)| *subscription));
        let timelines = Timelines::load(pool, currency).await?;
        let kept = kept(pool, &ids).await?;
        Ok(Self(kept.iter().map(|(id, kept)| (*id, timelines.of(kept))).collect()))
    }

    /// What is due for each charge that these lines bill.
    pub(super) fn terms<'l>(&self, lines: impl Iterator<Item = &'l UsageLine>) -> Vec<ChargeTerms> {
        let mut charges: Vec<&Charge> = lines.map(|line| &line.charge).collect();
        charges.sort_unstable();
        charges.dedup();
        charges.into_iter().flat_map(|charge| self.of_charge(charge)).collect()
    }

    fn of_charge(&self, charge: &Charge) -> Vec<ChargeTerms> {
        let Some(timeline) = self.0.get(&charge.subscription) else {
            return Vec::new();
        };
        let around = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
        let (from, until) = (
            around(charge.start) - TimeDelta::days(1),
            around(charge.end) + TimeDelta::days(2),
        );
        let windows = timeline.windows_of_usage(&charge.usage, from, until).into_iter();
        let own = windows.filter(|window| (window.first_day, window.end_day) == (charge.start, charge.end));
        let terms = own.map(|window| ChargeTerms {
            charge: charge.clone(),
            version: window.span.version,
            policy: window.section.policy,
            units: window.section.units.clone(),
        });
        terms.collect()
    }

    /// The hours of trials, for each unit that the subscription's later terms price.
    pub(super) fn given_away(&self) -> GivenAway {
        let mut free = GivenAway::default();
        for (subscription, timeline) in &self.0 {
            for (unit, from, until) in timeline.given_away() {
                free.subscriptions.push(*subscription);
                free.starts.push(Hour::first_stamped_from(from));
                free.ends
                    .push(until.map_or(DateTime::<Utc>::MAX_UTC, Hour::first_stamped_from));
                free.units.push(unit);
            }
        }
        free
    }
}
