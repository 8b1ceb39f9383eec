//! The annual cost report: what was invoiced, by customer and by month, each sum beside what it is the sum of.
//! Customers are told apart by uuid, never by name, and currencies are never added up.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::domain::words::words;
use rust_decimal::Decimal;
use serde::Serialize;
use uuid::Uuid;

words! {
    /// How the report is laid out.
    #[derive(Default)]
    pub enum GroupBy = "grouping of the report" {
        #[default]
        Customer = "customer",
        Month = "month",
    }
}

/// What a customer was invoiced in one month and currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoiced {
    pub currency: String,
    pub customer: Uuid,
    pub name: String,
    pub year: i32,
    pub month: u32,
    pub invoices: i64,
    pub amount: Decimal,
    /// What of the amount is still to be paid.
    pub owed: Decimal,
    /// What of the amount nobody is asked for any more, and nobody paid.
    pub written_off: Decimal,
}

/// A sum of invoices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sum {
    pub invoices: i64,
    pub total: Decimal,
    /// What of it is still to be paid.
    pub owed: Decimal,
    /// What of it was written off.
    pub written_off: Decimal,
}

/// One currency of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    pub currency: String,
    pub sum: Sum,
    /// By name, backwards, as the report always was.
    pub customers: Vec<OfCustomer>,
    /// The newest first.
    pub years: Vec<OfYear>,
}

/// A customer's years, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfCustomer {
    pub uuid: Uuid,
    pub name: String,
    pub sum: Sum,
    pub years: Vec<OfYear>,
}

/// A year of everybody, or of one customer (then without `customers`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfYear {
    pub year: i32,
    pub sum: Sum,
    pub customers: Vec<OfCustomer>,
    pub months: Vec<OfMonth>,
}

/// A month of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfMonth {
    pub month: u32,
    pub sum: Sum,
    pub customers: Vec<OfCustomer>,
}

/// One section per currency.
#[must_use]
pub fn sections(all: &[Invoiced]) -> Vec<Section> {
    groups(all, |one| one.currency.clone())
        .into_iter()
        .map(|(currency, all)| Section {
            currency,
            sum: sum(&all),
            customers: customers(&all, |own| years(own, false)),
            years: years(&all, true),
        })
        .collect()
}

fn customers(all: &[&Invoiced], years: impl Fn(&[&Invoiced]) -> Vec<OfYear>) -> Vec<OfCustomer> {
    let own = groups(all.iter().copied(), |one| (Reverse(one.name.clone()), one.customer));
    own.into_iter()
        .map(|((Reverse(name), uuid), own)| OfCustomer {
            uuid,
            name,
            sum: sum(&own),
            years: years(&own),
        })
        .collect()
}

fn years(all: &[&Invoiced], with_customers: bool) -> Vec<OfYear> {
    let named = |own: &[&Invoiced]| {
        if with_customers {
            customers(own, |_| Vec::new())
        } else {
            Vec::new()
        }
    };
    let months = |own: &[&Invoiced]| {
        let own = groups(own.iter().copied(), |one| Reverse(one.month));
        let month = |(Reverse(month), own): (Reverse<u32>, Vec<&Invoiced>)| OfMonth {
            month,
            sum: sum(&own),
            customers: named(&own),
        };
        own.into_iter().map(month).collect()
    };
    groups(all.iter().copied(), |one| Reverse(one.year))
        .into_iter()
        .map(|(Reverse(year), own)| OfYear {
            year,
            sum: sum(&own),
            customers: named(&own),
            months: months(&own),
        })
        .collect()
}

fn groups<'a, K: Ord>(
    all: impl IntoIterator<Item = &'a Invoiced>,
    key: impl Fn(&Invoiced) -> K,
) -> BTreeMap<K, Vec<&'a Invoiced>> {
    let mut groups: BTreeMap<K, Vec<&Invoiced>> = BTreeMap::new();
    for one in all {
        groups.entry(key(one)).or_default().push(one);
    }
    groups
}

fn sum(all: &[&Invoiced]) -> Sum {
    Sum {
        invoices: all.iter().map(|one| one.invoices).sum(),
        total: all.iter().map(|one| one.amount).sum(),
        owed: all.iter().map(|one| one.owed).sum(),
        written_off: all.iter().map(|one| one.written_off).sum(),
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;

    fn invoiced(customer: u128, name: &str, (year, month): (i32, u32), amount: Decimal, currency: &str) -> Invoiced {
        Invoiced {
            currency: currency.to_owned(),
            customer: Uuid::from_u128(customer),
            name: name.to_owned(),
            year,
            month,
            invoices: 1,
            amount,
            owed: amount,
            written_off: dec!(0),
        }
    }

    #[test]
    fn sums_stand_with_what_they_are_sums_of_and_equal_names_stay_apart() {
        let all = [
            invoiced(1, "Alice", (2025, 12), dec!(10), "EUR"),
            invoiced(2, "Alice", (2025, 12), dec!(200), "EUR"),
            invoiced(1, "Alice", (2026, 1), dec!(1), "EUR"),
            invoiced(3, "Bob", (2026, 1), dec!(5), "USD"),
        ];
        let sections = sections(&all);
        let totals: Vec<(&str, Decimal)> = sections
            .iter()
            .map(|one| (one.currency.as_str(), one.sum.total))
            .collect();
        assert_eq!(totals, [("EUR", dec!(211)), ("USD", dec!(5))]);
        let customers: Vec<Decimal> = sections[0].customers.iter().map(|one| one.sum.total).collect();
        assert_eq!(customers, [dec!(11), dec!(200)]);
        let years: Vec<(i32, Decimal)> = sections[0].years.iter().map(|one| (one.year, one.sum.total)).collect();
        assert_eq!(years, [(2026, dec!(1)), (2025, dec!(210))]);
    }
}
