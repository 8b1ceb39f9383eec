//! Documents of mirrored invoices: found, or rendered and kept. A state of an invoice is rendered once; nobody can change
//! a document afterwards, and a changed invoice gets a new version beside the old one.
//!
//! `material` gathers what the mirror, the check and the configuration know; `invoice` and `usage` make the documents;
//! `report` makes the cost report, which is not kept: it says what is so when it is asked for.

mod invoice;
mod issuers;
mod letter;
mod material;
mod parties;
mod report;
mod settlement;
mod usage;

use std::sync::Arc;

use sqlx::PgPool;
use uuid::Uuid;

use crate::clock::Clock;
use crate::config::Issuer;
use crate::db::documents::{self as store, NewPdf};
use crate::db::evidence;
use crate::db::invoices::{self as mirror, InvoiceRow};
use crate::db::prices::PriceBook;
use crate::domain::report::Section;
use crate::pdf::{RenderError, Rendered, Renderer};
use material::Material;

pub use crate::db::documents::{DocumentKind, StoredPdf};
pub use issuers::Issuers;
pub use letter::file_name;
pub use report::Covered;

/// An invoice that changes while it is read is read again; Kill Bill changes one a few times in its life.
const ATTEMPTS: usize = 3;

/// Lines that are printed in one document: two hundred pages, which take half a gigabyte and some seconds to lay out. As a file
/// they have no such bound.
pub const MOST_LINES: i64 = 5_000;

/// Makes and keeps documents. Cheap to clone.
#[derive(Clone)]
pub struct Documents {
    pub pool: PgPool,
    pub clock: Clock,
    pub renderer: Renderer,
    /// Where the meters' names and units are.
    pub book: PriceBook,
    /// Who sends invoices from now on.
    pub issuer: Arc<Issuer>,
    /// Days from the invoice date to the due date.
    pub payment_days: u32,
}

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the document could not be rendered: {0}")]
    Render(#[from] RenderError),
    /// Ask again.
    #[error("the invoice changed each time it was read")]
    Changing,
    /// Its lines are had as a file.
    #[error("the invoice has {lines} lines, and a document at most {MOST_LINES}")]
    TooLong { invoice: Uuid, lines: i64 },
}

impl Documents {
    /// The document of the invoice as it is now: the stored one, or the first rendering of this state.
    ///
    /// # Errors
    /// See [`DocumentError`].
    pub async fn pdf(&self, invoice: &InvoiceRow, kind: DocumentKind) -> Result<StoredPdf, DocumentError> {
        let mut invoice = invoice.clone();
        for _ in 0..ATTEMPTS {
            if let Some(stored) = store::find(&self.pool, invoice.id, kind, &invoice.content_hash).await? {
                return Ok(stored);
            }
            if let Some(stored) = self.made(&invoice, kind).await? {
                return Ok(stored);
            }
            if let Some(changed) = mirror::by_uuid(&self.pool, invoice.uuid, None).await? {
                invoice = changed;
            }
        }
        Err(DocumentError::Changing)
    }

    /// The cost report over `sections`.
    ///
    /// # Errors
    /// See [`DocumentError`].
    pub async fn report(&self, sections: &[Section], covered: Covered) -> Result<Vec<u8>, DocumentError> {
        let document = report::document(sections, covered, &self.issuer, self.clock.now());
        Ok(self.renderer.report(document).await?.pdf)
    }

    /// Who sent which invoice.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn issuers(&self) -> sqlx::Result<Issuers> {
        Issuers::read(&self.pool, &self.issuer).await
    }

    /// `None` when the invoice changed meanwhile.
    async fn made(&self, invoice: &InvoiceRow, kind: DocumentKind) -> Result<Option<StoredPdf>, DocumentError> {
        let lines = mirror::count_items(&self.pool, &[invoice.id]).await?;
        if lines > MOST_LINES {
            return Err(DocumentError::TooLong {
                invoice: invoice.uuid,
                lines,
            });
        }
        let rendered = self.rendered(invoice, kind).await?;
        let new = NewPdf {
            invoice_id: invoice.id,
            kind,
            content_hash: &invoice.content_hash,
            pdf: &rendered.pdf,
            now: self.clock.now(),
        };
        Ok(store::store(&self.pool, new).await?)
    }

    async fn rendered(&self, invoice: &InvoiceRow, kind: DocumentKind) -> Result<Rendered, DocumentError> {
        let routing = self.book.routing(&self.pool).await?;
        let material = Material::gather(&self.pool, invoice, &routing).await?;
        let issuers = self.issuers().await?;
        let issuer = issuers.at(invoice.first_seen_at);
        match kind {
            DocumentKind::Invoice => {
                let payments = mirror::payments(&self.pool, invoice.id).await?;
                let document = invoice::document(&material, &payments, issuer, self.payment_days);
                Ok(self.renderer.invoice(document).await?)
            }
            DocumentKind::Usage => {
                let days = evidence::days(&self.pool, invoice.id).await?;
                let document = usage::document(&material, &days, issuer);
                Ok(self.renderer.usage(document).await?)
            }
        }
    }
}
