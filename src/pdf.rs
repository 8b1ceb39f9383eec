//! Invoices, usage reports and cost reports as PDF/A-3b and PDF/UA-1, rendered in process with Typst.
//!
//! The caller fills an [`InvoiceDocument`], a [`UsageDocument`] or a [`ReportDocument`]; `view` turns it into printed strings, Typst lays
//! those out, and the same document always gives the same bytes. Knows neither the database nor the web.

mod clean;
mod document;
mod fonts;
pub mod format;
mod glyphs;
mod invoice;
mod render;
mod report;
mod usage;
mod view;
mod world;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use tokio::sync::Semaphore;

pub use document::{Fact, Party, Period};
pub use fonts::FontError;
pub use invoice::{InvoiceDocument, Line, Project, Resource, RoundingNote, Status};
pub use report::{ReportDocument, ReportGroup, ReportSection};
pub use usage::{UsageDocument, UsageMeter, UsageResource};

use fonts::Fonts;
use render::Job;
use world::Template;

/// A finished file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    pub pdf: Vec<u8>,
    pub pages: usize,
    /// Characters that no font has; a box stands in their place.
    pub replaced: Vec<char>,
}

/// Why there is no file. No input of a user leads here: each of these is ours to mend.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("the template does not compile: {0}")]
    Template(String),
    #[error("the document cannot be exported as PDF/A-3b and PDF/UA-1: {0}")]
    Export(String),
    #[error("some characters have no glyph even after they were replaced")]
    Glyphs,
    #[error("rendering was stopped: {0}")]
    Stopped(String),
}

/// Renders documents, as many at once as there are cores. Cheap to clone; one per process, as it holds the fonts.
#[derive(Clone)]
pub struct Renderer {
    fonts: Arc<Fonts>,
    cores: Arc<Semaphore>,
    /// Cost reports may be long: they are rendered one at a time, so that invoices still find a core.
    reports: Arc<Semaphore>,
}

impl Renderer {
    /// Loads the fonts, about 10 ms and the size of the files in `font_dirs`.
    ///
    /// # Errors
    /// A directory or a font in it cannot be read.
    pub fn new(font_dirs: &[PathBuf]) -> Result<Self, FontError> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            fonts: Arc::new(Fonts::load(font_dirs)?),
            cores: Arc::new(Semaphore::new(cores)),
            reports: Arc::new(Semaphore::new(1)),
        })
    }

    /// The invoice as a file.
    ///
    /// # Errors
    /// See [`RenderError`].
    pub async fn invoice(&self, doc: InvoiceDocument) -> Result<Rendered, RenderError> {
        let ident = format!("invoice {}", doc.number);
        self.render(Template::Invoice, ident, move |fonts| view::invoice(&doc, fonts))
            .await
    }

    /// The usage report as a file.
    ///
    /// # Errors
    /// See [`RenderError`].
    pub async fn usage(&self, doc: UsageDocument) -> Result<Rendered, RenderError> {
        let invoice = doc.invoice_number.as_deref().unwrap_or_default();
        let customer = doc.customer.number.as_deref().unwrap_or(&doc.customer.name);
        let ident = format!("usage {invoice} {customer} {} {}", doc.period.start, doc.period.end);
        self.render(Template::Usage, ident, move |fonts| view::usage(&doc, fonts))
            .await
    }

    /// The cost report as a file.
    ///
    /// # Errors
    /// See [`RenderError`].
    pub async fn report(&self, doc: ReportDocument) -> Result<Rendered, RenderError> {
        let ident = format!(
            "report {} {:?} {} {}",
            doc.grouped_by, doc.year, doc.about.name, doc.date
        );
        let turn = self.reports.acquire().await;
        let _turn = turn.map_err(|error| RenderError::Stopped(error.to_string()))?;
        self.render(Template::Report, ident, move |fonts| view::report(&doc, fonts))
            .await
    }

    async fn render(
        &self,
        template: Template,
        ident: String,
        data: impl FnOnce(&Fonts) -> serde_json::Value + Send + 'static,
    ) -> Result<Rendered, RenderError> {
        let stopped = |error: &dyn std::fmt::Display| RenderError::Stopped(error.to_string());
        let core = self
            .cores
            .clone()
            .acquire_owned()
            .await
            .map_err(|error| stopped(&error))?;
        let fonts = self.fonts.clone();
        let name = ident.clone();
        let work = move || {
            let _core = core;
            let data = data(&fonts);
            render::render(&fonts, Job { template, data, ident })
        };
        let rendered = tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| stopped(&error))??;
        if !rendered.replaced.is_empty() {
            tracing::warn!(document = %name, characters = ?rendered.replaced, "no font has these characters");
        }
        Ok(rendered)
    }
}
