//! Charges and credits have the same evidence, reconciliation and documents as usage.

use chrono::TimeDelta;
use rust_decimal::dec;
use serde_json::Value;

use super::world::Settling;
use crate::printed::Printed;

#[tokio::test]
async fn a_charge_and_a_credit_are_explained_to_the_record_and_to_the_cent() {
    let settling = Settling::new().await;
    let resource = settling
        .used(&[
            ("backup", -30, dec!(1)),
            ("backup", -29, dec!(1.5)),
            ("support", -30, dec!(2)),
        ])
        .await;
    settling.settle().await;
    settling.world.correct(resource, &[("backup", -29, dec!(0.5))]).await;
    settling.settle().await;
    assert_eq!(settling.mirror().await, ["balanced", "balanced"]);

    let invoices = settling.json("/api/invoices/?o=created").await;
    let (mut seen, mut printed) = (Vec::new(), Vec::new());
    for invoice in invoices.as_array().unwrap() {
        let uuid = invoice["uuid"].as_str().unwrap();
        let items = settling.json(&format!("/api/invoices/{uuid}/items/")).await;
        for item in items
            .as_array()
            .unwrap()
            .iter()
            .filter(|item| item["meter"] == "backup")
        {
            assert_eq!(item["resource_uuid"], resource.simple().to_string());
            assert_eq!(item["project_uuid"], uuid::Uuid::from_u128(7).simple().to_string());
            assert_eq!(item["unit"], "hours");
            let path = format!(
                "/api/invoices/{uuid}/items/{}/evidence/",
                item["uuid"].as_str().unwrap()
            );
            let records = settling.json(&path).await;
            let deltas: Vec<_> = records
                .as_array()
                .unwrap()
                .iter()
                .map(|record| record["delta"].clone())
                .collect();
            let summary = settling.json(&format!("{path}?summary=true")).await;
            assert_eq!(summary["difference"], "0.00");
            seen.push((
                item["kind"].clone(),
                item["quantity"].clone(),
                deltas,
                summary["amount"].clone(),
                summary["records"].clone(),
            ));
        }
        let verdict = settling.json(&format!("/api/invoices/{uuid}/reconciliation/")).await;
        assert_eq!(verdict["status"], "balanced");
        for document in ["pdf", "usage_pdf"] {
            let service = &settling.world.service;
            let answer = service
                .get(&service.staff, &format!("/api/invoices/{uuid}/{document}/"))
                .await;
            assert_eq!(answer.status, 200, "{document}");
            printed.push(Printed::of(&answer.body));
        }
    }
    // Each of the two invoices, and its usage report.
    let month = (settling.world.month - TimeDelta::hours(1)).format("%B %Y").to_string();
    printed[0].shows(&["BACKUP", &format!("hours of {month}"), "2.5", "0.06805", "0.17", "0.37"]);
    printed[1].shows(&["web-1", "backup", "2.5", "0.17"]);
    printed[2].shows(&["BACKUP", &format!("late or corrected hours of {month}"), "0.07"]);
    printed[2].lacks(&["Credit granted", &format!("Credit for {month}")]);
    printed[3].shows(&["web-1", "backup", "0.07"]);
    seen.sort_by_key(|line| line.0.to_string());
    let line = |kind: &str, quantity: &str, deltas: &[&str], amount: &str, records: i64| {
        let deltas: Vec<Value> = deltas.iter().map(|delta| (*delta).into()).collect();
        (
            Value::from(kind),
            Value::from(quantity),
            deltas,
            Value::from(amount),
            Value::from(records),
        )
    };
    // 2.5 × 49 ÷ 720 = 0.1701…; 1.5 of it are 0.1020…, so 0.07 goes back: the cents of the first line with it.
    assert_eq!(
        seen,
        [
            line("charge", "2.5", &["1", "1.5"], "0.17", 2),
            line("credit", "-1", &["-1"], "-0.07", 1)
        ]
    );
}
