//! What only somebody at Kill Bill can mend: the settlements wait, say why, and go on by themselves.

use nodeconductor_billing::domain::month::Month;
use nodeconductor_billing::killbill::subscriptions::NewSubscription;
use nodeconductor_billing::killbill::usages::{Recorded, UnitUsage, UsagePost};
use nodeconductor_billing::sync::accounts::{explain_parked, sync_accounts};
use nodeconductor_billing::sync::watch::watch_accounts;
use rust_decimal::{Decimal, dec};
use serde_json::Value;
use uuid::Uuid;

use super::world::Settling;
use crate::delivery_cases::world::{PLAN, WAIT_OUT};

/// A machine that somebody else orders for the account.
struct Foreign<'a> {
    settling: &'a Settling,
    machine: Uuid,
}

impl<'a> Foreign<'a> {
    /// Since the first of last month, so that Kill Bill makes its invoice at once.
    async fn ordered(settling: &'a Settling) -> Self {
        let key = Uuid::new_v4().to_string();
        let new = NewSubscription {
            account: settling.account().await,
            external_key: key.clone(),
            bundle_external_key: key,
            plan: PLAN.to_owned(),
            billing_start: Month::containing(settling.world.hour(-1)).start(),
        };
        let kb = &settling.world.kb;
        let machine = kb.subscriptions().create(&new).await.unwrap();
        kb.clock().wait_for_queues().await.unwrap();
        Self { settling, machine }
    }

    async fn uses(&self, amount: Decimal) {
        let post = UsagePost {
            subscription: self.machine,
            tracking_id: Uuid::new_v4().to_string(),
            units: vec![UnitUsage {
                unit: "cpu".to_owned(),
                records: vec![(self.settling.world.hour(-30), amount)],
            }],
        };
        let recorded = self.settling.world.kb.usages().record(&post).await;
        assert_eq!(recorded, Ok(Recorded::Written));
    }

    async fn is_billed(&self) {
        let (kb, account) = (&self.settling.world.kb, self.settling.account().await);
        let today = kb.clock().now().await.unwrap().date_naive();
        kb.invoices().trigger(account, today).await.unwrap();
    }
}

impl Settling {
    /// Reads which accounts are parked, as the service does from time to time.
    async fn look_at_accounts(&self) {
        let (world, clock) = (&self.world, &self.world.service.state.clock);
        sync_accounts(world.pool(), &world.kb, clock).await.unwrap();
        explain_parked(world.pool(), &world.kb, clock).await.unwrap();
        watch_accounts(world.pool(), clock, "USD").await.unwrap();
    }
}

#[tokio::test]
async fn what_is_settled_with_a_parked_account_waits_is_explained_and_goes_on_when_it_is_free() {
    let settling = Settling::new().await;
    let resource = settling.used(&[("support", -30, dec!(2))]).await;
    settling.settle().await;
    let foreign = Foreign::ordered(&settling).await;
    foreign.uses(dec!(100)).await;
    foreign.is_billed().await;
    foreign.uses(dec!(-50)).await;
    Foreign::ordered(&settling).await;

    settling.world.correct(resource, &[("support", -30, dec!(1))]).await;
    settling.world.push(resource, &[("backup", -29, dec!(1))]).await;
    let sent = settling.proxy.posts().len();
    for _ in 0..2 {
        settling.world.later(WAIT_OUT);
        assert_eq!(settling.settle().await.failures, 1);
    }
    settling.look_at_accounts().await;
    assert_eq!((settling.proxy.posts().len(), settling.drafts().await), (sent, 0));
    assert_eq!(settling.moved().await, [dec!(0.2)]);
    let path = format!("/api/customers/{}/", settling.world.customer);
    let customer = settling.json(&path).await;
    assert_eq!(customer["invoicing"], "parked");
    let error = customer["settling_error"].as_str().unwrap();
    assert!(
        error.contains("parked") && error.contains("/api/discrepancies/"),
        "{error}"
    );
    let told = settling.json("/api/discrepancies/?kind=account-parked").await;
    assert!(told[0]["detail"].as_str().unwrap().contains("Reason: "), "{told}");
    assert!(
        told[0]["next_step"].as_str().unwrap().contains("POST /invoices"),
        "{told}"
    );

    foreign.uses(dec!(50)).await;
    foreign.is_billed().await;
    settling.look_at_accounts().await;
    assert_eq!(
        settling.settle().await.posted,
        2,
        "at once, however long it had to rest"
    );
    assert_eq!(settling.moved().await, [dec!(0.2), dec!(0.07), dec!(-0.1)]);
    let customer = settling.json(&path).await;
    assert_eq!(
        (&customer["invoicing"], &customer["settling_error"]),
        (&Value::from("on"), &Value::Null)
    );
    settling.assert_not_parked().await;
}

#[tokio::test]
async fn an_amount_that_kill_bill_s_column_does_not_hold_says_so_and_is_tried_again() {
    let settling = Settling::new().await;
    settling.used(&[("support", -30, dec!(10_000_000))]).await;
    for sent in 1..3 {
        settling.settle().await;
        assert_eq!(settling.settlements().await, ["charge unknown"]);
        assert_eq!(settling.proxy.posts().len(), sent);
        let told = settling.json("/api/settlements/").await;
        let detail = told[0]["detail"].as_str().unwrap();
        assert!(
            detail.contains("1000000 USD") && detail.contains("`invoice_items` wider"),
            "{detail}"
        );
        settling.world.later(WAIT_OUT);
    }
    assert_eq!(settling.moved().await, Vec::<Decimal>::new());
}
