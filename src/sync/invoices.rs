//! Mirrors Kill Bill's invoices: `tail` notices new ones, `sweep` reads the customers who have some and those whose turn
//! it is. The customer register says whose; a customer whose reading fails is noted and stops nobody else.

mod settled;
mod sweep;
mod tail;
mod wire;

use chrono::{DateTime, Months, NaiveDate, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use crate::clock::Clock;
use crate::db::invoices::{self as mirror, InvoiceRecord, Known, Reader, Stored};
use crate::killbill::invoices::{Invoice, Part, Reading};
use crate::killbill::{self, KillBill};

use settled::Settled;

pub use sweep::{SweepProgress, SweepReport, TURNS};
pub use tail::TailReport;
pub use wire::record as mirrored;

/// Between full readings only invoices of these months are read: Kill Bill bills late usage two periods back.
const RECENT: Months = Months::new(3);

/// So many items are not read in one answer: Kill Bill writes up to two thousand bytes for each.
const MANY: i64 = 20_000;

/// Everything that mirroring works with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct InvoiceSync {
    pub pool: PgPool,
    pub killbill: KillBill,
    pub clock: Clock,
}

/// What reading one customer's invoices came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct CustomerSync {
    pub new: usize,
    pub changed: usize,
    pub unchanged: usize,
    /// Not written because a later reading was stored meanwhile.
    pub stale: usize,
}

/// Why a customer's invoices could not be read.
#[derive(Debug, thiserror::Error)]
pub enum InvoiceSyncError {
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    KillBill(#[from] killbill::Error),
    #[error("Kill Bill's answer has no items for invoice {0}, which had some; nothing of it was stored")]
    Incomplete(Uuid),
}

impl InvoiceSyncError {
    /// Nothing of Kill Bill's own was heard: one of them is the customer's, many in a row are not.
    const fn is_silence(&self) -> bool {
        matches!(self, Self::KillBill(error) if error.is_silence())
    }

    /// Nothing about this customer: the rest of the sweep would fail alike.
    const fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::Database(_) | Self::KillBill(killbill::Error::Unreachable(_) | killbill::Error::Unauthorized { .. })
        )
    }
}

impl InvoiceSync {
    /// Reads one customer's invoices whole. `None` when there is no such customer or it has no account yet.
    ///
    /// # Errors
    /// See [`InvoiceSyncError`]; a failure is also noted with the customer.
    pub async fn customer(&self, customer: Uuid) -> Result<Option<CustomerSync>, InvoiceSyncError> {
        match mirror::one(&self.pool, customer).await? {
            Some(reader) => self.noted(&reader).await.map(Some),
            None => Ok(None),
        }
    }

    async fn noted(&self, reader: &Reader) -> Result<CustomerSync, InvoiceSyncError> {
        let outcome = self.read(reader).await;
        if let Err(error) = &outcome {
            tracing::warn!(customer = %reader.uuid, %error, "the invoices of a customer could not be read");
            mirror::failed(&self.pool, reader.id, &error.to_string(), self.clock.now()).await?;
        }
        outcome
    }

    async fn read(&self, reader: &Reader) -> Result<CustomerSync, InvoiceSyncError> {
        let from = if reader.full { None } else { self.recent(reader).await? };
        // An answer is as old as its request, however long it took to come.
        let read_at = self.clock.now();
        let mut reading = self.reading(reader, from).await?;
        let (mut report, mut too_long) = (CustomerSync::default(), None);
        loop {
            let asked_at = self.clock.now();
            match reading.next().await {
                Ok(None) => break,
                Ok(Some(part)) => self.take(reader, part, asked_at, &mut report).await?,
                // The others are read all the same.
                Err(error @ killbill::Error::TooLong { .. }) => too_long = Some(error),
                Err(error) => return Err(error.into()),
            }
        }
        if let Some(error) = too_long {
            return Err(error.into());
        }
        mirror::ended(&self.pool, reader, read_at).await?;
        Ok(report)
    }

    /// Where the mirror knows that there is much to read, it is not asked for in one answer.
    async fn reading(&self, reader: &Reader, from: Option<NaiveDate>) -> Result<Reading<'_>, InvoiceSyncError> {
        let reading = self.killbill.invoices().reading(reader.account_id, from);
        if mirror::has_items(&self.pool, reader.id, from, MANY).await? {
            Ok(reading.one_by_one().await?)
        } else {
            Ok(reading)
        }
    }

    async fn take(
        &self,
        reader: &Reader,
        part: Part,
        read_at: DateTime<Utc>,
        report: &mut CustomerSync,
    ) -> Result<(), InvoiceSyncError> {
        let whole = matches!(part, Part::All(_));
        let mut invoices = part.invoices();
        wire::sort(&mut invoices);
        let mut records: Vec<InvoiceRecord> = invoices.iter().map(wire::record).collect();
        let account = if reader.full && whole {
            Some(Settled::of_account(&self.killbill, reader.account_id, &records).await?)
        } else {
            None
        };
        let known = mirror::known(&self.pool, reader.id).await?;
        for (invoice, record) in invoices.iter().zip(&mut records) {
            let known = known.get(&invoice.invoice_id);
            let stored = self.mirror(reader, (invoice, record), known, account.as_ref(), read_at);
            report.add(stored.await?, invoice.invoice_id)?;
        }
        Ok(())
    }

    /// By Kill Bill's own clock, which may be months away from ours.
    async fn recent(&self, reader: &Reader) -> Result<Option<NaiveDate>, InvoiceSyncError> {
        let newest = mirror::newest_target(&self.pool, reader.id).await?;
        Ok(newest.and_then(|newest| newest.checked_sub_months(RECENT)))
    }

    async fn mirror(
        &self,
        reader: &Reader,
        (invoice, record): (&Invoice, &mut InvoiceRecord),
        known: Option<&Known>,
        account: Option<&Settled>,
        read_at: DateTime<Utc>,
    ) -> Result<Stored, InvoiceSyncError> {
        let own;
        let settled = match account {
            Some(settled) => settled,
            None if !reader.full && known.is_some_and(|known| known.figures_hash == record.figures_digest()) => {
                return Ok(Stored::Unchanged);
            }
            None => {
                own = Settled::of_invoice(&self.killbill, record).await?;
                &own
            }
        };
        let payments = settled.settle(&self.killbill, invoice, record).await?;
        if known.is_some_and(|known| known.content_hash == record.digest(payments)) {
            return Ok(Stored::Unchanged);
        }
        Ok(mirror::store(&self.pool, reader, record, payments, read_at, self.clock.now()).await?)
    }
}

impl CustomerSync {
    fn add(&mut self, stored: Stored, invoice: Uuid) -> Result<(), InvoiceSyncError> {
        match stored {
            Stored::New => self.new += 1,
            Stored::Changed => self.changed += 1,
            Stored::Unchanged => self.unchanged += 1,
            Stored::Stale => self.stale += 1,
            Stored::Incomplete => return Err(InvoiceSyncError::Incomplete(invoice)),
        }
        Ok(())
    }
}
