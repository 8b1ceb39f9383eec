//! Lists as CSV files over a socket: what was pushed and what was billed, whole, and only for whom it is.

use rust_decimal::dec;
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::World;

async fn write(world: &World, method: &str, path: &str, body: &Value) {
    let token = format!("Token {}", world.service.pusher);
    let headers = [("authorization", &*token), ("content-type", "application/json")];
    let answer = world.send(method, path, &headers, body.to_string()).await;
    assert!((200..300).contains(&answer.status), "{}", answer.shown());
}

/// The file's rows, by the names in its header.
async fn rows(world: &World, token: &str, path: &str, name: &str, columns: &[&str]) -> Vec<String> {
    let file = world.get_as(token, path).await;
    assert_eq!(
        (file.header("content-type"), file.header("content-disposition")),
        (
            "text/csv; charset=utf-8; header=present",
            &*format!("attachment; filename=\"{name}\"")
        )
    );
    let text = file.text();
    let mut rows = text.strip_suffix("\r\n").unwrap().split("\r\n");
    let head: Vec<&str> = rows.next().unwrap().split(',').collect();
    let at = columns
        .iter()
        .map(|column| head.iter().position(|name| name == column).unwrap());
    let at: Vec<usize> = at.collect();
    rows.map(|row| {
        let fields: Vec<&str> = row.split(',').collect();
        at.iter().map(|&n| fields[n]).collect::<Vec<_>>().join(" ")
    })
    .collect()
}

#[tokio::test]
async fn case_usage_is_saved_as_a_file_by_whom_it_belongs_to() {
    let world = World::new().await;
    let machine = Uuid::new_v4().simple().to_string();
    let body = json!({"name": "web-1", "type": "OpenStack.Instance", "customer": world.alice.simple().to_string()});
    write(&world, "PUT", &format!("/api/resources/{machine}/"), &body).await;
    let record = |hour: &str| json!({"resource": machine, "meter": "cpu", "hour": hour, "quantity": "0.125"});
    let body = json!({"records": [record("2026-01-31T23:00:00Z"), record("2026-02-01T00:00:00Z")]});
    write(&world, "POST", "/api/usage-records/", &body).await;
    let (owner, stranger) = (
        world.service.owner(&[world.alice]).await,
        world.service.owner(&[world.bob]).await,
    );
    let saved = async |token: &str| {
        let columns = ["resource_name", "meter", "hour", "quantity"];
        let path = "/api/usage-records/?format=csv";
        rows(&world, token, path, "usage-records-2026-03-01.csv", &columns).await
    };
    let both = [
        "web-1 cpu 2026-01-31T23:00:00Z 0.125",
        "web-1 cpu 2026-02-01T00:00:00Z 0.125",
    ];
    assert_eq!(saved(&owner).await, both);
    assert!(saved(&stranger).await.is_empty());
}

#[tokio::test]
async fn case_invoice_lines_are_saved_as_a_file_by_whom_they_belong_to() {
    let world = World::new().await;
    for (customer, name, amount) in [
        (world.alice, "Consulting", dec!(12.345)),
        (world.bob, "Setup", dec!(-3)),
    ] {
        let invoice = world.invoice(customer, "17", "2026-01-01", amount).await;
        world.change(invoice, "currency = 'OMR'").await;
        world.item(invoice, ("EXTERNAL_CHARGE", "charge"), name, amount).await;
    }
    let (owner, stranger) = (
        world.service.owner(&[world.alice]).await,
        world.service.owner(&[Uuid::new_v4()]).await,
    );
    let saved = async |token: &str| {
        let path = "/api/invoice-items/?format=csv";
        rows(
            &world,
            token,
            path,
            "invoice-items-2026-03-01.csv",
            &["name", "amount", "currency"],
        )
        .await
    };
    assert_eq!(saved(&owner).await, ["Consulting 12.345 OMR"]);
    assert!(saved(&stranger).await.is_empty());
    assert_eq!(saved(&world.service.staff).await.len(), 2);
}
