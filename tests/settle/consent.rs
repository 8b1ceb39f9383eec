//! Consent for what comes after a month was invoiced, class by class: of two servers with the same corrections one is
//! approved and the other declined.

use nodeconductor_billing::domain::settlement::Class;
use rust_decimal::{Decimal, dec};
use serde_json::json;
use uuid::Uuid;

use super::corrections::bill;
use super::world::{Settling, prices};
use crate::support::killbill_server::OwnServer;

const ASKED: [Class; 4] = [
    Class::LateUsage,
    Class::CreditAfterInvoice,
    Class::OldCharge,
    Class::OldCredit,
];

struct Pair {
    settling: Settling,
    approved: Uuid,
    declined: Uuid,
}

impl Pair {
    async fn on(server: &OwnServer) -> Self {
        let settling = Settling::with(&server.api_url, &[prices()]).await.asking(&ASKED);
        let hours = [("cpu", 0, dec!(200)), ("cpu", 1, dec!(4)), ("disk", 0, dec!(300))];
        let (approved, declined) = (settling.used(&hours).await, settling.used(&hours).await);
        settling.world.pass().await;
        Self {
            settling,
            approved,
            declined,
        }
    }

    async fn both(&self, correction: bool, hour: (&'static str, i64, Decimal)) {
        for resource in [self.approved, self.declined] {
            if correction {
                self.settling.world.correct(resource, &[hour]).await;
            } else {
                self.settling.world.push(resource, &[hour]).await;
            }
        }
        self.settling.world.pass().await;
    }

    /// Both wait for it, and are decided about.
    async fn decide(&self, class: Class) {
        let settling = &self.settling;
        let before = settling.moved().await;
        assert_eq!(settling.settle().await.fixed, 0, "{class}");
        settling.world.pass().await;
        for resource in [self.approved, self.declined] {
            let states = settling.world.states(resource).await;
            assert!(states.contains(&"awaiting-approval".to_owned()), "{class}: {states:?}");
        }
        let groups = settling.groups(&format!("?state=waiting&class={class}")).await;
        assert_eq!(groups.len(), 2, "{class}: {groups:?}");
        for group in &groups {
            let (what, body) = if group["resource_uuid"] == self.approved.simple().to_string() {
                ("approve", json!({}))
            } else {
                ("decline", json!({"reason": "a gift"}))
            };
            assert_eq!(settling.decide(group, what, body).await, 200);
        }
        assert_eq!(settling.moved().await, before, "{class}");
    }

    /// The approved money moves once, however often it is looked for.
    async fn moves(&self, class: Class, amount: Decimal) {
        let settling = &self.settling;
        let before = settling.moved().await;
        let report = settling.settle().await;
        assert_eq!((report.fixed, report.posted, report.records), (1, 1, 1), "{class}");
        settling.world.pass().await;
        assert_eq!(settling.settle().await.fixed, 0, "{class}");
        assert_eq!(settling.moved().await, [before, vec![amount]].concat(), "{class}");
    }
}

#[tokio::test]
async fn each_class_waits_and_is_settled_once_when_approved_and_never_when_declined() {
    let server = OwnServer::at("2027-01-10T06:00:00Z", "").await;
    let pair = Pair::on(&server).await;
    let (settling, world) = (&pair.settling, &pair.settling.world);
    bill(settling, pair.approved, "2027-02-01").await;

    pair.both(false, ("cpu", 10, dec!(8))).await;
    pair.decide(Class::LateUsage).await;
    world.pass().await;
    pair.both(true, ("cpu", 0, dec!(100))).await;
    pair.decide(Class::CreditAfterInvoice).await;
    pair.moves(Class::CreditAfterInvoice, dec!(-1.25)).await;
    bill(settling, pair.approved, "2027-03-01").await;
    let late = settling.invoices().await.pop().unwrap();
    let billed: Decimal = late.items.iter().map(|item| item.amount).sum();
    assert_eq!(billed, dec!(0.1), "eight hours of one of the two");

    for month in ["2027-04-01", "2027-05-01"] {
        world.push(pair.approved, &[("cpu", 24 * 62, dec!(1))]).await;
        world.pass().await;
        bill(settling, pair.approved, month).await;
    }
    pair.both(false, ("cpu", 5, dec!(16))).await;
    pair.decide(Class::OldCharge).await;
    pair.moves(Class::OldCharge, dec!(0.2)).await;
    pair.both(true, ("disk", 0, dec!(200))).await;
    pair.decide(Class::OldCredit).await;
    pair.moves(Class::OldCredit, dec!(-0.01)).await;

    let is_settled = |state: &String| state == "verified" || state == "billed";
    assert!(world.states(pair.approved).await.iter().all(is_settled));
    let states = world.states(pair.declined).await;
    assert_eq!(
        states.iter().filter(|state| *state == "declined").count(),
        4,
        "{states:?}"
    );
    let waived = world
        .texts("select detail from discrepancy where kind = 'waived' order by id")
        .await;
    for (detail, class) in waived.iter().zip(ASKED) {
        assert!(
            detail.starts_with(class.word()) && detail.ends_with("declined: a gift"),
            "{waived:?}"
        );
    }
    assert_eq!(waived.len(), 4);
    assert!(settling.mirror().await.iter().all(|verdict| verdict == "balanced"));
    settling.assert_not_parked().await;
}
