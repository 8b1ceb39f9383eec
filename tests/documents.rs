//! From the mirror to the PDFs: what is printed, and that it stays as it was issued. A real PostgreSQL, documents read
//! back with pdftotext (Debian: poppler-utils).

mod support {
    pub mod database;
    pub mod web;
}

#[path = "documents/answers.rs"]
mod answers;
#[path = "documents/contents.rs"]
mod contents;
#[path = "documents/reports.rs"]
mod reports;
#[path = "documents/versions.rs"]
mod versions;
#[path = "documents/world.rs"]
mod world;
