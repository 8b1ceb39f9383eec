//! Prints the price list, the invoice, the evidence and the reconciliation, and says what does not add up.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::api::{Api, decimal, text};
use crate::scene::Resource;

/// What was pushed: records and their sum by resource and meter.
pub type Pushed = BTreeMap<(Uuid, String), (u64, Decimal)>;

/// Name, hourly and monthly price of everything on sale.
pub fn price_list(items: &[Value]) -> anyhow::Result<()> {
    println!(
        "\nPrice list\n  {:<14} {:>12} {:>12}  {:<22} description",
        "name", "per hour", "per month", "rule"
    );
    for item in items {
        let name = if text(item, "name").is_empty() {
            text(item, "key")
        } else {
            text(item, "name")
        };
        let hourly = decimal(item, "value")?.normalize();
        let monthly = decimal(item, "monthly_rate")
            .map(|rate| rate.normalize().to_string())
            .unwrap_or_default();
        println!(
            "  {name:<14} {hourly:>12} {monthly:>12}  {:<22} {}",
            text(item, "rule"),
            text(item, "description")
        );
    }
    anyhow::ensure!(!items.is_empty(), "the price list is empty");
    Ok(())
}

/// Prints one invoice with everything behind it. Answers what does not add up, one line each.
pub async fn invoice(api: &Api, invoice: &str, pushed: &Pushed, resources: &[Resource]) -> anyhow::Result<Vec<String>> {
    let path = format!("/api/invoices/{invoice}/");
    let head = api.get(&path).await?;
    let lines: Vec<Value> = serde_json::from_value(api.get(&format!("{path}items/")).await?)?;
    println!(
        "\nInvoice {} of {} for {}",
        text(&head, "uuid"),
        text(&head, "date"),
        text(&head, "customer_name")
    );
    println!(
        "  {:>6} {:>12} {:<8} {:>12}  {:>10}  meter, resource",
        "hours", "quantity", "", "× price", "= amount"
    );
    let (mut open, mut problems, mut total) = (pushed.clone(), Vec::new(), Decimal::ZERO);
    for line in &lines {
        total += decimal(line, "amount")?;
        let summary = api
            .get(&format!("{path}items/{}/evidence/?summary=true", text(line, "uuid")))
            .await?;
        print_line(line, &summary, resources)?;
        problems.extend(judge(line, &summary, &mut open)?);
    }
    let amount = decimal(&head, "amount")?;
    println!(
        "  {:>6} {:>12} {:<8} {:>12}  {amount:>10}  total, {}",
        "",
        "",
        "",
        "",
        text(&lines[0], "currency")
    );
    first_records(api, &path, &lines[0]).await?;
    if total != amount {
        problems.push(format!("the lines sum to {total}, the invoice says {amount}"));
    }
    problems.extend(
        open.iter()
            .map(|((resource, meter), (_, sum))| format!("{sum} of {meter} of {resource} stand on no line")),
    );
    problems.extend(reconciliation(api, &path).await?);
    Ok(problems)
}

fn print_line(line: &Value, summary: &Value, resources: &[Resource]) -> anyhow::Result<()> {
    let owner = resource(line);
    let name = resources
        .iter()
        .find(|r| Some(r.uuid) == owner)
        .map_or_else(|| text(line, "resource"), |r| r.name);
    let (quantity, rate) = (
        decimal(line, "quantity")?.normalize(),
        decimal(line, "rate")?.normalize(),
    );
    let label = if text(line, "meter").is_empty() {
        text(line, "name")
    } else {
        text(line, "meter")
    };
    println!(
        "  {:>6} {quantity:>12} {:<8} {rate:>12}  {:>10.2}  {label}, {name}",
        summary["records"].to_string(),
        text(line, "unit"),
        decimal(line, "amount")?,
    );
    Ok(())
}

fn resource(line: &Value) -> Option<Uuid> {
    text(line, "resource_uuid").parse().ok()
}

/// The line against its evidence, and its evidence against what this program pushed.
fn judge(line: &Value, summary: &Value, open: &mut Pushed) -> anyhow::Result<Vec<String>> {
    let mut problems = Vec::new();
    let label = format!("{} of {}", text(line, "meter"), text(line, "resource_uuid"));
    let difference = decimal(summary, "difference")?;
    if !difference.is_zero() {
        problems.push(format!(
            "{label}: {difference} are not explained: {}",
            summary["explained_by"]
        ));
    }
    let evidence = (summary["records"].as_u64().unwrap_or(0), decimal(summary, "quantity")?);
    let pushed = resource(line).and_then(|uuid| open.remove(&(uuid, text(line, "meter").to_owned())));
    if pushed != Some(evidence) {
        problems.push(format!(
            "{label}: evidence is {evidence:?} (records, quantity), pushed was {pushed:?}"
        ));
    }
    let (quantity, rate, amount) = (
        decimal(line, "quantity")?,
        decimal(line, "rate")?,
        decimal(line, "amount")?,
    );
    if (quantity * rate - amount).abs() > Decimal::new(5, 3) {
        problems.push(format!("{label}: {quantity} × {rate} is not {amount} to the cent"));
    }
    Ok(problems)
}

async fn first_records(api: &Api, path: &str, line: &Value) -> anyhow::Result<()> {
    println!("\nEvidence of the first line begins with");
    let records = api
        .get(&format!("{path}items/{}/evidence/?page_size=3", text(line, "uuid")))
        .await?;
    for record in records.as_array().into_iter().flatten() {
        println!(
            "  {} {} {}",
            text(record, "hour"),
            text(record, "meter"),
            decimal(record, "quantity")?.normalize()
        );
    }
    Ok(())
}

async fn reconciliation(api: &Api, path: &str) -> anyhow::Result<Vec<String>> {
    let answer = api.get(&format!("{path}reconciliation/")).await?;
    println!("\nReconciliation: {}", text(&answer, "status"));
    let differences = answer["differences"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|difference| {
            format!(
                "{} {}: {}",
                text(difference, "kind"),
                difference["amount"],
                text(difference, "detail")
            )
        });
    let mut problems: Vec<String> = differences.collect();
    for problem in &problems {
        println!("  {problem}");
    }
    if text(&answer, "status") == "balanced" {
        problems.clear(); // balanced with an explained rounding is balanced
    } else {
        problems.push(format!("the reconciliation is {}", text(&answer, "status")));
    }
    Ok(problems)
}
