//! The invoice as the caller describes it: Kill Bill's lines, already named and sorted into projects and resources.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::document::{Fact, Party, Period};

/// Everything that is printed on an invoice. Equal values give equal bytes.
#[derive(Clone, Debug)]
pub struct InvoiceDocument {
    pub number: String,
    /// ISO 4217 code; decides how many decimals an amount has at least.
    pub currency: String,
    pub invoice_date: NaiveDate,
    pub due_date: Option<NaiveDate>,
    pub period: Option<Period>,
    pub issuer: Party,
    pub customer: Party,
    pub status: Status,
    pub projects: Vec<Project>,
    /// Charges, credits, adjustments and taxes that belong to no resource.
    pub other: Vec<Line>,
    /// Kill Bill's amount: what the customer is charged. A difference to the sum of the lines gets a row of its own.
    pub total: Decimal,
    /// What rounding did, named, in the invoice's currency.
    pub rounding: Vec<RoundingNote>,
    /// What is still to be paid; `None` = `total`.
    pub balance: Option<Decimal>,
    /// What made the total what is still to be paid, each with its sign; what they leave unexplained gets a row of its own.
    pub settled: Vec<(&'static str, Decimal)>,
    /// How to pay: bank, account, reference.
    pub payment: Vec<Fact>,
    /// Free text at the end, a paragraph each.
    pub notes: Vec<String>,
}

/// Where the invoice stands; all but `Issued` are stamped on the document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    Draft,
    #[default]
    Issued,
    Paid,
    Void,
    /// Nobody is asked for it any more, and nobody paid it.
    WrittenOff,
    /// The last attempt to collect it failed: owed.
    PaymentFailed,
    /// The payment was given back.
    Refunded,
    /// The bank took the payment back.
    ChargedBack,
}

#[derive(Clone, Debug, Default)]
pub struct Project {
    pub name: String,
    pub resources: Vec<Resource>,
}

#[derive(Clone, Debug, Default)]
pub struct Resource {
    pub name: String,
    /// The service that provides it, such as "Tartu cloud".
    pub service: Option<String>,
    /// Its type, such as "OpenStack.Instance".
    pub kind: Option<String>,
    pub lines: Vec<Line>,
}

/// One invoice item.
#[derive(Clone, Debug, Default)]
pub struct Line {
    pub label: String,
    pub quantity: Option<Decimal>,
    pub unit: String,
    /// Price of one unit in the invoice's currency.
    pub rate: Option<Decimal>,
    pub amount: Decimal,
    /// Only when it differs from the invoice's.
    pub period: Option<Period>,
    pub note: Option<String>,
}

/// One effect of rounding: charged minus exact.
#[derive(Clone, Debug)]
pub struct RoundingNote {
    pub name: String,
    pub amount: Decimal,
}

impl InvoiceDocument {
    /// Every line of the invoice, those of the resources first.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.projects.iter().flat_map(Project::lines).chain(&self.other)
    }

    /// By how much the total is not the sum of the lines.
    #[must_use]
    pub fn difference(&self) -> Decimal {
        self.total - self.lines().map(|line| line.amount).sum::<Decimal>()
    }

    /// What is still to be paid.
    #[must_use]
    pub fn due(&self) -> Decimal {
        self.balance.unwrap_or(self.total)
    }

    pub(super) fn other_amount(&self) -> Decimal {
        self.other.iter().map(|line| line.amount).sum()
    }
}

impl Project {
    pub(super) fn lines(&self) -> impl Iterator<Item = &Line> {
        self.resources.iter().flat_map(|resource| &resource.lines)
    }

    pub(super) fn amount(&self) -> Decimal {
        self.lines().map(|line| line.amount).sum()
    }
}

impl Resource {
    pub(super) fn amount(&self) -> Decimal {
        self.lines.iter().map(|line| line.amount).sum()
    }
}

impl Line {
    /// Nothing used and nothing charged.
    pub(super) fn is_nothing(&self) -> bool {
        self.amount.is_zero() && self.quantity.unwrap_or_default().is_zero()
    }
}
