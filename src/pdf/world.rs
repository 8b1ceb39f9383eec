//! What Typst may see while it compiles: our templates, one data file, our fonts. No other file, no clock.

use std::sync::{Arc, LazyLock};

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use super::fonts::Fonts;

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));
static INVOICE: LazyLock<Source> = LazyLock::new(|| template("/invoice.typ", include_str!("templates/invoice.typ")));
static USAGE: LazyLock<Source> = LazyLock::new(|| template("/usage.typ", include_str!("templates/usage.typ")));
static REPORT: LazyLock<Source> = LazyLock::new(|| template("/report.typ", include_str!("templates/report.typ")));
static COMMON: LazyLock<Source> = LazyLock::new(|| template("/common.typ", include_str!("templates/common.typ")));
/// Interned for good, so always the same path and never one per document.
static DATA: LazyLock<FileId> = LazyLock::new(|| file_id("/data.json"));

/// Which template is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    Invoice,
    Usage,
    Report,
}

impl Template {
    fn source(self) -> &'static Source {
        match self {
            Self::Invoice => &INVOICE,
            Self::Usage => &USAGE,
            Self::Report => &REPORT,
        }
    }
}

/// One compilation: a template with its data.
pub struct DocumentWorld {
    fonts: Arc<Fonts>,
    template: Template,
    data: Bytes,
}

impl DocumentWorld {
    pub fn new(fonts: Arc<Fonts>, template: Template, data: String) -> Self {
        Self {
            fonts,
            template,
            data: Bytes::from_string(data),
        }
    }
}

impl World for DocumentWorld {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.fonts.book
    }

    fn main(&self) -> FileId {
        self.template.source().id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let known = [&*COMMON, self.template.source()];
        known
            .into_iter()
            .find(|source| source.id() == id)
            .cloned()
            .ok_or(FileError::AccessDenied)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == *DATA {
            Ok(self.data.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.faces.get(index).cloned()
    }

    /// Dates come from the document: the same input gives the same bytes on any day.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn template(path: &str, text: &str) -> Source {
    Source::new(file_id(path), text.to_owned())
}

#[expect(clippy::expect_used, reason = "the paths are constants of this module")]
fn file_id(path: &str) -> FileId {
    RootedPath::new(
        VirtualRoot::Project,
        VirtualPath::new(path).expect("a valid virtual path"),
    )
    .intern()
}
