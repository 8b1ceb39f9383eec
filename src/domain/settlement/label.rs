//! What a settled line is called on the invoice: resource, meter, how much, at which price, when, and why.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Class;

/// Kill Bill's column holds so many characters.
const LONGEST: usize = 255;

/// What a line's text says.
#[derive(Clone, Copy, Debug)]
pub struct Label<'a> {
    pub resource: &'a str,
    /// The meter's name on documents, and the label of its unit.
    pub meter: &'a str,
    pub unit: &'a str,
    pub class: Class,
    pub month: NaiveDate,
    pub quantity: Decimal,
    pub rate: Option<Decimal>,
    /// Of monthly prices: the price and what it is divided by.
    pub monthly: Option<(Decimal, Decimal)>,
    pub currency: &'a str,
}

/// The line's text. A name that is too long loses its end, never the figures.
#[must_use]
pub fn describe(label: &Label<'_>) -> String {
    let tail = format!(": {}, {}", label.meter, what(label));
    let room = LONGEST.saturating_sub(tail.chars().count());
    let name: String = label.resource.chars().take(room).collect();
    let text = if name.is_empty() {
        tail.trim_start_matches(": ").to_owned()
    } else {
        name + &tail
    };
    text.chars().take(LONGEST).collect()
}

/// Why the line is there.
#[must_use]
pub fn reason(class: Class, month: NaiveDate) -> String {
    let month = month.format("%B %Y");
    match class {
        Class::OpenDifference | Class::LateUsage | Class::OldCharge => format!("late hours of {month}"),
        Class::CreditAfterInvoice | Class::OldCredit => format!("correction of {month} after it was invoiced"),
        Class::MonthlyCharge => format!("hours of {month}"),
        Class::MonthlyDifference => format!("late or corrected hours of {month}"),
    }
}

fn what(label: &Label<'_>) -> String {
    let why = reason(label.class, label.month);
    let quantity = format!("{} {}", label.quantity.normalize(), label.unit);
    let price = match (label.monthly, label.rate) {
        (Some((monthly, divisor)), _) => format!(
            " at {} {} a month / {} hours",
            monthly.normalize(),
            label.currency,
            divisor.normalize()
        ),
        (None, Some(rate)) => format!(" at {} {}", rate.normalize(), label.currency),
        (None, None) => String::new(),
    };
    format!("{why}: {}{price}", quantity.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn a_line_says_who_what_how_much_and_why() {
        let label = Label {
            resource: "web-1",
            meter: "CPU",
            unit: "hours",
            class: Class::CreditAfterInvoice,
            month: "2027-05-01".parse().unwrap(),
            quantity: dec!(-3.50),
            rate: Some(dec!(0.0125)),
            monthly: None,
            currency: "USD",
        };
        assert_eq!(
            describe(&label),
            "web-1: CPU, correction of May 2027 after it was invoiced: -3.5 hours at 0.0125 USD"
        );
        let monthly = Label {
            class: Class::MonthlyCharge,
            quantity: dec!(744),
            monthly: Some((dec!(49.00), dec!(720))),
            resource: &"ü".repeat(300),
            ..label
        };
        let text = describe(&monthly);
        assert_eq!(text.chars().count(), 255);
        assert!(
            text.ends_with(": CPU, hours of May 2027: 744 hours at 49 USD a month / 720 hours"),
            "{text}"
        );
    }
}
