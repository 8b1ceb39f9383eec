//! From the mirror to the PDFs: what is printed, and that it stays as it was issued. A real PostgreSQL, documents read
//! back with pdftotext (Debian: poppler-utils).

mod support {
    pub mod database;
    pub mod web;
}

#[path = "paper/answers.rs"]
mod answers;
#[path = "paper/bill.rs"]
mod bill;
#[path = "paper/contents.rs"]
mod contents;
#[path = "paper/lines.rs"]
mod lines;
#[path = "paper/printed.rs"]
mod printed;
#[path = "paper/reports.rs"]
mod reports;
#[path = "paper/settled.rs"]
mod settled;
#[path = "paper/versions.rs"]
mod versions;
#[path = "paper/world.rs"]
mod world;
