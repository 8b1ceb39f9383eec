//! Closed words in OpenAPI: a text of one of a few words, as `domain` has them. Fields and parameters of these types refer to
//! them.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::db::discrepancies::DiscrepancyOrder;
use crate::db::estimates::Bound;
use crate::domain::delivery::{DeliveryEvent, DeliveryState};
use crate::domain::estimate::{EstimateSource, ScopeKind};
use crate::domain::hold::HoldCode;
use crate::domain::invoice::ItemKind;
use crate::domain::job::{Job, JobState};
use crate::domain::mail::MailState;
use crate::domain::price::{PriceChangeKind, PriceRule, TierPolicy};
use crate::domain::reconcile::{DiscrepancyKind, DiscrepancyState, Rounding, Verdict};
use crate::domain::report::GroupBy;
use crate::domain::settlement::{
    Class, CorrectionState, Direction, SettlementEvent, SettlementOutcome, SettlementState, SettlementStep,
};
use crate::domain::standing::{InvoiceState, Standing};
use crate::domain::usage::RecordState;
use crate::http::usage::RecordStatus;

macro_rules! described {
    ($($words:ty = $description:literal),+ $(,)?) => {$(
        impl PartialSchema for $words {
            fn schema() -> RefOr<Schema> {
                closed(<$words>::WORDS, $description)
            }
        }

        impl ToSchema for $words {}
    )+};
}

described! {
    Bound = "What people set for a scope",
    Class = "Why hours are corrected, late, or charged here",
    CorrectionState = "Where a group of hours stands that a person decides about",
    DeliveryEvent = "What happened to a delivery",
    DeliveryState = "Where a delivery stands",
    Direction = "What a settlement moves",
    DiscrepancyKind = "What does not add up",
    DiscrepancyOrder = "How discrepancies are ordered",
    DiscrepancyState = "Whether a discrepancy lasts",
    EstimateSource = "Where an estimate comes from",
    GroupBy = "How the annual report is laid out",
    HoldCode = "Why records wait here",
    InvoiceState = "Where an invoice stands, in later words: `created` is owed, `canceled` is neither owed nor paid",
    ItemKind = "What a line of an invoice is",
    Job = "A periodic job",
    JobState = "How a job's last pass went",
    MailState = "Where a letter stands",
    PriceChangeKind = "What happened to a price",
    PriceRule = "How an hourly price was found",
    RecordState = "What became of a record",
    RecordStatus = "What a push did with a record",
    Rounding = "What stands between metered and billed money",
    ScopeKind = "Whose month it is",
    SettlementEvent = "What happened to a settlement",
    SettlementOutcome = "Where the settlement stood after an event, or that a surplus draft was voided",
    SettlementState = "Where a settlement stands",
    SettlementStep = "The steps of a settlement, each a request of its own",
    Standing = "Where an invoice stands: whether it is owed, and if not, why not",
    TierPolicy = "Which tier of a price charges what",
    Verdict = "Whether an invoice adds up; `pending` is not known yet",
}

fn closed(words: &[&str], description: &str) -> RefOr<Schema> {
    let object = ObjectBuilder::new().schema_type(Type::String);
    let object = object
        .enum_values(Some(words.iter().copied()))
        .description(Some(description));
    RefOr::T(Schema::Object(object.build()))
}
