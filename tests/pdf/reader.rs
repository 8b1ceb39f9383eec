//! Renders a document, keeps it as a sample and reads its text back.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use nodeconductor_billing::pdf::{InvoiceDocument, Rendered, Renderer, ReportDocument, UsageDocument};

static RENDERER: LazyLock<Renderer> = LazyLock::new(|| Renderer::new(&[]).unwrap());

/// A rendered document and what a reader sees in it.
pub struct Page {
    pub rendered: Rendered,
    pub text: String,
}

impl Page {
    /// Fails with the whole text when `part` is not in it. Line breaks and invisible characters do not count.
    #[track_caller]
    pub fn shows(&self, part: &str) {
        assert!(
            squeezed(&self.text).contains(&squeezed(part)),
            "no {part:?} in:\n{}",
            self.text
        );
    }

    #[track_caller]
    pub fn shows_not(&self, part: &str) {
        assert!(
            !squeezed(&self.text).contains(&squeezed(part)),
            "{part:?} in:\n{}",
            self.text
        );
    }

    pub fn count(&self, part: &str) -> usize {
        squeezed(&self.text).matches(&squeezed(part)).count()
    }
}

pub async fn invoice(sample: &str, doc: InvoiceDocument) -> Page {
    page(sample, RENDERER.invoice(doc).await.unwrap())
}

pub async fn usage(sample: &str, doc: UsageDocument) -> Page {
    page(sample, RENDERER.usage(doc).await.unwrap())
}

pub async fn report(sample: &str, doc: ReportDocument) -> Page {
    page(sample, RENDERER.report(doc).await.unwrap())
}

pub fn page(sample: &str, rendered: Rendered) -> Page {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/pdf-samples");
    fs::create_dir_all(&directory).unwrap();
    let file = directory.join(format!("{sample}.pdf"));
    fs::write(&file, &rendered.pdf).unwrap();
    let read = Command::new("pdftotext")
        .args(["-raw", "-enc", "UTF-8"])
        .arg(&file)
        .arg("-")
        .output();
    let text = String::from_utf8(
        read.expect("pdftotext (Debian: poppler-utils) reads the samples")
            .stdout,
    )
    .unwrap();
    Page { rendered, text }
}

fn squeezed(text: &str) -> String {
    let visible = |c: &char| {
        !c.is_whitespace() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2066}'..='\u{2069}' | '\u{202a}'..='\u{202e}')
    };
    text.chars().filter(visible).collect()
}
