//! The answer to a push: what became of each record, and the counts.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::hold::HoldCode;
use crate::domain::usage::{RecordKey, Rejection, Verdict};
use crate::domain::uuid_hex::hex;
use crate::domain::words::words;

/// What became of a push.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct PushAnswer {
    /// New records, committed and safe on disk.
    pub accepted: usize,
    /// Records that were stored before with the same quantity.
    pub duplicate: usize,
    /// Records that replaced another quantity as a new revision.
    pub corrected: usize,
    /// Records stored before with another quantity; nothing changed.
    pub conflict: usize,
    /// Records that are wrong in themselves.
    pub rejected: usize,
    /// Only with `atomic=true`: good records that were not stored because of others.
    #[serde(skip_serializing_if = "is_zero")]
    pub withheld: usize,
    /// Why some of them wait here, each reason once; absent when none does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<HeldRecords>,
    /// In the order of the push; with `results=problems` without what is accepted or duplicate.
    pub results: Vec<RecordResult>,
}

/// A reason for which records of the push wait.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldRecords {
    /// The code that stands with the records.
    pub held: HoldCode,
    pub held_detail: &'static str,
    /// What to do; when it is done, the records go out by themselves.
    pub held_remedy: &'static str,
    pub records: usize,
}

words! {
    /// What a push did with a record.
    pub enum RecordStatus = "status of a pushed record" {
        Accepted = "accepted",
        Duplicate = "duplicate",
        Corrected = "corrected",
        Conflict = "conflict",
        Rejected = "rejected",
        Withheld = "withheld",
    }
}

/// What became of one record.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordResult {
    /// Its place in the push, from 0.
    pub index: usize,
    /// `withheld`: in an atomic push that failed.
    pub status: RecordStatus,
    /// The record's uuid, where it is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// Why it cannot be billed yet. It goes out by itself when the reason is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<HoldCode>,
    /// The field that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// On a conflict: the quantity that is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored_quantity: Option<String>,
}

/// Why records of the push wait.
#[derive(Default)]
pub(super) struct Holds {
    /// By (resource, meter).
    pub(super) routes: BTreeMap<(i64, i16), Option<HoldCode>>,
    /// Single hours, for their distance from the clocks.
    pub(super) far: HashMap<RecordKey, HoldCode>,
}

impl Holds {
    fn of(&self, key: RecordKey) -> Option<HoldCode> {
        let route = || self.routes.get(&(key.resource_id, key.meter_id)).copied().flatten();
        self.far.get(&key).copied().or_else(route)
    }
}

impl PushAnswer {
    pub(super) fn new(verdicts: impl IntoIterator<Item = Verdict>, holds: &Holds) -> Self {
        let mut answer = Self::default();
        for (index, verdict) in verdicts.into_iter().enumerate() {
            let result = RecordResult::new(index, verdict, holds);
            *answer.count(result.status) += 1;
            answer.results.push(result);
        }
        answer.holds = answer.held();
        answer
    }

    fn held(&self) -> Vec<HeldRecords> {
        let mut counts: BTreeMap<HoldCode, usize> = BTreeMap::new();
        for code in self.results.iter().filter_map(|result| result.held) {
            *counts.entry(code).or_default() += 1;
        }
        let held = |(held, records): (HoldCode, usize)| HeldRecords {
            held,
            held_detail: held.sentence(),
            held_remedy: held.remedy(),
            records,
        };
        counts.into_iter().map(held).collect()
    }

    /// Whether every record is stored.
    pub(super) const fn is_clean(&self) -> bool {
        self.conflict == 0 && self.rejected == 0
    }

    /// Nothing was stored: what would have been is withheld.
    pub(super) fn withhold(mut self) -> Self {
        self.withheld = self.accepted + self.corrected;
        (self.accepted, self.corrected) = (0, 0);
        self.holds.clear();
        let stored =
            |result: &&mut RecordResult| matches!(result.status, RecordStatus::Accepted | RecordStatus::Corrected);
        for result in self.results.iter_mut().filter(stored) {
            *result = RecordResult {
                code: Some("atomic"),
                detail: Some("Not stored: another record of this atomic push was refused.".to_owned()),
                ..RecordResult::of(result.index, RecordStatus::Withheld)
            };
        }
        self
    }

    pub(super) fn only_problems(mut self) -> Self {
        self.results
            .retain(|result| !matches!(result.status, RecordStatus::Accepted | RecordStatus::Duplicate));
        self
    }

    const fn count(&mut self, status: RecordStatus) -> &mut usize {
        match status {
            RecordStatus::Accepted => &mut self.accepted,
            RecordStatus::Duplicate => &mut self.duplicate,
            RecordStatus::Corrected => &mut self.corrected,
            RecordStatus::Conflict => &mut self.conflict,
            RecordStatus::Rejected => &mut self.rejected,
            RecordStatus::Withheld => &mut self.withheld,
        }
    }
}

impl RecordResult {
    const fn of(index: usize, status: RecordStatus) -> Self {
        Self {
            index,
            status,
            uuid: None,
            held: None,
            field: None,
            code: None,
            detail: None,
            stored_quantity: None,
        }
    }

    fn new(index: usize, verdict: Verdict, holds: &Holds) -> Self {
        let stored = |status, key: RecordKey| Self {
            uuid: Some(hex(key.uuid())),
            held: holds.of(key),
            ..Self::of(index, status)
        };
        match verdict {
            Verdict::Accepted(key) => stored(RecordStatus::Accepted, key),
            Verdict::Duplicate(key) => stored(RecordStatus::Duplicate, key),
            Verdict::Corrected(key) => stored(RecordStatus::Corrected, key),
            Verdict::Conflict { key, stored: quantity } => {
                let quantity = quantity.value().normalize().to_string();
                Self {
                    field: Some("quantity".to_owned()),
                    code: Some("conflict"),
                    detail: Some(format!(
                        "{quantity} is stored for this hour; send \"correction\": true to replace it"
                    )),
                    stored_quantity: Some(quantity),
                    held: None,
                    ..stored(RecordStatus::Conflict, key)
                }
            }
            Verdict::Rejected(Rejection { field, code, detail }) => Self {
                field: Some(field),
                code: Some(code),
                detail: Some(detail),
                ..Self::of(index, RecordStatus::Rejected)
            },
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}
