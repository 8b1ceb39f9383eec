//! What is in doubt is looked up in Kill Bill and decided by evidence: our marks on drafts and committed invoices.

use uuid::Uuid;

use super::steps::{after_draft, done, is_whole};
use super::{Report, Settler};
use crate::db::settlements::{self, Customer, Line, Standing, Work};
use crate::delivery::DeliveryError;
use crate::domain::delivery::Settlement as Outcome;
use crate::domain::invoice::InvoiceStatus;
use crate::domain::month::Month;
use crate::domain::settlement::{
    Found, Mark, SeenInvoice, SettlementEvent, SettlementState, SettlementStep, look_for, strangers,
};

impl Settler {
    /// True when the evidence decided and there is more to do.
    pub(super) async fn look_up(
        &self,
        who: (&Customer, Uuid),
        work: &Work,
        report: &mut Report,
    ) -> Result<bool, DeliveryError> {
        let from = work.standing();
        match (work.step, work.draft_id) {
            (SettlementStep::Credit, Some(draft)) => self.look_for_credits(who.0, work, draft, report).await,
            (SettlementStep::Commit, Some(draft)) => {
                let lines = settlements::lines(&self.pool, work.id).await?;
                let seen = self.invoice(draft).await?;
                self.judge(work, draft, seen.as_ref(), &lines, report).await
            }
            (SettlementStep::Draft, _) | (_, None) => {
                if let Some(moved_on) = self.find(who, work, &from, report).await? {
                    return Ok(moved_on);
                }
                let nowhere = Outcome::NotSent {
                    detail: "not in Kill Bill: sent again".to_owned(),
                };
                self.prepared(&from, SettlementStep::Draft, None, nowhere, SettlementEvent::ReadBack)
                    .await?;
                Ok(true)
            }
        }
    }

    /// Looks for the settlement among the account's invoices. `None` when it is not there and may be sent.
    pub(super) async fn find(
        &self,
        (customer, account): (&Customer, Uuid),
        work: &Work,
        from: &Standing,
        report: &mut Report,
    ) -> Result<Option<bool>, DeliveryError> {
        // A month is settled after it began, so what settles it stands on invoices from then on.
        let invoices = self.marked(account, Some(work.month)).await?;
        let lines = settlements::lines(&self.pool, work.id).await?;
        let whole = |id: Uuid| {
            let seen = invoices.iter().find(|invoice| invoice.id == id);
            seen.is_some_and(|invoice| is_whole(&invoice.lines(&work.mark), &lines))
        };
        match look_for(&work.mark, work.draft_id, &invoices) {
            Found::Committed { id, .. } if whole(id) => self
                .posted(from, id, done("found committed"), SettlementEvent::ReadBack, report)
                .await
                .map(Some),
            Found::Draft { id, .. } => {
                let step = if whole(id) {
                    SettlementStep::Commit
                } else {
                    after_draft(work)
                };
                self.prepared(
                    from,
                    step,
                    Some(id),
                    done("found as a draft"),
                    SettlementEvent::ReadBack,
                )
                .await?;
                Ok(Some(true))
            }
            // An invoice that was committed without its credits, to shut a late request out: nothing is on it.
            Found::Committed { .. } | Found::Nowhere => self.mind_strangers(customer, work, from, &invoices).await,
        }
    }

    /// Marks of the month that this ledger never gave: they may hold the same hours, so nothing is sent beside them.
    async fn mind_strangers(
        &self,
        customer: &Customer,
        work: &Work,
        from: &Standing,
        invoices: &[SeenInvoice],
    ) -> Result<Option<bool>, DeliveryError> {
        let known = settlements::known_marks(&self.pool, customer.id).await?;
        let found = strangers(&Mark::month_text(Month::of(work.month)), &known, invoices);
        if found.is_empty() || work.strangers_ok {
            return Ok(None);
        }
        let names: Vec<String> = found.into_iter().collect();
        let detail = format!(
            "Kill Bill has settlements of this month that this ledger does not know ({}): they may hold the same hours. \
             After a restored backup, push the hours again that came since; else compare them, and retry if they do not",
            names.join(", ")
        );
        self.doubt(
            from,
            work,
            &Outcome::Unknown {
                detail,
                status: Some(200),
            },
            SettlementEvent::ReadBack,
        )
        .await?;
        Ok(Some(false))
    }

