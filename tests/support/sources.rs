//! The project's own files, for tests that hold them to a rule.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// All files below a folder of the project; a file is below itself.
pub fn files(place: &str) -> Vec<PathBuf> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join(place);
    let entries = WalkDir::new(place)
        .into_iter()
        .map(|entry| entry.expect("our own files"));
    entries
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect()
}
