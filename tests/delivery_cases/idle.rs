//! Subscriptions for which nothing is sent any more: Kill Bill may say something else of them all the same.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use nodeconductor_billing::db::subscriptions;
use nodeconductor_billing::domain::timeline::What;
use rust_decimal::dec;
use serde_json::json;
use uuid::Uuid;

use super::world::{PLAN, World, price_list};
use crate::support::killbill_server::{OwnServer, block};

/// Of the resource's subscription, the instants at which Kill Bill is known to block or to bill again.
async fn known_blocks(world: &World, resource: Uuid) -> usize {
    let id = sqlx::query_scalar("select id from resource where uuid = $1").bind(resource);
    let id = id.fetch_one(world.pool()).await.unwrap();
    let known = subscriptions::of_resource(world.pool(), id).await.unwrap().remove(0);
    let events = known.subscribed.unwrap().0.events;
    // Kill Bill tells of its beginning in the same words.
    let later = events.iter().filter(|event| event.at > known.billing_start);
    let blocks = later.filter(|event| matches!(event.what, What::Block { .. }));
    blocks.map(|event| event.at).collect::<BTreeSet<_>>().len()
}

#[tokio::test]
async fn a_pause_of_what_nothing_is_sent_for_is_known_at_kill_bill_s_word_and_without_it_a_day_later() {
    let server = tokio::task::spawn_blocking(|| OwnServer::start("")).await.unwrap();
    let world = World::in_january(&server, price_list()).await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(80))]).await;
    world.pass().await;
    let subscription = world.subscription(resource, PLAN).await;
    let bundle = ("bundles", subscription.bundle_id);
    block(&world.connection, bundle, true, "2027-01-10T00:00:00Z").await;
    world.pass().await;
    assert_eq!(known_blocks(&world, resource).await, 0, "nothing tells of it");

    let event = json!({"eventType": "BLOCKING_STATE", "objectType": "BLOCKING_STATES", "accountId": subscription.account_id,
        "objectId": subscription.bundle_id});
    let told = world
        .service
        .call("POST", "", "/killbill/notifications/s3cret", event)
        .await;
    assert_eq!(told.status, 200);
    world.pass().await;
    assert_eq!(known_blocks(&world, resource).await, 1);

    block(&world.connection, bundle, false, "2027-01-12T00:00:00Z").await;
    world.later(TimeDelta::hours(29));
    world.pass().await;
    assert_eq!(known_blocks(&world, resource).await, 1, "read not long ago");
    world.later(TimeDelta::hours(2));
    world.pass().await;
    assert_eq!(known_blocks(&world, resource).await, 2);
    assert_eq!(
        world.pass().await.resources,
        0,
        "it was read, and that is that for a day"
    );
}
