//! The end of the bad weather: nothing fails any more, time passes, people do what they are asked to do, and everything that
//! can be told to Kill Bill is told.

use chrono::{DateTime, Months, TimeDelta, Utc};
use nodeconductor_billing::domain::job::Job;

use super::deeds::Done;
use super::world::World;

/// Passes until everything must be quiet.
const ROUNDS: usize = 30;

impl World<'_> {
    pub async fn heal(&mut self) -> Result<(), String> {
        self.story.tell("  — the weather is good from here on");
        self.trouble.end();
        self.plan.deaths = 0;
        if self.away {
            self.away_or_back().await;
        }
        self.ground.model.arrive_all();
        self.same_time();
        self.send_unanswered().await;
        for number in 0..self.resources.len() {
            if !self.resources[number].registered && self.dice.chance(80) {
                self.register(number, "web-last").await;
            }
        }
        // A delivery that came after the run which should have billed it looks as if that run were late: what it would close
        // waits for the next one.
        self.until_quiet(&[""]).await?;
        for _ in 0..2 {
            self.next_month();
            self.job_must_succeed(Job::SyncInvoices).await?;
            self.until_quiet(&["", "invoice-due"]).await?;
        }
        self.next_month();
        self.job_must_succeed(Job::SyncInvoices).await?;
        self.job_must_succeed(Job::Reconcile).await
    }

    /// The clock that is behind is set right.
    fn same_time(&self) {
        let theirs = self.ground.model.books().now;
        let latest = theirs.max(self.now());
        self.ground.model.pass_time(latest - theirs);
        self.set_clock(latest);
    }

    /// Four hours into the next month.
    fn next_month(&self) {
        let now = self.now();
        let first = now.date_naive().format("%Y-%m-01T04:00:00Z").to_string();
        let first: DateTime<Utc> = first.parse().expect("an instant");
        self.pass_time(first + Months::new(1) - now);
    }

    async fn job_must_succeed(&mut self, job: Job) -> Result<(), String> {
        match self.pass(0, job).await {
            Done::Pass(None) => Ok(()),
            other => Err(format!("{job} in good weather: {other:?}")),
        }
    }

    /// `momentary` = holds that must be gone by then, the empty one among them: what nothing holds.
    async fn until_quiet(&mut self, momentary: &[&str]) -> Result<(), String> {
        self.job_must_succeed(Job::SyncPrices).await?;
        let mut last = None;
        for round in 0..ROUNDS {
            self.pass_time(TimeDelta::minutes(if round % 3 == 1 { 400 } else { 20 }));
            last = match self.pass(round % 2, Job::Deliver).await {
                Done::Pass(error) => error,
                other => return Err(format!("a pass in good weather: {other:?}")),
            };
            self.retry_refused().await;
            if round >= 2 && last.is_none() && self.open(momentary).await == 0 {
                return Ok(());
            }
        }
        let (open, told) = (self.open(momentary).await, self.told().await);
        Err(format!(
            "NOT QUIET after {ROUNDS} passes in good weather; {open} things are open; {last:?}: {told:?}"
        ))
    }

    /// What resources, deliveries, settlements and what stands in the way say about their troubles, and what waits.
    async fn told(&self) -> Vec<String> {
        sqlx::query_scalar(
            "select last_error from resource where last_error is not null
             union all select state || ': ' || coalesce(detail, '') from delivery where state not in ('verified', 'delivered')
             union all select state || ': ' || coalesce(detail, '') from settlement where state <> 'posted'
             union all select o::text from obstacle o
             union all select u.hour || ' of meter ' || u.meter_id || ' revision ' || u.revision || ' waits: ' || coalesce(u.hold, o.hold, '')
             from usage_record u left join route o using (resource_id, meter_id)
             where u.delivery_id is null and u.settlement_line_id is null and not u.superseded",
        )
        .fetch_all(self.ground.pool())
        .await
        .expect("our own database")
    }

    /// Deliveries under way, and rows that wait without a reason or for a moment.
    async fn open(&self, momentary: &[&str]) -> i64 {
        sqlx::query_scalar(
            "select (select count(*) from delivery where state not in ('verified', 'delivered', 'withdrawn'))
                  + (select count(*) from obstacle)
                  + (select count(*) from usage_record u left join route o using (resource_id, meter_id)
                     where u.delivery_id is null and u.settlement_line_id is null and not u.superseded
                       and coalesce(u.hold, o.hold, '') = any($1))",
        )
        .bind(momentary)
        .fetch_one(self.ground.pool())
        .await
        .expect("our own database")
    }
}
