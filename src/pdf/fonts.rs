//! The fonts in the binary: Inter (Latin, Cyrillic, Greek), Noto Sans for Hebrew, Arabic, Armenian, Georgian, the scripts of India and
//! Sri Lanka, Thai, Lao, Khmer, Burmese and Ethiopic, symbols, and the usual characters of Chinese, Japanese and Korean; 5.7 MB in all.
//! `dev/fonts` makes them from published packages (SIL OFL 1.1, licences beside the files).
//!
//! What is rarer comes from font directories that the operator names. They go before the embedded Chinese, Japanese and Korean: a
//! country's own shapes win where its font is named.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use typst::foundations::Bytes;
use typst::text::{Font, FontBook, FontFlags};
use typst::utils::LazyHash;

static EMBEDDED: [&[u8]; 25] = [
    include_bytes!("fonts/Inter-Regular.ttf"),
    include_bytes!("fonts/Inter-Medium.ttf"),
    include_bytes!("fonts/Inter-SemiBold.ttf"),
    include_bytes!("fonts/NotoSansHebrew-Regular.ttf"),
    include_bytes!("fonts/NotoSansArabic-Regular.ttf"),
    include_bytes!("fonts/NotoSansArmenian-Regular.ttf"),
    include_bytes!("fonts/NotoSansGeorgian-Regular.ttf"),
    include_bytes!("fonts/NotoSansDevanagari-Regular.ttf"),
    include_bytes!("fonts/NotoSansBengali-Regular.ttf"),
    include_bytes!("fonts/NotoSansGurmukhi-Regular.ttf"),
    include_bytes!("fonts/NotoSansGujarati-Regular.ttf"),
    include_bytes!("fonts/NotoSansOriya-Regular.ttf"),
    include_bytes!("fonts/NotoSansTamil-Regular.ttf"),
    include_bytes!("fonts/NotoSansTelugu-Regular.ttf"),
    include_bytes!("fonts/NotoSansKannada-Regular.ttf"),
    include_bytes!("fonts/NotoSansMalayalam-Regular.ttf"),
    include_bytes!("fonts/NotoSansSinhala-Regular.ttf"),
    include_bytes!("fonts/NotoSansThai-Regular.ttf"),
    include_bytes!("fonts/NotoSansLao-Regular.ttf"),
    include_bytes!("fonts/NotoSansMyanmar-Regular.ttf"),
    include_bytes!("fonts/NotoSansKhmer-Regular.ttf"),
    include_bytes!("fonts/NotoSansEthiopic-Regular.ttf"),
    include_bytes!("fonts/NotoSans-Regular.ttf"),
    include_bytes!("fonts/NotoSansSymbols-Regular.ttf"),
    include_bytes!("fonts/NotoSansSymbols2-Regular.ttf"),
];
/// Asked after the operator's own.
static CJK: &[u8] = include_bytes!("fonts/NotoSansCJKsc-Regular.otf");

/// A font directory could not be read. Say which, so that the operator can mend the configuration.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    #[error("cannot read the font directory {path}: {source}")]
    Directory { path: PathBuf, source: std::io::Error },
    #[error("cannot read the font {path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
}

/// All fonts of the process, read once at start.
pub struct Fonts {
    pub book: LazyHash<FontBook>,
    pub faces: Vec<Font>,
    /// Families in the order in which a character is looked for.
    pub families: Vec<String>,
}

impl Fonts {
    /// The embedded fonts, then those of `directories` (`.ttf`, `.otf`, `.ttc`, also in deeper folders, by path).
    /// A file that is no font is skipped with a warning.
    pub fn load(directories: &[PathBuf]) -> Result<Self, FontError> {
        let mut fonts: Vec<Font> = EMBEDDED.iter().flat_map(|data| Font::iter(Bytes::new(*data))).collect();
        for directory in directories {
            let mut files = Vec::new();
            collect_files(directory, &mut files)?;
            files.sort();
            for file in files {
                fonts.extend(read_font(&file)?);
            }
        }
        fonts.extend(Font::iter(Bytes::new(CJK)));
        Ok(Self {
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            families: families(&fonts),
            faces: fonts,
        })
    }

    /// Whether any font can show `c`.
    pub fn has(&self, c: char) -> bool {
        self.faces.iter().any(|font| font.info().coverage.contains(c.into()))
    }