    /// Credits that may or may not have arrived: the draft is committed, so that they cannot arrive any more.
    async fn look_for_credits(
        &self,
        customer: &Customer,
        work: &Work,
        draft: Uuid,
        report: &mut Report,
    ) -> Result<bool, DeliveryError> {
        let lines = settlements::lines(&self.pool, work.id).await?;
        let from = work.standing();
        let seen = self.invoice(draft).await?;
        let status = |seen: &Option<SeenInvoice>| seen.as_ref().map(|invoice| invoice.status);
        let bare = |seen: &Option<SeenInvoice>| seen.as_ref().is_some_and(|one| one.lines(&work.mark).is_empty());
        if !bare(&seen) {
            return self.judge(work, draft, seen.as_ref(), &lines, report).await;
        }
        if status(&seen) == Some(InvoiceStatus::Draft) {
            self.keep_lease(customer).await?;
            self.killbill.invoices().commit(draft).await?;
        }
        let seen = self.invoice(draft).await?;
        if !bare(&seen) {
            return self.judge(work, draft, seen.as_ref(), &lines, report).await;
        }
        if status(&seen) == Some(InvoiceStatus::Committed) {
            self.killbill.invoices().void(draft).await?;
        }
        let never = Outcome::NotSent {
            detail: "the credits did not arrive, and cannot any more: begun again".to_owned(),
        };
        self.prepared(&from, SettlementStep::Draft, None, never, SettlementEvent::ReadBack)
            .await?;
        Ok(true)
    }

    /// What its own invoice says about a settlement that is being finished.
    pub(super) async fn judge(
        &self,
        work: &Work,
        draft: Uuid,
        seen: Option<&SeenInvoice>,
        lines: &[Line],
        report: &mut Report,
    ) -> Result<bool, DeliveryError> {
        let (from, event) = (&work.standing(), SettlementEvent::ReadBack);
        let whole = seen.is_some_and(|invoice| is_whole(&invoice.lines(&work.mark), lines));
        match seen.map(|invoice| invoice.status) {
            Some(InvoiceStatus::Committed) if whole => {
                self.posted(from, draft, done("found committed"), event, report).await
            }
            Some(InvoiceStatus::Draft) if whole => {
                self.prepared(
                    from,
                    SettlementStep::Commit,
                    Some(draft),
                    done("the draft is whole"),
                    event,
                )
                .await?;
                Ok(true)
            }
            Some(InvoiceStatus::Void) => self.voided(from, report).await,
            _ => {
                let detail = unclear(seen.map(|invoice| invoice.lines(&work.mark)), lines);
                self.doubt(
                    from,
                    work,
                    &Outcome::Unknown {
                        detail,
                        status: Some(200),
                    },
                    SettlementEvent::ReadBack,
                )
                .await?;
                report.failures += 1;
                Ok(false)
            }
        }
    }

    /// Somebody in Kill Bill did not want it.
    async fn voided(&self, from: &Standing, report: &mut Report) -> Result<bool, DeliveryError> {
        let outcome = Outcome::Refused {
            status: 200,
            code: None,
            message: "somebody voided the draft in Kill Bill; retry to make another".to_owned(),
        };
        let to = (SettlementState::Refused, SettlementStep::Draft, None);
        self.moved(from, to, &outcome, SettlementEvent::ReadBack).await?;
        report.failures += 1;
        Ok(false)
    }

    /// Drafts of requests that arrived late: voided, so that nobody commits them.
    pub(super) async fn void_surplus(
        &self,
        customer: &Customer,
        account: Uuid,
        report: &mut Report,
    ) -> Result<(), DeliveryError> {
        let settled = settlements::posted_marks(&self.pool, customer.id).await?;
        if settled.is_empty() {
            return Ok(());
        }
        for invoice in self
            .marked(account, None)
            .await?
            .iter()
            .filter(|one| one.status == InvoiceStatus::Draft)
        {
            let Some((mark, of)) = invoice.marks.iter().find_map(|seen| settled.get_key_value(&seen.mark)) else {
                continue;
            };
            if *of == Some(invoice.id) {
                continue;
            }
            self.keep_lease(customer).await?;
            self.killbill.invoices().void(invoice.id).await?;
            let text = format!("draft {} came of a request that arrived late: voided", invoice.id);
            tracing::warn!(mark, draft = %invoice.id, "a surplus draft was voided");
            settlements::note_surplus(&self.pool, mark, &text, self.clock.now()).await?;
            report.surplus += 1;
        }
        Ok(())
    }
}

fn unclear(seen: Option<std::collections::BTreeMap<i32, usize>>, lines: &[Line]) -> String {
    match seen {
        None => "Kill Bill does not know the draft any more".to_owned(),
        Some(seen) => format!(
            "the invoice in Kill Bill carries {} of {} lines ({} in all): compare it, then void it there or retry",
            seen.len(),
            lines.len(),
            seen.values().sum::<usize>()
        ),
    }
}
