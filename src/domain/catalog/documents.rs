//! Cuts the answer of `GET /catalog/xml` into one document per version, so that each is kept and reported on by itself.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::CatalogError;

/// A version's own text.
pub(super) struct Document<'t> {
    pub(super) text: &'t str,
    /// On which line of the whole it begins.
    pub(super) line: usize,
}

/// The text of each version element, in the order of the answer.
pub(super) fn split(text: &str) -> Result<Vec<Document<'_>>, CatalogError> {
    // A file's byte order mark is skipped by the reader and not counted in its positions.
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = Reader::from_str(text);
    let (mut depth, mut rooted, mut start, mut found) = (0_usize, false, None, Vec::new());
    loop {
        let before = position(&reader);
        match reader
            .read_event()
            .map_err(|error| CatalogError::NotXml(error.to_string()))?
        {
            Event::Start(element) => {
                if start.is_none() && is_version(&element, depth)? {
                    start = Some((before, depth));
                }
                rooted = true;
                depth += 1;
            }
            Event::Empty(element) if depth == 0 => {
                is_version(&element, depth)?;
                rooted = true;
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                if let Some((from, _)) = start.take_if(|(_, at)| *at == depth) {
                    found.push(Document {
                        text: text.get(from..position(&reader)).unwrap_or_default(),
                        line: 1 + text.get(..from).unwrap_or_default().matches('\n').count(),
                    });
                }
            }
            Event::Eof if depth == 0 && rooted => return Ok(found),
            Event::Eof => return Err(CatalogError::NotXml("it has no beginning or no end".to_owned())),
            _ => {}
        }
    }
}

/// A version is a root `<catalog>`, or a `<version>` in the `<versions>` of a root `<catalogs>`.
fn is_version(element: &BytesStart<'_>, depth: usize) -> Result<bool, CatalogError> {
    match (depth, element.local_name().as_ref()) {
        (0, "catalog") | (2, "version") => Ok(true),
        (0, "catalogs") => Ok(false),
        (0, other) => Err(CatalogError::NoCatalog(other.to_owned())),
        _ => Ok(false),
    }
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}
