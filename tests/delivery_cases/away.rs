//! Kill Bill away: nothing is lost, nothing is in doubt, and the next pass delivers.

use chrono::TimeDelta;
use nodeconductor_billing::delivery::{Delivery, DeliveryError};
use nodeconductor_billing::killbill;
use rust_decimal::dec;
use tokio::net::TcpSocket;
use url::Url;

use super::world::World;
use crate::support::faulty_proxy::Fault;

/// An address that refuses connections as long as the socket is kept: it is bound and does not listen.
fn closed_port() -> (TcpSocket, Url) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/1.0/kb/", socket.local_addr().unwrap());
    (socket, url.parse().unwrap())
}

const STRANGER: &str = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// A pass of a worker whose Kill Bill is not there.
async fn fails(nobody: &Delivery) {
    let error = nobody.pass(&|_, _| ()).await.unwrap_err();
    assert!(
        matches!(error, DeliveryError::KillBill(killbill::Error::Unreachable(_))),
        "{error}"
    );
}

#[tokio::test]
async fn what_was_pushed_while_kill_bill_was_away_goes_out_when_it_is_back() {
    let world = World::new().await;
    let resource = world.resource().await;
    let (_kept, closed) = closed_port();
    let nobody = world.worker_on(&closed);
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    fails(&nobody).await;
    assert!(world.last_error(resource).await.contains("cannot be reached"));
    assert_eq!(world.states(resource).await, ["pending"]);

    world.later(TimeDelta::seconds(5));
    assert_eq!(world.pass().await.verified, 1, "its subscription is made now");
    world.push(resource, &[("cpu", 1, dec!(4)), ("cpu", 2, dec!(4))]).await;
    fails(&nobody).await;
    world.later(TimeDelta::seconds(5));
    world.push(resource, &[("cpu", 3, dec!(4))]).await;
    world.pass().await;
    assert!(world.deliveries().await.iter().all(|state| state == "verified"));
    assert!(
        !world.history().await.iter().any(|line| line.contains("unknown")),
        "nothing was in doubt"
    );
    world.assert_balanced(resource).await;
    assert_eq!(world.last_error(resource).await, "");
}

#[tokio::test]
async fn a_delivery_that_found_the_line_dead_keeps_its_name() {
    let world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.pass().await;
    world.push(resource, &[("cpu", 1, dec!(2))]).await;
    // Fixed, and then the worker was stopped before the first byte.
    let lane = nodeconductor_billing::db::subscriptions::of_resource(world.pool(), 1)
        .await
        .unwrap()
        .remove(0);
    let selection = nodeconductor_billing::db::outbox::Selection {
        resource_id: 1,
        subscription_id: lane.id,
        plan: &lane.plan,
        settle_after: std::time::Duration::ZERO,
        now: world.service.state.clock.now(),
        due_before: chrono::DateTime::<chrono::Utc>::MAX_UTC,
        asks: nodeconductor_billing::domain::settlement::Classes::default(),
    };
    let timelines = nodeconductor_billing::db::timelines::Timelines::load(world.pool(), "USD").await;
    let rules = nodeconductor_billing::domain::preflight::Lane {
        timeline: timelines.unwrap().of(&lane.kept(None)),
        charged_through: None,
        account_through: None,
        arrives_by: chrono::DateTime::UNIX_EPOCH,
        run_is_late: false,
        carried: std::collections::BTreeMap::new(),
    };
    let next = nodeconductor_billing::db::outbox::prepare(world.pool(), selection, world.hour(1), rules).await;
    assert!(matches!(next, Ok(nodeconductor_billing::db::outbox::Next::Ready(_))));
    assert_eq!(world.states(resource).await, ["verified", "sending"]);
    let name = world
        .texts("select tracking_id from delivery where state = 'prepared'")
        .await;
    let (_kept, closed) = closed_port();
    fails(&world.worker_on(&closed)).await;
    // And once the line is there, a proxy that knows neither us nor Kill Bill.
    world.proxy.inject([Fault::Answer(STRANGER)]);
    world.try_pass().await.unwrap_err();
    assert_eq!(world.deliveries().await, ["verified", "prepared"]);
    assert_eq!(world.history().await[1], "send prepared", "certainly not taken");
    world.later(TimeDelta::seconds(5));
    world.correct(resource, &[("cpu", 1, dec!(3))]).await;
    world.pass().await;
    assert_eq!(world.deliveries().await, ["verified"; 3]);
    assert!(world.proxy.posts()[2].contains(&name[0]) && world.proxy.posts()[2].contains(r#""amount":2"#));
    assert!(
        world.proxy.posts()[3].contains(r#""amount":1"#),
        "the correction is the difference to it"
    );
    world.assert_balanced(resource).await;
}
