//! A subscription that ends within the first day of a month: the day is a period of its own, and its hours belong to that
//! line, whatever else of the month before is billed with it or after it.

use rust_decimal::dec;

use crate::support::killbill_server::OwnServer;
use crate::world::{CPU, Subscribed, World, at};

/// Found by the simulation (seed 599): both lines of January's end and February's first day laid claim to the day's hours.
#[tokio::test]
async fn the_first_day_of_a_month_is_a_period_of_its_own_when_the_subscription_ends_in_it() {
    let server = OwnServer::start("");
    for mode in ["AGGREGATE", "DETAIL"] {
        println!("mode {mode}");
        let world = World::new(&server, mode).await;
        let machine = world.resource("vm-1", "openstack-instance").await;
        world
            .deliver(&machine, CPU, &[("2026-01-10T10:00:00Z", dec!(80.5))])
            .await;
        world.pass("2026-02-01").await;
        world
            .deliver(&machine, CPU, &[("2026-01-20T00:00:00Z", dec!(20))])
            .await;
        world
            .deliver(&machine, CPU, &[("2026-02-01T04:00:00Z", dec!(8.25))])
            .await;
        end(&world, &machine, "2026-02-01T05:00:00Z").await;
        world
            .deliver(&machine, CPU, &[("2026-01-21T00:00:00Z", dec!(40))])
            .await;
        world.pass("2026-03-01").await;

        let (_, checked) = world.mirror().await;
        let open = world.discrepancies().await;
        assert!(checked.discrepant == 0 && open.is_empty(), "{open:?}");
        let lines = lines(&world).await;
        let expected = [
            ("2026-01-01 to 2026-02-01", dec!(80.5)),
            ("2026-01-01 to 2026-02-01", dec!(20)),
            ("2026-02-01 to 2026-02-01", dec!(8.25)),
            ("2026-01-01 to 2026-02-01", dec!(40)),
        ];
        assert_eq!(
            lines,
            expected.map(|(period, quantity)| (period.to_owned(), Some(quantity)))
        );
    }
}

async fn end(world: &World, machine: &Subscribed, at_instant: &str) {
    world
        .kb
        .subscriptions()
        .cancel(machine.killbill_id, at(at_instant))
        .await
        .unwrap();
    world.kb.clock().wait_for_queues().await.unwrap();
    sqlx::query("update subscription set billing_end = $2 where id = $1")
        .bind(machine.subscription_id)
        .bind(at(at_instant))
        .execute(world.pool())
        .await
        .unwrap();
}

/// Period and metered quantity of every cpu line, invoice by invoice.
async fn lines(world: &World) -> Vec<(String, Option<rust_decimal::Decimal>)> {
    let mut found = Vec::new();
    for invoice in world.invoices().await {
        for (item, line) in world.lines(&invoice, "cpu").await {
            let (start, end) = (item.start_date.unwrap(), item.end_date.unwrap());
            found.push((format!("{start} to {end}"), line.quantity));
        }
    }
    found
}
