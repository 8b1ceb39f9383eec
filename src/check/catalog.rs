//! What catalog files would do to usage, before they are uploaded and without any server.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Finding, Findings, Grade};
use crate::domain::catalog::{self, CatalogVersion, Place, Versions, places};
use crate::domain::price::{HOURS_IN_MONTH, Tier};
use crate::domain::timeline::{Outlook, Prospect, TenantTerms, outlook};

/// Which file a version came from.
type Sources = BTreeMap<DateTime<Utc>, String>;

/// A file's name, and its text or why there is none.
pub type Source = (String, Result<String, String>);

/// The files are versions of one catalog. Without `currency` each of the catalog's own is looked at. Versions that are
/// superseded by `now` are only told.
pub fn check(files: Vec<Source>, currency: Option<&str>, now: DateTime<Utc>, tell: fn(&Finding)) -> Findings {
    let mut findings = Findings::new(tell);
    let mut versions: Vec<CatalogVersion> = Vec::new();
    let mut sources = Sources::new();
    for (name, text) in files {
        match text.and_then(|text| read(&text)) {
            Ok(read) => {
                let named = read.iter().map(|version| (version.effective_from, name.clone()));
                sources.extend(named);
                versions.extend(read);
            }
            Err(text) => findings.add(Grade::Blind, &format!("{name}: {text}")),
        }
    }
    versions.sort_by_key(|version| version.effective_from);
    judge(&mut findings, &versions, &sources, currency, now);
    findings
}

fn read(text: &str) -> Result<Vec<CatalogVersion>, String> {
    match catalog::parse(text, HOURS_IN_MONTH) {
        Ok(versions) if versions.is_empty() => Err("there is no catalog version in it".to_owned()),
        other => other.map_err(|error| error.to_string()),
    }
}

fn judge(
    findings: &mut Findings,
    versions: &[CatalogVersion],
    sources: &Sources,
    currency: Option<&str>,
    now: DateTime<Utc>,
) {
    let file = |version| sources.get(&version).map_or("", String::as_str);
    let in_force = versions.iter().rfind(|version| version.effective_from <= now);
    let since = in_force.map(|version| version.effective_from);
    for version in versions.iter().filter(|version| Some(version.effective_from) >= since) {
        for finding in &version.findings {
            let day = version.effective_from.date_naive();
            findings.add(
                Grade::Notice,
                &format!(
                    "version {day}: {}: {}{}",
                    finding.subject,
                    finding.text,
                    place(file(version.effective_from), &finding.place)
                ),
            );
        }
    }
    let all = Versions::of(versions);
    let mut currencies: Vec<String> = currency.map(str::to_owned).into_iter().collect();
    if currencies.is_empty() {
        let priced = versions.iter().flat_map(|version| &version.content.currencies.currency);
        currencies = priced.cloned().collect();
        currencies.sort();
        currencies.dedup();
    }
    for currency in &currencies {
        for one in outlook(&all, currency, TenantTerms::default()) {
            let is_over = one.until.is_some_and(|until| until <= now);
            let place = place(file(one.version), &place_of(versions, &one));
            let text = format!("{}{place}", text(&one, currency));
            findings.add(grade(&one, is_over), &text);
        }
    }
}

/// Where the unit is priced in the phase, or where the phase stands that does not price it.
pub(super) fn place_of(versions: &[CatalogVersion], one: &Outlook) -> String {
    let version = versions.iter().find(|version| version.effective_from == one.version);
    let places = version.map(|version| version.places.as_slice()).unwrap_or_default();
    let place = places::find(places, &one.plan, Some(&one.kind), None, Some(&one.unit));
    place.map(Place::to_string).unwrap_or_default()
}

/// At the end of a line.
pub(super) fn place(file: &str, place: &str) -> String {
    match (file, place) {
        (_, "") => String::new(),
        ("", place) => format!(" ({place})"),
        (file, place) => format!(" ({file}, {place})"),
    }
}

const fn grade(one: &Outlook, is_over: bool) -> Grade {
    match one.prospect {
        Prospect::Billed(_) => Grade::Good,
        Prospect::GivenAway => Grade::Notice,
        Prospect::Held(_) if is_over => Grade::Notice,
        Prospect::Held(_) => Grade::Mend,
    }
}

fn text(one: &Outlook, currency: &str) -> String {
    let until = one.until.map_or_else(String::new, |until| {
        format!(" until {}", until.format("%Y-%m-%d %H:%M"))
    });
    let what = match &one.prospect {
        Prospect::Billed(tiers) => format!("billed: {}", prices(tiers, currency)),
        Prospect::GivenAway => "given away: the trial does not price it".to_owned(),
        Prospect::Held(why) => format!("held: {why}"),
    };
    format!(
        "plan {}, unit {}, {} from {}{until}: {what}",
        one.plan,
        one.unit,
        one.phase,
        one.from.format("%Y-%m-%d %H:%M")
    )
}

fn prices(tiers: &[Tier], currency: &str) -> String {
    let tier = |tier: &Tier| {
        let up_to = tier
            .max
            .map_or_else(String::new, |max| format!(" for the first {} blocks", max.normalize()));
        format!(
            "{} {currency} per {}{up_to}",
            tier.block_price.normalize(),
            tier.block_size.normalize()
        )
    };
    tiers.iter().map(tier).collect::<Vec<_>>().join(", then ")
}
