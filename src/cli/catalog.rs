//! `check --catalog FILE…`: what catalog files would do to usage, before they are uploaded and without any server.

use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, Utc};

use super::check::{exit_code, print};
use crate::check::catalog::{self, Source};

pub(super) fn check(files: &[PathBuf], currency: Option<&str>, now: DateTime<Utc>) -> ExitCode {
    let read = |file: &PathBuf| -> Source {
        let text = std::fs::read_to_string(file).map_err(|error| error.to_string());
        (file.display().to_string(), text)
    };
    exit_code(&catalog::check(files.iter().map(read).collect(), currency, now, print))
}
