//! Texts of a closed form, as OpenAPI describes them: what a parameter or a field takes that is read as plain text. Nothing
//! is of these types; they are named in `value_type` and stand among the document's schemas.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::db::invoices::Order;
use crate::domain::reconcile::DiscrepancyKind;
use crate::domain::standing::{InvoiceState, Standing};

/// Kinds of discrepancies, with commas between them.
#[derive(Debug)]
pub struct KindsText;

/// A state of an invoice, in capital or small letters.
#[derive(Debug)]
pub struct InvoiceStatusText;

/// A state of a line's invoice, in capital or small letters.
#[derive(Debug)]
pub struct LineStatusText;

/// A state of an invoice in the words of later frontends, in capital or small letters.
#[derive(Debug)]
pub struct InvoiceStateText;

/// How invoices may be ordered.
#[derive(Debug)]
pub struct InvoiceOrderText;

/// `true` or `false`, also as Python writes them.
#[derive(Debug)]
pub struct SwitchText;

/// An amount of money that is compared with.
#[derive(Debug)]
pub struct AmountText;

/// Kill Bill's states of an invoice.
pub const LINE_STATUSES: [&str; 3] = [Standing::Draft.word(), COMMITTED, Standing::Void.word()];
/// The same, and where a committed one stands.
pub const INVOICE_STATUSES: [&str; 9] = [
    Standing::Draft.word(),
    COMMITTED,
    Standing::Void.word(),
    Standing::Paid.word(),
    Standing::Unpaid.word(),
    Standing::WrittenOff.word(),
    Standing::PaymentFailed.word(),
    Standing::Refunded.word(),
    Standing::ChargedBack.word(),
];
/// No standing: it says nothing of what became of the claim.
const COMMITTED: &str = "committed";

impl PartialSchema for KindsText {
    fn schema() -> RefOr<Schema> {
        let one = format!("({})", DiscrepancyKind::WORDS.join("|"));
        text(
            format!("^{one}(,{one})*$"),
            "One kind or several, with commas",
            "quantity,sum",
        )
    }
}

impl PartialSchema for InvoiceStatusText {
    fn schema() -> RefOr<Schema> {
        text(in_any_case(&INVOICE_STATUSES), "A state of an invoice", "unpaid")
    }
}

impl PartialSchema for LineStatusText {
    fn schema() -> RefOr<Schema> {
        text(in_any_case(&LINE_STATUSES), "A state of a line's invoice", "committed")
    }
}

impl PartialSchema for InvoiceStateText {
    fn schema() -> RefOr<Schema> {
        text(
            in_any_case(InvoiceState::WORDS),
            "A state of an invoice, in later words",
            "created",
        )
    }
}

impl PartialSchema for InvoiceOrderText {
    fn schema() -> RefOr<Schema> {
        let names = Order::NAMES.replace(" and ", ", ").replace(", ", "|");
        text(format!("^-?({names})$"), "What to order by, with - backwards", "-date")
    }
}

impl PartialSchema for SwitchText {
    fn schema() -> RefOr<Schema> {
        text(in_any_case(&["true", "false"]), "Yes or no", "true")
    }
}

impl PartialSchema for AmountText {
    fn schema() -> RefOr<Schema> {
        let pattern = r"^-?[0-9]{1,12}(\.[0-9]{1,9})?([eE][+-]?[0-9])?$".to_owned();
        text(pattern, "A decimal, also with an exponent", "12.95")
    }
}

impl ToSchema for KindsText {}
impl ToSchema for InvoiceStatusText {}
impl ToSchema for LineStatusText {}
impl ToSchema for InvoiceStateText {}
impl ToSchema for InvoiceOrderText {}
impl ToSchema for SwitchText {}
impl ToSchema for AmountText {}

/// A text of the given form, for the document.
#[must_use]
pub fn text(pattern: String, description: &str, example: &str) -> RefOr<Schema> {
    let object = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
    let object = object
        .description(Some(description))
        .examples([serde_json::json!(example)]);
    RefOr::T(Schema::Object(object.build()))
}

/// JSON Schema's patterns have no flag for it.
fn in_any_case(words: &[&str]) -> String {
    let both = |letter: char| format!("[{letter}{}]", letter.to_ascii_uppercase());
    let word = |word: &&str| word.chars().map(both).collect::<String>();
    format!("^({})$", words.iter().map(word).collect::<Vec<_>>().join("|"))
}
