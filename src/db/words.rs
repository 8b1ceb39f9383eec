//! Closed words in the database: columns of type `text`, written and read as the enums that `domain` has for them. A word
//! that the program does not know fails the query, and the error names it, its column and the words there are.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type};

use super::audit::ActorKind;
use super::documents::DocumentKind;
use super::estimates::Bound;
use super::tokens::Role;
use crate::domain::delivery::{DeliveryEvent, DeliveryState};
use crate::domain::estimate::{EstimateSource, ScopeKind};
use crate::domain::hold::HoldCode;
use crate::domain::invoice::{InvoiceStatus, ItemKind};
use crate::domain::job::Job;
use crate::domain::mail::MailState;
use crate::domain::price::{PriceChangeKind, PriceRule, TierPolicy};
use crate::domain::reconcile::{DiscrepancyKind, DiscrepancyState, UnbilledKind, Verdict};
use crate::domain::route::Way;
use crate::domain::settlement::{
    Class, CorrectionState, Direction, SettlementEvent, SettlementOutcome, SettlementState, SettlementStep,
};
use crate::domain::standing::{InvoiceState, Standing};
use crate::domain::usage::RecordState;

macro_rules! stored {
    ($($words:ty),+ $(,)?) => {$(
        impl Type<Postgres> for $words {
            fn type_info() -> PgTypeInfo {
                <str as Type<Postgres>>::type_info()
            }

            fn compatible(info: &PgTypeInfo) -> bool {
                <str as Type<Postgres>>::compatible(info)
            }
        }

        impl PgHasArrayType for $words {
            fn array_type_info() -> PgTypeInfo {
                <&str as PgHasArrayType>::array_type_info()
            }

            fn array_compatible(info: &PgTypeInfo) -> bool {
                <&str as PgHasArrayType>::array_compatible(info)
            }
        }

        impl Encode<'_, Postgres> for $words {
            fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
                <&str as Encode<'_, Postgres>>::encode_by_ref(&self.word(), buffer)
            }
        }

        impl<'r> Decode<'r, Postgres> for $words {
            fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
                Ok(<&'r str as Decode<'r, Postgres>>::decode(value)?.parse()?)
            }
        }
    )+};
}

stored! {
    ActorKind,
    Bound,
    Class,
    CorrectionState,
    DeliveryEvent,
    DeliveryState,
    Direction,
    DiscrepancyKind,
    DiscrepancyState,
    DocumentKind,
    EstimateSource,
    HoldCode,
    InvoiceState,
    InvoiceStatus,
    ItemKind,
    Job,
    MailState,
    PriceChangeKind,
    PriceRule,
    RecordState,
    Role,
    ScopeKind,
    SettlementEvent,
    SettlementOutcome,
    SettlementState,
    SettlementStep,
    Standing,
    TierPolicy,
    UnbilledKind,
    Verdict,
    Way,
}
