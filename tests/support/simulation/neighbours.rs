//! Somebody in trouble, and the judgement that nobody else's money waited for him: a gateway turns away everything about one
//! customer, and after some quiet passes all that can go of the others has gone.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use nodeconductor_billing::domain::due::Rhythm;
use nodeconductor_billing::domain::job::Job;
use uuid::Uuid;

use super::world::World;

/// Passes, and the time between two: enough for what was in doubt before.
const PASSES: usize = 4;
const BETWEEN: TimeDelta = TimeDelta::minutes(35);

impl World<'_> {
    pub async fn a_neighbour_is_turned_away(&mut self) {
        if self.away || self.customers.len() < 2 || self.plan.mistake.is_some() {
            return;
        }
        let customer = *self.dice.one_of(&self.customers);
        let ids = self.ids_of(customer).await;
        self.story.tell(format!("   … all of {customer} is turned away"));
        self.trouble.pause(true);
        self.trouble.turn_away(ids);
        for pass in 0..PASSES {
            self.pass_time(BETWEEN);
            let done = self.pass(pass % 2, Job::Deliver).await;
            self.story.tell(format!("   … {}", Self::story_of(&done)));
        }
        let waiting = self.waiting_of_others(customer).await;
        if waiting > 0 {
            let what = format!("WAITED: {waiting} records of others, while {customer} was turned away");
            self.story.tell(format!("   … {what}"));
            self.waited.push(what);
        }
        self.trouble.turn_away(Vec::new());
        self.trouble.pause(false);
    }

    /// By which its requests are told: the keys of what is to be made, the ids of what is there.
    async fn ids_of(&self, customer: Uuid) -> Vec<String> {
        sqlx::query_scalar(
            "select replace(c.uuid::text, '-', '') from customer c where c.uuid = $1
             union all select c.account_id::text from customer c where c.uuid = $1 and c.account_id is not null
             union all select s.killbill_id::text from subscription s
             join resource r on r.id = s.resource_id join customer c on c.id = r.customer_id where c.uuid = $1",
        )
        .bind(customer)
        .fetch_all(self.ground.pool())
        .await
        .expect("our own database")
    }

    /// Hours of others that nothing holds and that are in no delivery, apart from lanes that wait for a person or for Kill
    /// Bill's books.
    async fn waiting_of_others(&self, customer: Uuid) -> i64 {
        let settled = self.now() - self.plan.settle_after;
        let later = self.now().max(self.ground.model.books().now) - self.plan.settle_after;
        let due_before = match self.plan.window {
            Rhythm::Daily => later.date_naive().and_time(NaiveTime::MIN).and_utc(),
            Rhythm::Hourly => DateTime::<Utc>::MAX_UTC,
        };
        sqlx::query_scalar(
            "select count(*) from usage_record u
             join route o on o.resource_id = u.resource_id and o.meter_id = u.meter_id
             join resource r on r.id = u.resource_id join customer c on c.id = r.customer_id
             where c.uuid <> $1 and u.delivery_id is null and not u.superseded and u.hold is null and o.hold is null
               and o.way = 'usage' and greatest(u.hour + interval '1 hour', u.recorded_at) <= $2
               and (u.hour < $3 or r.terminated_at is not null)
               and not exists (select from subscription s join delivery d on d.subscription_id = s.id
                               where s.resource_id = r.id and s.plan = o.plan and d.state in ('refused', 'unknown'))",
        )
        .bind(customer)
        .bind(settled)
        .bind(due_before)
        .fetch_one(self.ground.pool())
        .await
        .expect("our own database")
    }
}
