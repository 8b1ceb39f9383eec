//! Catalogs of other people, as files in a folder: what `check --catalog` says of them before they are uploaded, and what
//! Kill Bill makes of them. Every unit of every plan is billed as the timeline says, or named before anything is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Days, TimeDelta, Utc};
use nodeconductor_billing::domain::catalog::{self, CatalogVersion};

use super::plans::{Row, play};
use super::story::{Calendar, STEP};

/// Files that differ in the mark of their version only.
#[derive(Debug)]
pub struct Family {
    pub name: String,
    /// Text by file, the oldest version first.
    pub files: Vec<(String, String)>,
    /// As far as they can be read here.
    pub versions: Vec<CatalogVersion>,
    /// Why a file cannot.
    pub unread: Vec<String>,
}

#[tokio::test]
async fn catalogs_of_a_folder_are_billed_right_or_named() {
    let folder = std::env::var_os("JUDGE_CATALOGS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/catalogs")),
        PathBuf::from,
    );
    let families = families(&folder);
    assert!(!families.is_empty(), "no catalog in {}", folder.display());
    let mut rows = Vec::new();
    for (calendar, families) in sessions(families) {
        eprintln!("from {} on: {} catalogs", calendar.begins.date_naive(), families.len());
        rows.extend(play(calendar, families).await);
    }
    rows.sort_by(|one: &Row, other| one.name.cmp(&other.name));
    for row in &rows {
        row.notes.iter().for_each(|note| eprintln!("{}: {note}", row.name));
    }
    eprintln!("| file | accepted by Kill Bill | plans | units billed right | held by name | given away | differ |");
    eprintln!("| --- | --- | --- | --- | --- | --- | --- |");
    for row in &rows {
        eprintln!(
            "| {} | {} | {} | {} | {} | {} | {} |",
            row.name, row.accepted, row.plans, row.right, row.held, row.free, row.differ
        );
    }
    let bad: Vec<&str> = rows
        .iter()
        .filter(|row| row.differ > 0)
        .map(|row| row.name.as_str())
        .collect();
    assert!(bad.is_empty(), "neither billed as the timeline says nor named: {bad:?}");
}

fn families(folder: &Path) -> Vec<Family> {
    let mut found: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "xml"))
    {
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(file).unwrap();
        // What Kill Bill answers holds several versions, and is nothing to upload.
        if !text.contains("<catalogs>") {
            found.entry(unmarked(&stem).to_owned()).or_default().push((stem, text));
        }
    }
    found
        .into_iter()
        .map(|(name, files)| Family::read(name, files))
        .collect()
}

/// Without `-v1`, `.v2`, `-3` or `-2a` at its end.
fn unmarked(stem: &str) -> &str {
    let is_mark = |mark: &str| {
        let number = mark.strip_prefix('v').unwrap_or(mark);
        let digits = number.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
        number.len() - digits.len() <= 1 && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    match stem.rfind(['-', '.']) {
        Some(at) if is_mark(&stem[at + 1..]) => &stem[..at],
        _ => stem,
    }
}

impl Family {
    fn read(name: String, mut files: Vec<(String, String)>) -> Self {
        let (mut versions, mut unread, mut dates) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (file, text) in &files {
            match catalog::parse(text, nodeconductor_billing::domain::price::HOURS_IN_MONTH) {
                Ok(read) => {
                    dates.insert(file.clone(), read.first().map(|version| version.effective_from));
                    versions.extend(read);
                }
                Err(error) => unread.push(format!("{file} cannot be read here: {error}")),
            }
        }
        files.sort_by_key(|(file, _)| dates.get(file).copied().flatten());
        versions.sort_by_key(|version| version.effective_from);
        Self {
            name,
            files,
            versions,
            unread,
        }
    }

    /// When something begins in it.
    fn dates(&self) -> BTreeSet<DateTime<Utc>> {
        let plans = |version: &CatalogVersion| {
            let claims = version.content.plans.plan.iter();
            claims
                .filter_map(|plan| plan.effective_date_for_existing_subscriptions)
                .collect::<Vec<_>>()
        };
        let dates = self
            .versions
            .iter()
            .flat_map(|version| [plans(version), vec![version.effective_from]].concat());
        dates.collect()
    }
}

/// Catalogs of one version are played together; those of several by their own dates, each month's on a server.
fn sessions(families: Vec<Family>) -> Vec<(Calendar, Vec<Family>)> {
    let newest = families.iter().flat_map(Family::dates).max().unwrap_or_default();
    let mut sessions: BTreeMap<String, Vec<Family>> = BTreeMap::new();
    for family in families {
        let dates = family.dates();
        let first = dates.first().filter(|_| dates.len() > 1);
        let month = first.map_or_else(|| "later".to_owned(), |first| first.format("%Y-%m").to_string());
        sessions.entry(month).or_default().push(family);
    }
    let calendar = |families: &[Family]| {
        let dates: BTreeSet<DateTime<Utc>> = families.iter().flat_map(Family::dates).collect();
        let several = families.iter().any(|family| family.dates().len() > 1);
        let firsts = families.iter().filter_map(|family| family.dates().first().copied());
        let begins = if several {
            firsts.max().unwrap_or_default()
        } else {
            newest
        };
        let begins = begins
            .date_naive()
            .checked_add_days(Days::new(1))
            .unwrap()
            .and_hms_opt(0, 0, 0)
            .unwrap()
            .and_utc();
        let last = dates.last().copied().unwrap_or(begins).max(begins) + TimeDelta::days(100);
        Calendar {
            begins,
            steps: ((last - begins).num_days() / STEP).clamp(20, 110),
            // The hours of a month's last days come after its run, and are billed by the next one.
            settled: 33,
        }
    };
    sessions
        .into_values()
        .map(|families| (calendar(&families), families))
        .collect()
}
