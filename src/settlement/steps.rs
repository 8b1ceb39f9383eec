//! The steps of a settlement: draft, credits, commit. Each is one request, written down before its first byte and after its
//! answer; whatever is not known for certain is looked up before anything else is sent.

use uuid::Uuid;

use super::{Report, Settler, posts};
use crate::db::settlements::{self, Customer, Line, Next, Standing, Work};
use crate::delivery::DeliveryError;
use crate::domain::delivery::Settlement as Outcome;
use crate::domain::invoice::InvoiceStatus;
use crate::domain::settlement::{Direction, SettlementEvent, SettlementState, SettlementStep};

impl Settler {
    /// One step. True when there is more to do right away.
    pub(super) async fn advance(
        &self,
        who: (&Customer, Uuid),
        work: &Work,
        report: &mut Report,
    ) -> Result<bool, DeliveryError> {
        let now = self.clock.now();
        match work.state {
            SettlementState::Prepared => {
                self.keep_lease(who.0).await?;
                match (work.step, work.draft_id) {
                    (SettlementStep::Credit, Some(draft)) => self.put_credits(who, work, draft, report).await,
                    (SettlementStep::Commit, Some(draft)) => self.commit(work, draft, report).await,
                    (SettlementStep::Draft, _) | (_, None) => self.make_draft(who, work, report).await,
                }
            }
            SettlementState::Sending => {
                // Its sender is gone, or the lease would not be ours.
                let outcome = Outcome::Unknown {
                    detail: "the sender stopped before an answer came".to_owned(),
                    status: None,
                };
                self.doubt(&work.standing(), work, &outcome, SettlementEvent::Send)
                    .await?;
                Ok(work.step == SettlementStep::Commit)
            }
            SettlementState::Unknown if work.read_back_at.is_none_or(|at| at <= now) => {
                self.look_up(who, work, report).await
            }
            // Not yet, a person's turn, or done.
            SettlementState::Unknown | SettlementState::Refused | SettlementState::Posted => Ok(false),
        }
    }

    /// Makes the draft, unless Kill Bill has it already: from a request that arrived late, or from before a restore.
    async fn make_draft(
        &self,
        who: (&Customer, Uuid),
        work: &Work,
        report: &mut Report,
    ) -> Result<bool, DeliveryError> {
        let (customer, account) = who;
        if let Some(moved_on) = self.find(who, work, &work.standing(), report).await? {
            return Ok(moved_on);
        }
        self.keep_lease(customer).await?;
        let lines = settlements::lines(&self.pool, work.id).await?;
        let charges = posts::charges(work, &lines, &self.currency);
        let sending = settlements::sending(&self.pool, &work.standing(), self.clock.now()).await?;
        match self.killbill.invoices().charge(account, &charges, false).await {
            Ok(items) => {
                let draft = items.first().map(|item| item.invoice_id);
                self.prepared(
                    &sending,
                    after_draft(work),
                    draft,
                    done("drafted"),
                    SettlementEvent::Send,
                )
                .await?;
                Ok(true)
            }
            Err(error) => self.failed(&sending, work, error, report).await,
        }
    }

    async fn put_credits(
        &self,
        (_, account): (&Customer, Uuid),
        work: &Work,
        draft: Uuid,
        report: &mut Report,
    ) -> Result<bool, DeliveryError> {
        let lines = settlements::lines(&self.pool, work.id).await?;
        let credits = posts::credits(work, &lines, account, draft, &self.currency);
        let sending = settlements::sending(&self.pool, &work.standing(), self.clock.now()).await?;
        match self.killbill.invoices().credit(&credits, false).await {
            Ok(_) => {
                self.prepared(
                    &sending,
                    SettlementStep::Commit,
                    Some(draft),
                    done("credits are on the draft"),
                    SettlementEvent::Send,
                )
                .await?;
                Ok(true)
            }
            Err(error) => self.failed(&sending, work, error, report).await,
        }
    }

    /// Commits the draft, if it carries every line exactly once.
    async fn commit(&self, work: &Work, draft: Uuid, report: &mut Report) -> Result<bool, DeliveryError> {
        let lines = settlements::lines(&self.pool, work.id).await?;
        let from = work.standing();
        match self.invoice(draft).await? {
            Some(seen) if seen.status == InvoiceStatus::Draft && is_whole(&seen.lines(&work.mark), &lines) => {}
            seen => {
                return self.judge(work, draft, seen.as_ref(), &lines, report).await;
            }
        }
        let sending = settlements::sending(&self.pool, &from, self.clock.now()).await?;
        match self.killbill.invoices().commit(draft).await {
            Ok(()) => {
                self.posted(&sending, draft, done("committed"), SettlementEvent::Send, report)
                    .await
            }
            Err(error) => self.failed(&sending, work, error, report).await,
        }
    }

    /// Nobody can know yet. A commit may be looked up at once: committing twice does no harm.
    pub(super) async fn doubt(
        &self,
        from: &Standing,
        work: &Work,
        outcome: &Outcome,
        event: SettlementEvent,
    ) -> Result<(), DeliveryError> {
        let now = self.clock.now();
        let at = if from.step == SettlementStep::Commit && event == SettlementEvent::Send {
            now
        } else {
            now + self.settings.wait_out
        };
        let next = Next {
            state: SettlementState::Unknown,
            step: work.step,
            draft_id: work.draft_id,
            read_back_at: Some(at),
            outcome,
            event,
        };
        settlements::stepped(&self.pool, from, &next, now).await?;
        Ok(())
    }

    /// Writes down where it stands from now on, and why, when there is nothing to wait for.
    pub(super) async fn moved(
        &self,
        from: &Standing,
        (state, step, draft_id): (SettlementState, SettlementStep, Option<Uuid>),
        outcome: &Outcome,
        event: SettlementEvent,
    ) -> Result<(), DeliveryError> {
        let next = Next {
            state,
            step,
            draft_id,
            read_back_at: None,
            outcome,
            event,
        };
        settlements::stepped(&self.pool, from, &next, self.clock.now()).await?;
        Ok(())
    }

    pub(super) async fn prepared(
        &self,
        from: &Standing,
        step: SettlementStep,
        draft_id: Option<Uuid>,
        outcome: Outcome,
        event: SettlementEvent,
    ) -> Result<(), DeliveryError> {
        let to = (SettlementState::Prepared, step, draft_id);
        self.moved(from, to, &outcome, event).await
    }

    pub(super) async fn posted(
        &self,
        from: &Standing,
        draft: Uuid,
        outcome: Outcome,
        event: SettlementEvent,
        report: &mut Report,
    ) -> Result<bool, DeliveryError> {
        let to = (SettlementState::Posted, SettlementStep::Commit, Some(draft));
        self.moved(from, to, &outcome, event).await?;
        metrics::counter!("ncb_settlements_total", "outcome" => "posted").increment(1);
        report.posted += 1;
        Ok(true)
    }
}

pub(super) fn after_draft(work: &Work) -> SettlementStep {
    match work.direction {
        Direction::Credit => SettlementStep::Credit,
        Direction::Charge | Direction::Nothing => SettlementStep::Commit,
    }
}

pub(super) const fn done(detail: &'static str) -> Outcome {
    Outcome::Delivered {
        detail,
        status: 200,
        code: None,
    }
}

/// Whether every line stands there, once.
pub(super) fn is_whole(seen: &std::collections::BTreeMap<i32, usize>, lines: &[Line]) -> bool {
    seen.len() == lines.len() && lines.iter().all(|line| seen.get(&line.position) == Some(&1))
}
