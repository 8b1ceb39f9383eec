//! What the ledger says of deliveries at a moment: what is committed, seen from outside.

use sqlx::PgPool;
use uuid::Uuid;

/// A delivery of a subscription.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Delivery {
    pub name: String,
    pub state: String,
    /// How often it was written down that it is being sent.
    pub attempts: i64,
    /// How often it was written down what came of that.
    pub outcomes: i64,
}

impl Delivery {
    pub fn is_done(&self) -> bool {
        matches!(self.state.as_str(), "delivered" | "verified" | "withdrawn")
    }
}

/// Withdrawn ones last: their records may travel again under the same name.
pub async fn deliveries(pool: &PgPool, subscription: Uuid) -> Vec<Delivery> {
    sqlx::query_as(
        "select split_part(d.tracking_id, ':withdrawn:', 1) as name, d.state, d.attempts::bigint as attempts,
                (select count(*) from delivery_attempt a where a.delivery_id = d.id and a.kind = 'send') as outcomes
         from delivery d join subscription s on s.id = d.subscription_id
         where s.killbill_id = $1 order by d.state = 'withdrawn', d.id",
    )
    .bind(subscription)
    .fetch_all(pool)
    .await
    .expect("our own database")
}

/// What counts as delivered and was sent from here: subscription and name.
pub async fn counted(pool: &PgPool) -> Vec<(Uuid, String)> {
    sqlx::query_as(
        "select s.killbill_id, d.tracking_id from delivery d join subscription s on s.id = d.subscription_id
         where d.state in ('delivered', 'verified') and d.recovered_at is null
         order by d.id",
    )
    .fetch_all(pool)
    .await
    .expect("our own database")
}
