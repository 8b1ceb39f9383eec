//! The PDFs as a reader gets them. Each test document is also written to target/pdf-samples, where dev/test gives them
//! to veraPDF (PDF/A-3b and PDF/UA-1). Text is read back with poppler's pdftotext.

#[path = "pdf/boxes.rs"]
mod boxes;
#[path = "pdf/cost_reports.rs"]
mod cost_reports;
#[path = "pdf/fixtures.rs"]
mod fixtures;
#[path = "pdf/invoices.rs"]
mod invoices;
#[path = "pdf/layout.rs"]
mod layout;
#[path = "pdf/names.rs"]
mod names;
#[path = "pdf/reader.rs"]
mod reader;
#[path = "pdf/scripts.rs"]
mod scripts;
#[path = "pdf/usage_reports.rs"]
mod usage_reports;
