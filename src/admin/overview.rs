//! The first page: is everything billed? A sentence and a colour, the way of the records from step to step, the jobs, what
//! does not add up, and this month beside the last.

use askama::Template;
use axum::extract::State;
use chrono::{DateTime, Datelike, Months, Utc};

use super::ask::Asker;
use super::column::{Cell, Column, Look, Show, age, text_at};
use super::frame::{Frame, Visit};
use super::jobs::{self, JobView};
use super::problem::{Failure, Shown};
use super::state::AdminState;
use super::{thing, view};
use crate::db::backlog::{self, Backlog};
use crate::domain::billed::{Billed, Known};
use crate::domain::delivery::DeliveryState;
use crate::domain::job::{self, Job};
use crate::domain::settlement::SettlementState;
use crate::domain::usage::RecordState;
use crate::signals::KillbillState;

const WORST: [Column; 4] = [
    Column::new("Kind", "kind", Show::Link("discrepancies", "uuid")).under("detail"),
    Column::new("Customer", "customer_name", Show::Link("customers", "customer_uuid")),
    Column::new("Worth", "amount", Show::Money("currency")),
    Column::new("Open for", "age", Show::Age).minor(),
];

#[derive(Template)]
#[template(path = "overview.html", config = "src/admin/askama.toml")]
struct OverviewPage {
    frame: Frame,
    billed: (&'static str, &'static str),
    steps: Vec<Step>,
    jobs: Vec<JobView>,
    columns: &'static [Column],
    worst: Vec<Vec<Cell>>,
    open: i64,
    to_approve: i64,
    missing: i64,
    costs: Vec<(String, String)>,
    killbill: (&'static str, &'static str, String),
    now: String,
    version: &'static str,
}

/// A step of the way from a push to an invoice.
struct Step {
    title: &'static str,
    href: String,
    count: i64,
    unit: &'static str,
    note: String,
    tone: &'static str,
}

/// The page.
pub(super) async fn show(State(state): State<AdminState>, visit: Visit, asker: Asker) -> Shown {
    let now = state.app.clock.now();
    let backlog = backlog::read(&state.app.pool, now).await?;
    let worst = asker
        .get("/api/discrepancies/?state=open&o=-amount&page_size=5")
        .await?;
    let jobs = asker.get("/api/jobs/?page_size=50").await?.body;
    let to_approve = total(&asker, "/api/corrections/?state=waiting&page_size=1").await?;
    let missing = total(&asker, "/api/missing-hours/?declared=false&page_size=1").await?;
    let open = worst.total.unwrap_or_default();
    let known = Known {
        discrepancies: open,
        holes: missing,
        to_approve,
        ..known(&backlog, &state)
    };
    view::page(&OverviewPage {
        billed: sentence(known.billed()),
        steps: steps(&backlog, &asker, &state.base).await?,
        jobs: jobs::views(&jobs)?,
        columns: &WORST,
        worst: thing::table(&WORST, &worst.body, &state.base)?,
        missing,
        costs: costs(&asker, now).await?,
        killbill: killbill(&state),
        now: now.format("%F %H:%M").to_string(),
        version: env!("CARGO_PKG_VERSION"),
        frame: visit.frame(visit.texts.say("Overview")).await?,
        open,
        to_approve,
    })
}

/// What the queues, the jobs and Kill Bill's answers say.
fn known(backlog: &Backlog, state: &AdminState) -> Known {
    let late = backlog
        .jobs
        .iter()
        .filter(|job| job.failed || job::is_late(job.overdue));
    let refused = backlog
        .settlements
        .iter()
        .find(|(state, _)| *state == SettlementState::Refused);
    Known {
        refused: records(backlog, RecordState::Refused),
        unknown: records(backlog, RecordState::Unknown),
        held: records(backlog, RecordState::Held),
        under_way: records(backlog, RecordState::Pending) + records(backlog, RecordState::Sending),
        refused_settlements: refused.map_or(0, |(_, count)| *count),
        late_jobs: i64::try_from(late.count()).unwrap_or(i64::MAX),
        delivery_paused: backlog.jobs.iter().any(|job| job.paused && job.name == Job::Deliver),
        killbill_away: matches!(state.app.killbill_state(), KillbillState::Unreachable { .. }),
        ..Known::default()
    }
}

