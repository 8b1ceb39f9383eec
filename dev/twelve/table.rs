//! The figures of the year as a table.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::audit::{Audit, Row};

/// One row for each month of usage, whichever invoices charge for it, and the sum.
pub fn print(
    audit: &Audit,
    tally: &BTreeMap<&'static str, usize>,
    deliveries: &BTreeMap<NaiveDate, usize>,
    time: Duration,
) {
    println!(
        "\n| month | records | deliveries | lines | metered × price | begun blocks | cents | too small for a line | charges, credits | invoiced | unexplained |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    let (mut sum, mut sent) = (Row::default(), 0);
    for (month, row) in &audit.rows {
        let made = deliveries.get(month).copied().unwrap_or_default();
        print_row(&month.format("%Y-%m").to_string(), row, made);
        sent += made;
        sum.records += row.records;
        sum.lines += row.lines;
        sum.value += row.value;
        sum.blocks += row.blocks;
        sum.cents += row.cents;
        sum.too_small += row.too_small;
        sum.settled += row.settled;
        sum.invoiced += row.invoiced;
    }
    print_row("all", &sum, sent);
    let told: Vec<String> = tally.iter().map(|(what, count)| format!("{count} {what}")).collect();
    println!("\nWhat happened: {}.", told.join("; "));
    println!(
        "\n{} invoices, {} lines, {} records in {} minutes: {}",
        audit.invoices,
        sum.lines,
        sum.records,
        time.as_secs().div_ceil(60),
        if audit.unexplained.is_empty() {
            "nothing is unexplained"
        } else {
            "NOT everything is explained"
        }
    );
}

fn print_row(name: &str, row: &Row, deliveries: usize) {
    let shown = |amount: Decimal, digits| format!("{amount:.digits$}");
    println!(
        "| {name} | {} | {deliveries} | {} | {} | {} | {} | {} | {} | {} | {} |",
        row.records,
        row.lines,
        shown(row.value, 9),
        shown(row.blocks, 9),
        shown(row.cents, 9),
        shown(row.too_small, 9),
        shown(row.settled, 2),
        shown(row.invoiced, 2),
        shown(row.unexplained(), 2)
    );
}
