//! Closed words in OpenAPI: a text of one of a few words, as `domain` has them. Fields and parameters of these types refer to
//! them.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::delivery::{DeliveryEvent, DeliveryState};
use crate::domain::hold::HoldCode;
use crate::domain::settlement::{
    Class, CorrectionState, Direction, SettlementEvent, SettlementOutcome, SettlementState, SettlementStep,
};
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
    Class = "Why hours are corrected, late, or charged here",
    CorrectionState = "Where a group of hours stands that a person decides about",
    DeliveryEvent = "What happened to a delivery",
    DeliveryState = "Where a delivery stands",
    Direction = "What a settlement moves",
    HoldCode = "Why records wait here",
    RecordState = "What became of a record",
    RecordStatus = "What a push did with a record",
    SettlementEvent = "What happened to a settlement",
    SettlementOutcome = "Where the settlement stood after an event, or that a surplus draft was voided",
    SettlementState = "Where a settlement stands",
    SettlementStep = "The steps of a settlement, each a request of its own",
}

fn closed(words: &[&str], description: &str) -> RefOr<Schema> {
    let object = ObjectBuilder::new().schema_type(Type::String);
    let object = object
        .enum_values(Some(words.iter().copied()))
        .description(Some(description));
    RefOr::T(Schema::Object(object.build()))
}