/// The answer in words, and its colour.
const fn sentence(billed: Billed) -> (&'static str, &'static str) {
    match billed {
        Billed::Wrong => ("Not everything is billed right: something needs a person.", "bad"),
        Billed::Waiting => ("No money is wrong, but some usage waits for a person.", "wait"),
        Billed::Holes => (
            "What was pushed is billed right, but hours of running resources were never pushed.",
            "wait",
        ),
        Billed::UnderWay => ("Everything that was pushed is on its way.", "busy"),
        Billed::Everything => ("Everything that was pushed is with Kill Bill, and it adds up.", "good"),
    }
}

fn records(backlog: &Backlog, state: RecordState) -> i64 {
    backlog
        .records
        .iter()
        .find(|waiting| waiting.state == state)
        .map_or(0, |waiting| waiting.records)
}

async fn steps(backlog: &Backlog, asker: &Asker, base: &str) -> Result<Vec<Step>, Failure> {
    let waiting = |title, state, tone| waiting(backlog, base, (title, state, tone));
    let deliveries = |title, state, tone| deliveries(backlog, base, (title, state, tone));
    let invoices = total(asker, "/api/invoices/?page_size=1&field=uuid").await?;
    let billed = Step {
        title: "Billed",
        href: format!("{base}/admin/invoices/"),
        count: invoices,
        unit: "invoices",
        note: String::new(),
        tone: if invoices > 0 { "good" } else { "none" },
    };
    Ok(vec![
        waiting("Held", RecordState::Held, "wait"),
        waiting("Waiting", RecordState::Pending, "busy"),
        waiting("Under way", RecordState::Sending, "busy"),
        waiting("Not known", RecordState::Unknown, "bad"),
        waiting("Refused", RecordState::Refused, "bad"),
        deliveries("Delivered", DeliveryState::Delivered, "busy"),
        deliveries("Verified", DeliveryState::Verified, "good"),
        billed,
    ])
}

/// A step's title, the state of what is in it, and the tone that it has then.
type Named<S> = (&'static str, S, &'static str);

fn waiting(backlog: &Backlog, base: &str, (title, state, tone): Named<RecordState>) -> Step {
    let found = backlog.records.iter().find(|waiting| waiting.state == state);
    let count = found.map_or(0, |waiting| waiting.records);
    let oldest = found.map_or(0, |waiting| waiting.oldest.num_seconds());
    let worth = backlog
        .values
        .iter()
        .filter(|value| value.state == state && !value.amount.is_zero());
    let mut notes: Vec<String> = worth
        .map(|value| format!("{} {}", value.amount.round_dp(2), value.currency))
        .collect();
    if count > 0 {
        notes.push(age(&oldest.to_string()));
    }
    Step {
        title,
        href: format!("{base}/admin/usage/?state={state}"),
        count,
        unit: "records",
        note: notes.join(" · "),
        tone: if count > 0 { tone } else { "none" },
    }
}

fn deliveries(backlog: &Backlog, base: &str, (title, state, tone): Named<DeliveryState>) -> Step {
    let found = backlog.deliveries.iter().find(|(one, _)| *one == state);
    let count = found.map_or(0, |(_, count)| *count);
    Step {
        title,
        href: format!("{base}/admin/deliveries/?state={state}"),
        count,
        unit: "deliveries",
        note: String::new(),
        tone: if count > 0 { tone } else { "none" },
    }
}

async fn total(asker: &Asker, address: &str) -> Result<i64, Failure> {
    Ok(asker.get(address).await?.total.unwrap_or_default())
}

/// What was invoiced this month, and the month before.
async fn costs(asker: &Asker, now: DateTime<Utc>) -> Result<Vec<(String, String)>, Failure> {
    let mut costs = Vec::new();
    for back in [0, 1] {
        let month = now.checked_sub_months(Months::new(back)).unwrap_or(now);
        let address = format!("/api/billing-total-cost/?year={}&month={}", month.year(), month.month());
        let cost = asker.get(&address).await?.body;
        let amount = format!("{} {}", text_at(&cost, "total")?, text_at(&cost, "currency")?);
        costs.push((month.format("%Y-%m").to_string(), amount));
    }
    Ok(costs)
}

fn killbill(state: &AdminState) -> (&'static str, &'static str, String) {
    let at = |at: DateTime<Utc>| at.format("%F %H:%M UTC").to_string();
    match state.app.killbill_state() {
        KillbillState::Unknown => ("not asked yet", "over", String::new()),
        KillbillState::Reachable { at: when } => ("reachable", "good", at(when)),
        KillbillState::Unreachable { since, detail } => ("unreachable", "bad", format!("{} · {detail}", at(since))),
    }
}
