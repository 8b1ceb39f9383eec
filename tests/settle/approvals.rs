//! An operator may want to be asked before corrections and late hours become money, class by class.

use nodeconductor_billing::domain::settlement::{Class, Classes};
use rust_decimal::dec;
use serde_json::{Value, json};

use super::world::Settling;

impl Settling {
    pub fn asking(mut self, classes: &[Class]) -> Self {
        let classes: Classes = classes.iter().copied().collect();
        self.settler.asks = classes;
        self.world.worker.asks = classes;
        self
    }

    pub async fn groups(&self, filter: &str) -> Vec<Value> {
        let service = &self.world.service;
        let answer = service
            .get(&service.support, &format!("/api/corrections/{filter}"))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.shown());
        answer.json().as_array().unwrap().clone()
    }

    pub async fn decide(&self, group: &Value, what: &str, body: Value) -> u16 {
        let path = format!("/api/corrections/{}/{what}/", group["uuid"].as_str().unwrap());
        self.world.post(&path, body).await.status.as_u16()
    }
}

#[tokio::test]
async fn a_month_waits_for_consent_and_what_comes_later_waits_for_its_own() {
    let settling = Settling::new()
        .await
        .asking(&[Class::MonthlyCharge, Class::MonthlyDifference]);
    let resource = settling
        .used(&[("support", -30, dec!(2)), ("support", -29, dec!(1))])
        .await;
    assert_eq!(settling.settle().await.fixed, 0);
    assert_eq!(
        settling.world.states(resource).await,
        ["awaiting-approval", "awaiting-approval"]
    );
    let groups = settling.groups("?state=waiting").await;
    assert_eq!(groups.len(), 1);
    let group = &groups[0];
    assert_eq!(
        (
            &group["class"],
            &group["record_count"],
            &group["quantity"],
            &group["estimate"]
        ),
        (&json!("monthly-charge"), &json!(2), &json!("3"), &json!("0.30"))
    );
    let service = &settling.world.service;
    let path = format!("/api/corrections/{}/approve/", group["uuid"].as_str().unwrap());
    assert_eq!(
        service.call("POST", &service.support, &path, "").await.status,
        403,
        "staff decides"
    );

    assert_eq!(settling.decide(group, "approve", json!({})).await, 200);
    settling.settle().await;
    assert_eq!(settling.moved().await, [dec!(0.3)]);
    settling.world.push(resource, &[("support", -28, dec!(1))]).await;
    settling.settle().await;
    let groups = settling.groups("?class=monthly-difference").await;
    assert_eq!(
        settling.decide(&groups[0], "decline", json!({"reason": " "})).await,
        400
    );
    assert_eq!(
        settling
            .decide(&groups[0], "decline", json!({"reason": "a gift"}))
            .await,
        200
    );
    assert_eq!(settling.decide(&groups[0], "approve", json!({})).await, 409);
    settling.settle().await;
    assert_eq!(settling.moved().await, [dec!(0.3)]);
    assert_eq!(settling.world.states(resource).await[2], "declined");
    let waived = settling
        .world
        .texts("select detail from discrepancy where kind = 'waived'")
        .await;
    assert!(waived[0].ends_with("declined: a gift"), "{waived:?}");
    assert_eq!(settling.groups("?state=waiting").await.len(), 0);
}

#[tokio::test]
async fn a_difference_in_the_open_month_waits_and_goes_as_usage_once_approved() {
    let settling = Settling::new().await.asking(&[Class::OpenDifference]);
    let resource = settling.used(&[("cpu", 0, dec!(4)), ("cpu", 1, dec!(4))]).await;
    settling.world.pass().await;
    assert_eq!(
        settling.world.states(resource).await,
        ["verified", "verified"],
        "first hours ask nobody"
    );
    settling.world.correct(resource, &[("cpu", 0, dec!(3))]).await;
    settling.world.pass().await;
    settling.settle().await;
    assert_eq!(settling.world.states(resource).await, ["awaiting-approval", "verified"]);
    let groups = settling.groups("").await;
    assert_eq!(
        (&groups[0]["class"], &groups[0]["quantity"]),
        (&json!("open-difference"), &json!("-1"))
    );
    // Corrected again while it waits: the group is about the newest revision.
    settling.world.correct(resource, &[("cpu", 0, dec!(2))]).await;
    settling.world.pass().await;
    settling.settle().await;
    assert_eq!(settling.groups("?state=waiting").await[0]["quantity"], "-2");
    assert_eq!(settling.decide(&groups[0], "approve", json!({})).await, 200);
    settling.world.pass().await;
    assert_eq!(settling.world.states(resource).await, ["verified", "verified"]);
    settling.world.assert_balanced(resource).await;
}
