//! The price list from a real Kill Bill into a real PostgreSQL, and the routing of meters by it.

mod support {
    pub mod database;
    pub mod killbill_server;
    pub mod socket;
}

mod price_list {
    mod list;
    mod pairs;
    mod refresh;
    mod store;
    mod sync;

    use std::collections::BTreeMap;

    use chrono::{DateTime, Utc};
    use nodeconductor_billing::db::prices::{self, Stored};
    use nodeconductor_billing::domain::catalog::{self, CatalogVersion};
    use nodeconductor_billing::domain::price::HOURS_IN_MONTH;
    use nodeconductor_billing::domain::route::{Meter, Routing};
    use sqlx::PgPool;
    use uuid::Uuid;

    pub const CLOUD: &str = include_str!("catalogs/cloud.xml");
    pub const NEXT_YEAR: &str = include_str!("catalogs/cloud-next-year.xml");
    pub const MIXED: &str = include_str!("catalogs/mixed.xml");

    pub fn at(instant: &str) -> DateTime<Utc> {
        instant.parse().unwrap()
    }

    /// A catalog version, with texts of it replaced.
    pub fn version(xml: &str, replaced: &[(&str, &str)]) -> CatalogVersion {
        let xml = replaced.iter().fold(xml.to_owned(), |xml, (from, to)| {
            assert!(xml.contains(from), "{from} is not in the sample");
            xml.replace(from, to)
        });
        catalog::parse(&xml, HOURS_IN_MONTH).unwrap().remove(0)
    }

    /// Stores `versions` as a sync in January 2024 would.
    pub async fn store(pool: &PgPool, versions: &[CatalogVersion]) -> Stored {
        store_at(pool, versions, "2024-01-15T00:00:00Z").await
    }

    pub async fn store_at(pool: &PgPool, versions: &[CatalogVersion], killbill_now: &str) -> Stored {
        let mut tx = pool.begin().await.unwrap();
        let stored = prices::store(&mut tx, versions, at("2026-06-01T00:00:00Z"), at(killbill_now))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        stored
    }

    pub fn meter(name: &str, price_name: &str) -> Meter {
        Meter {
            name: name.to_owned(),
            display_name: name.to_uppercase(),
            price_name: price_name.to_owned(),
            unit_label: "hours".to_owned(),
        }
    }

    /// The configuration of these tests: meters `cpu`, `memory` and `licence`, in US dollars.
    pub fn meters() -> Vec<Meter> {
        vec![
            meter("cpu", "cpu"),
            meter("memory", "ram_gb"),
            meter("licence", "license_type"),
        ]
    }

    pub fn routing(versions: &[CatalogVersion]) -> Routing {
        let items = versions.iter().flat_map(|version| version.items.clone()).collect();
        Routing::new(meters(), BTreeMap::new(), "USD", items)
    }

    /// A row of `meter`.
    pub async fn meter_row(pool: &PgPool, name: &str) -> i16 {
        sqlx::query_scalar("insert into meter (name) values ($1) returning id")
            .bind(name)
            .fetch_one(pool)
            .await
            .unwrap()
    }

    /// A row of `resource`: registered when it has a type.
    pub async fn resource_row(pool: &PgPool, resource_type: Option<&str>) -> i64 {
        let id = sqlx::query_scalar(
            "insert into resource (uuid, created_at, updated_at) values ($1, now(), now()) returning id",
        )
        .bind(Uuid::new_v4())
        .fetch_one(pool)
        .await
        .unwrap();
        if let Some(resource_type) = resource_type {
            register(pool, id, resource_type).await;
        }
        id
    }

    /// Gives the resource a customer and a type.
    pub async fn register(pool: &PgPool, resource: i64, resource_type: &str) {
        sqlx::query(
            "with owner as (insert into customer (uuid, name, created_at, updated_at)
                            values ($2, 'Alice', now(), now()) returning id)
             update resource set customer_id = owner.id, type = $3 from owner where resource.id = $1",
        )
        .bind(resource)
        .bind(Uuid::new_v4())
        .bind(resource_type)
        .execute(pool)
        .await
        .unwrap();
    }

    /// A row of `subscription` whose own catalog version prices `units`.
    pub async fn subscription_row(pool: &PgPool, resource: i64, plan: &str, units: &[&str]) {
        sqlx::query(
            "insert into subscription (resource_id, plan, external_key, killbill_id, billing_start, units, created_at)
             values ($1, $2, '', $3, now(), $4, now())",
        )
        .bind(resource)
        .bind(plan)
        .bind(Uuid::new_v4())
        .bind(units)
        .execute(pool)
        .await
        .unwrap();
    }

    /// What a resource's meter says: `plan/unit` or the hold's code.
    pub async fn says(pool: &PgPool, resource: i64, meter: i16) -> String {
        sqlx::query_scalar(
            "select coalesce(hold, plan || '/' || unit) from route where resource_id = $1 and meter_id = $2",
        )
        .bind(resource)
        .bind(meter)
        .fetch_one(pool)
        .await
        .unwrap()
    }
}