    /// The first family, and those that `characters` need beside it. Typst tries each family in its turn, so every one that is
    /// not needed costs time.
    pub fn families_for(&self, characters: &BTreeSet<char>) -> Vec<&str> {
        let first_with = |c: &char| {
            let has = |family: &&String| {
                let faces = self.faces.iter().filter(|face| face.info().family == **family);
                faces.into_iter().any(|face| face.info().coverage.contains((*c).into()))
            };
            self.families.iter().position(|family| has(&family))
        };
        let needed: BTreeSet<usize> = characters.iter().filter_map(first_with).chain([0]).collect();
        let families = self.families.iter().enumerate();
        let needed = families.filter(|(index, _)| needed.contains(index));
        needed.map(|(_, family)| family.as_str()).collect()
    }

    /// Whether the font that is tried first can show `c`.
    pub fn main_has(&self, c: char) -> bool {
        self.faces
            .first()
            .is_some_and(|font| font.info().coverage.contains(c.into()))
    }
}

fn collect_files(directory: &Path, files: &mut Vec<PathBuf>) -> Result<(), FontError> {
    let failed = |source| FontError::Directory {
        path: directory.to_owned(),
        source,
    };
    for entry in fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            collect_files(&path, files)?;
        } else if is_font_name(&path) {
            files.push(path);
        }
    }
    Ok(())
}

fn is_font_name(path: &Path) -> bool {
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    ["ttf", "otf", "ttc", "otc"]
        .iter()
        .any(|known| extension.eq_ignore_ascii_case(known))
}

fn read_font(path: &Path) -> Result<Vec<Font>, FontError> {
    let data = fs::read(path).map_err(|source| FontError::File {
        path: path.to_owned(),
        source,
    })?;
    let fonts: Vec<Font> = Font::iter(Bytes::new(data)).collect();
    if fonts.is_empty() {
        tracing::warn!(path = %path.display(), "not a font that can be used, skipped");
    }
    Ok(fonts)
}

/// Monospaced families come last: they would only be taken for a character that no other font has.
fn families(fonts: &[Font]) -> Vec<String> {
    let of = |monospaced: bool| {
        let wanted = move |font: &&Font| font.info().flags.contains(FontFlags::MONOSPACE) == monospaced;
        fonts.iter().filter(wanted).map(|font| font.info().family.clone())
    };
    let mut families: Vec<String> = Vec::new();
    for family in of(false).chain(of(true)) {
        if !families.contains(&family) {
            families.push(family);
        }
    }
    families
}

#[cfg(test)]
mod tests {
    use sha2::Digest;

    use super::*;

    #[test]
    fn the_embedded_fonts_are_complete() {
        let fonts = Fonts::load(&[]).unwrap();
        assert_eq!(fonts.faces.len(), EMBEDDED.len() + 1);
        assert_eq!(fonts.families[..3], ["Inter", "Noto Sans Hebrew", "Noto Sans Arabic"]);
        assert_eq!(fonts.families.last().unwrap(), "Noto Sans CJK SC");
    }

    #[test]
    fn directories_are_read_deeply_and_other_files_skipped() {
        let directory = tempfile::tempdir().unwrap();
        let deep = directory.path().join("a/b");
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("again.TTF"), EMBEDDED[0]).unwrap();
        fs::write(deep.join("broken.otf"), "no font").unwrap();
        fs::write(deep.join("readme.txt"), "no font").unwrap();
        let fonts = Fonts::load(&[directory.path().to_owned()]).unwrap();
        assert_eq!(fonts.faces.len(), EMBEDDED.len() + 2);
        assert_eq!(fonts.faces.last().unwrap().info().family, "Noto Sans CJK SC");
    }

    /// Their bytes are those that `dev/fonts` makes, and it says of which packages.
    #[test]
    fn the_embedded_fonts_are_those_of_the_list() {
        let list = include_str!("fonts/SHA256SUMS");
        for font in EMBEDDED.iter().chain([&CJK]) {
            let sum = hex::encode(sha2::Sha256::digest(font));
            assert!(list.contains(&sum), "{sum}");
        }
        assert_eq!(list.lines().count(), EMBEDDED.len() + 1);
    }

    #[test]
    fn a_missing_directory_is_named() {
        let error = Fonts::load(&[PathBuf::from("no/such/fonts")]).err().unwrap();
        assert!(error.to_string().contains("no/such/fonts"), "{error}");
    }
}
