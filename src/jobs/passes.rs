//! What one pass of each job does. A pass that finds something new wakes the job that goes on from there.

use std::fmt::Display;

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Pass, notifications};
use crate::app::App;
use crate::db::routes;
use crate::delivery::Progress;
use crate::domain::job::Job;
use crate::sync;
use crate::sync::accounts::{explain_parked, sync_accounts};
use crate::sync::invoices::{InvoiceSync, SweepReport, TURNS};
use crate::sync::reconcile::reconcile_all;
use crate::sync::watch::{watch_accounts, watch_usage};

pub(super) async fn pass(app: &App, job: Job, progress: Progress<'_>) -> anyhow::Result<Pass> {
    let pass = match job {
        Job::Deliver => deliver(app, progress).await,
        Job::SyncPrices => sync_prices(app).await,
        Job::SyncInvoices => sync_invoices(app, progress).await,
        Job::Reconcile => reconcile(app, progress).await,
        Job::Estimates => estimates(app).await,
        Job::Mail => mail(app).await,
    };
    note_killbill(app, job, &pass);
    pass
}

async fn deliver(app: &App, progress: Progress<'_>) -> anyhow::Result<Pass> {
    // A resource that was registered, or a price that appeared, frees what waited for it.
    let routing = app.book.routing(&app.pools.jobs).await?;
    routes::refresh_held(&app.pools.jobs, &routing).await?;
    let delivered = app.delivery().pass(progress).await;
    // What cannot travel as usage, after what can: a delivery of this pass counts in what a correction is worth. What stops
    // the one need not stop the other.
    let settled = app.settler().pass().await;
    let (report, settled) = (delivered?, settled?);
    if settled.posted + settled.surplus > 0 {
        app.signals.wake(Job::SyncInvoices);
    }
    let failures = report.failures + settled.failures;
    let error = (failures > 0).then(|| format!("{failures} resources, deliveries or settlements did not go through"));
    let result = with(&report, [("settlements", json!(settled))]);
    Ok(Pass { result, error })
}

async fn sync_prices(app: &App) -> anyhow::Result<Pass> {
    let divisor = Decimal::from(app.settings.billing.monthly_divisor);
    let synced = sync::prices::sync_prices(&app.pools.jobs, &app.killbill, &app.clock, divisor, &app.book).await?;
    if synced.rerouted > 0 {
        app.signals.wake(Job::Deliver);
    }
    // The prices are read all the same, and invoices come by sweep.
    let callback = match notifications::ensure(app).await {
        Ok(()) => json!(null),
        Err(error) => json!(format!("Kill Bill's notifications could not be ensured: {error:#}")),
    };
    let result = with(&synced, [("callback", callback)]);
    Ok(Pass { result, error: None })
}

async fn sync_invoices(app: &App, progress: Progress<'_>) -> anyhow::Result<Pass> {
    let sync = InvoiceSync {
        pool: app.pools.jobs.clone(),
        killbill: app.killbill.clone(),
        clock: app.clock.clone(),
    };
    // Whose invoices will not come at all, and why; an account that is free again has usage to send.
    let accounts = sync_accounts(&app.pools.jobs, &app.killbill, &app.clock).await;
    if accounts.as_ref().is_ok_and(|accounts| accounts.changed > 0) {
        app.signals.wake(Job::Deliver);
        app.signals.wake(Job::Reconcile);
    }
    let read = async {
        let tail = sync.tail().await;
        let swept = sync.sweep(TURNS, |seen| progress(seen.done as u64, seen.of as u64));
        (tail, swept.await)
    };
    // Why accounts are parked takes many questions: nobody's invoices wait for the answers.
    let explain = explain_parked(&app.pools.jobs, &app.killbill, &app.clock);
    let ((tail, swept), explained) = futures::join!(read, explain);
    let report = swept?;
    if report.invoices.new + report.invoices.changed > 0 {
        app.signals.wake(Job::Reconcile);
    }
    let error = failures([
        report.error.clone(),
        failed("the accounts' tags could not be read", &accounts),
        failed("parked accounts could not be asked about", &explained),
        failed("the list of all invoices could not be read", &tail),
        overdue(&report),
    ]);
    let accounts = with(&accounts.ok(), [("explained", json!(explained.ok()))]);
    let result = with(&report, [("accounts", accounts), ("tail", json!(tail.ok()))]);
    Ok(Pass { result, error })
}

/// A report, and what else the pass did.
fn with<const N: usize>(report: &impl Serialize, more: [(&str, Value); N]) -> Value {
    let mut told = match json!(report) {
        Value::Object(told) => told,
        _ => Map::new(),
    };
    told.extend(more.map(|(name, value)| (name.to_owned(), value)));
    Value::Object(told)
}

fn failed<T, E: Display>(what: &str, outcome: &Result<T, E>) -> Option<String> {
    outcome.as_ref().err().map(|error| format!("{what}: {error}"))
}

fn overdue(report: &SweepReport) -> Option<String> {
    let many = "customers' invoices have not been read in full for more than a day";
    (report.overdue > 0).then(|| format!("{} {many}", report.overdue))
}

/// All that went wrong, if anything did.
fn failures<const N: usize>(reasons: [Option<String>; N]) -> Option<String> {
    let reasons: Vec<String> = reasons.into_iter().flatten().collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

async fn reconcile(app: &App, progress: Progress<'_>) -> anyhow::Result<Pass> {
    let report = reconcile_all(&app.pools.jobs, &app.clock, |done, of| progress(done as u64, of as u64)).await?;
    let (currency, settle_after) = (&app.settings.billing.currency, app.settings.delivery.settle_after);
    let accounts = watch_accounts(&app.pools.jobs, &app.clock, currency).await?;
    let usage = watch_usage(
        &app.pools.jobs,
        &app.clock,
        currency,
        settle_after,
        app.settings.sync.silence,
    )
    .await?;
    let error = (report.failed > 0).then(|| format!("{} invoices could not be checked", report.failed));
    if app.settings.mail.as_ref().is_some_and(|mail| mail.issued) {
        app.signals.wake(Job::Mail);
    }
    let result = with(&report, [("accounts", json!(accounts)), ("usage", json!(usage))]);
    Ok(Pass { result, error })
}

async fn estimates(app: &App) -> anyhow::Result<Pass> {
    let estimated = sync::estimates::estimate(&app.pools.jobs, &app.clock, &app.book).await?;
    let compared = sync::dry_runs::compare(&app.pools.jobs, &app.clock, &app.killbill, &app.book).await?;
    Ok(Pass {
        error: compared.error.clone(),
        result: json!({"estimates": estimated, "dry_runs": compared}),
    })
}

async fn mail(app: &App) -> anyhow::Result<Pass> {
    let Some(mailer) = app.mailer() else {
        return Ok(Pass {
            result: json!({"configured": false}),
            error: None,
        });
    };
    let report = mailer.pass().await?;
    let error = (report.failed > 0).then(|| format!("{} letters could not be sent", report.failed));
    Ok(Pass {
        result: json!(report),
        error,
    })
}

/// What `/health/ready` says about Kill Bill. Reconciling, estimating and sending letters mostly ask it nothing.
fn note_killbill(app: &App, job: Job, pass: &anyhow::Result<Pass>) {
    let now = app.clock.now();
    match pass {
        Ok(_) if matches!(job, Job::Reconcile | Job::Estimates | Job::Mail) => {}
        Ok(_) => app.signals.killbill_answered(now),
        Err(_) if matches!(job, Job::Estimates | Job::Mail) => {}
        Err(error) => app.signals.killbill_failed(now, format!("{error:#}")),
    }
}
