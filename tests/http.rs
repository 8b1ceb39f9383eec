//! The REST surface, driven in process against a real PostgreSQL.

mod support {
    pub mod database;
}

use support::database::TestDatabase;

#[tokio::test]
async fn a_test_has_the_schema_to_itself() {
    let database = TestDatabase::fresh().await;
    let customers: i64 = sqlx::query_scalar("select count(*) from customer")
        .fetch_one(&database.pool)
        .await
        .unwrap();
    assert_eq!(customers, 0);
}
