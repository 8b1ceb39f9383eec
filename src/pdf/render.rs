//! Compiles one document and exports it as PDF/A-3b and PDF/UA-1. Runs for 10 to 500 ms on the calling thread.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use typst::diag::SourceDiagnostic;
use typst::ecow::EcoVec;
use typst::foundations::Smart;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use super::clean;
use super::fonts::Fonts;
use super::glyphs;
use super::world::{DocumentWorld, Template};
use super::{RenderError, Rendered};

const CREATOR: &str = "nodeconductor-billing";
/// Stands where a character has no glyph; Inter has this one.
const STAND_IN: char = '\u{25a1}';
/// A replacement can only uncover something new once: when a cluster falls apart.
const ROUNDS: usize = 3;

/// Everything that makes the bytes: the same job always gives the same file.
pub struct Job {
    pub template: Template,
    pub data: Value,
    /// Names the document for good; readers tell versions of one document by it.
    pub ident: String,
}

/// Renders `job`, in the last resort with ASCII text only, and forgets Typst's caches afterwards.
pub fn render(fonts: &Arc<Fonts>, job: Job) -> Result<Rendered, RenderError> {
    let rendered = attempt(fonts, job);
    // Without this the caches of all documents ever rendered stay in memory (measured: 37 MB against 113 MB).
    typst::comemo::evict(0);
    rendered
}

fn attempt(fonts: &Arc<Fonts>, mut job: Job) -> Result<Rendered, RenderError> {
    clean::clean(&mut job.data, &|c| fonts.has(c));
    // What no font has would be looked for in all of them at each place.
    let mut replaced = glyphs::absent(&clean::characters(&job.data), fonts);
    clean::replace(&mut job.data, &replaced, STAND_IN);
    let families = fonts.families_for(&clean::characters(&job.data));
    if let Some(data) = job.data.as_object_mut() {
        data.insert("families".to_owned(), families.into());
    }
    for round in 1..=ROUNDS {
        let document = compile(fonts, &job)?;
        let mut missing = glyphs::missing(&document, fonts);
        if missing.is_empty() {
            let pdf = export(&document, &job.ident)?;
            return Ok(Rendered {
                pdf,
                pages: document.pages().len(),
                replaced: replaced.into_iter().collect(),
            });
        }
        if round + 1 == ROUNDS {
            missing.extend(non_ascii(&job.data));
        }
        clean::replace(&mut job.data, &missing, STAND_IN);
        missing.remove(&STAND_IN);
        replaced.extend(missing);
    }
    Err(RenderError::Glyphs)
}

fn non_ascii(data: &Value) -> impl Iterator<Item = char> {
    data.to_string()
        .chars()
        .filter(|c| !c.is_ascii())
        .collect::<BTreeSet<char>>()
        .into_iter()
}

fn compile(fonts: &Arc<Fonts>, job: &Job) -> Result<PagedDocument, RenderError> {
    let world = DocumentWorld::new(fonts.clone(), job.template, job.data.to_string());
    let compiled = typst::compile::<PagedDocument>(&world);
    for warning in &compiled.warnings {
        tracing::warn!(template = ?job.template, warning = %warning.message, "template compiled with a warning");
    }
    compiled
        .output
        .map_err(|errors| RenderError::Template(messages(&errors)))
}

fn export(document: &PagedDocument, ident: &str) -> Result<Vec<u8>, RenderError> {
    let standards = PdfStandards::new(&[PdfStandard::A_3b, PdfStandard::Ua_1])
        .map_err(|error| RenderError::Export(error.message().to_string()))?;
    let options = PdfOptions {
        ident: Smart::Custom(ident.to_owned()),
        creator: Smart::Custom(Some(CREATOR.to_owned())),
        standards,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(document, &options).map_err(|errors| RenderError::Export(messages(&errors)))
}

fn messages(errors: &EcoVec<SourceDiagnostic>) -> String {
    let texts: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
    texts.join("; ")
}
