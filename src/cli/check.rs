//! `check`: one line per finding, and whether the service could bill right now.

use std::process::ExitCode;

use crate::check::{self, Finding, Findings, Grade};
use crate::config::Settings;

pub(super) async fn check(settings: Settings) -> ExitCode {
    exit_code(&check::check(&settings, print).await)
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(super) fn print(Finding { grade, text }: &Finding) {
    let mark = match grade {
        Grade::Good => "ok      ",
        Grade::Notice => "notice  ",
        Grade::Mend => "MEND    ",
        Grade::Blind => "UNKNOWN ",
    };
    println!("{mark}{text}");
}

/// 0 = ready to bill, 1 = something must be mended, 2 = could not look.
pub(super) fn exit_code(findings: &Findings) -> ExitCode {
    match findings.worst() {
        Some(Grade::Blind) => ExitCode::from(2),
        Some(Grade::Mend) => ExitCode::from(1),
        _ => ExitCode::SUCCESS,
    }
}
