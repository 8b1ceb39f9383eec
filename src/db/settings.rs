//! Single values that all replicas share.

use sqlx::PgPool;

/// The value of `name`, which becomes `fresh` if it had none.
///
/// # Errors
/// When the database fails.
pub async fn shared_secret(pool: &PgPool, name: &str, fresh: &str) -> sqlx::Result<String> {
    sqlx::query_scalar(
        "insert into setting (name, value) values ($1, $2)
         on conflict (name) do update set value = setting.value
         returning value",
    )
    .bind(name)
    .bind(fresh)
    .fetch_one(pool)
    .await
}
