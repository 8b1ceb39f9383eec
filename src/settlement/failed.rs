//! What an error of Kill Bill's means for the step that it answered: refused, to be sent again, or not known.

use super::{Report, Settler, posts};
use crate::db::settlements::{self, Standing, Work};
use crate::delivery::DeliveryError;
use crate::delivery::outcome::of_error;
use crate::domain::delivery::Settlement as Outcome;
use crate::domain::settlement::{SettlementEvent, SettlementState};
use crate::killbill::Error;

/// "The invoice status … is invalid" and "… because it is already in COMMITTED status": somebody was there before, and a
/// look at the invoice tells who.
const OTHER_STATUS: [Option<i64>; 2] = [Some(4023), Some(4024)];

impl Settler {
    /// Writes down what an error means.
    pub(super) async fn failed(
        &self,
        sending: &Standing,
        work: &Work,
        error: Error,
        report: &mut Report,
    ) -> Result<bool, DeliveryError> {
        let outage = Some(DeliveryError::from(error.clone())).filter(DeliveryError::is_outage);
        let outcome = match of_error(error) {
            Outcome::Refused { status, code, message } if OTHER_STATUS.contains(&code) => Outcome::Unknown {
                detail: message,
                status: Some(status),
            },
            outcome => outcome,
        };
        let outcome = self.with_cause(work, outcome).await?;
        report.failures += 1;
        tracing::info!(
            mark = work.mark,
            step = %work.step,
            outcome = %outcome.state(),
            detail = outcome.detail(),
            "settlement sent"
        );
        let state = match &outcome {
            Outcome::Refused { .. } => SettlementState::Refused,
            Outcome::NotSent { .. } => SettlementState::Prepared,
            // An error that says "you have it" of a request is looked up like one that says nothing.
            Outcome::Unknown { .. } | Outcome::Delivered { .. } => SettlementState::Unknown,
        };
        if state == SettlementState::Unknown {
            self.doubt(sending, work, &outcome, SettlementEvent::Send).await?;
        } else {
            let to = (state, work.step, work.draft_id);
            self.moved(sending, to, &outcome, SettlementEvent::Send).await?;
        }
        match (outage, outcome) {
            (Some(outage), _) => Err(outage),
            (None, Outcome::NotSent { detail }) => Err(DeliveryError::Blocked(detail)),
            _ => Ok(false),
        }
    }

    /// Kill Bill answers an amount that its column does not hold with a bare 500: the cause is told here.
    async fn with_cause(&self, work: &Work, outcome: Outcome) -> Result<Outcome, DeliveryError> {
        let Outcome::Unknown {
            detail,
            status: Some(500),
        } = outcome
        else {
            return Ok(outcome);
        };
        let lines = settlements::lines(&self.pool, work.id).await?;
        let detail = match posts::too_much(&lines) {
            None => detail,
            Some(amount) => format!(
                "{detail}. A line of it comes to {} {}: as Kill Bill is installed, a line holds less than a million; make \
                 `amount` and `rate` of its table `invoice_items` wider, then it goes by itself",
                amount.normalize(),
                self.currency
            ),
        };
        Ok(Outcome::Unknown {
            detail,
            status: Some(500),
        })
    }
}
