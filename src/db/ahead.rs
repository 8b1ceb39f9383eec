//! What a migration needs on a large ledger, made before it runs and without stopping pushes: `create index` on a partitioned
//! table shuts all of it until the last partition is done, but takes over what each partition has already.

use sqlx::{AssertSqlSafe, PgPool};

/// Indexes of the ledger that a migration creates: the name there, and the definition.
const INDEXES: [(&str, &str); 4] = [
    ("usage_record_hour_idx", "(hour)"),
    ("usage_record_distant_idx", "(hour) where hold in ('ahead', 'too-old')"),
    ("usage_record_superseded_idx", "(hour) where superseded"),
    (
        "usage_record_settled_idx",
        "(hour) where settlement_line_id is not null",
    ),
];

/// Builds for each partition of the ledger what the migrations that are missing will ask for.
///
/// # Errors
/// When the database fails.
pub async fn indexes(pool: &PgPool) -> sqlx::Result<()> {
    for (name, definition) in INDEXES {
        let wanted: bool =
            sqlx::query_scalar("select to_regclass('usage_record') is not null and to_regclass($1) is null")
                .bind(name)
                .fetch_one(pool)
                .await?;
        if !wanted {
            continue;
        }
        let partitions: Vec<String> = sqlx::query_scalar(
            "select inhrelid::regclass::text from pg_inherits where inhparent = 'usage_record'::regclass",
        )
        .fetch_all(pool)
        .await?;
        for partition in partitions {
            let own = name.replace("usage_record", &partition);
            let build = format!("create index concurrently if not exists {own} on {partition} {definition}");
            tracing::info!(index = own, "building an index before the migrations");
            sqlx::query(AssertSqlSafe(build)).execute(pool).await?;
        }
    }
    Ok(())
}
