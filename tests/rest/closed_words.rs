//! Closed words are the same in the database's constraints, in the program and in the description; one that the program does not
//! know is an error that names it, never a state that means nothing.

use std::collections::{BTreeMap, BTreeSet};

use nodeconductor_billing::db::audit::ActorKind;
use nodeconductor_billing::db::deliveries::{self, DeliveryFilter};
use nodeconductor_billing::db::documents::DocumentKind;
use nodeconductor_billing::db::tokens::Role;
use nodeconductor_billing::db::window::Window;
use nodeconductor_billing::domain::delivery::{DeliveryEvent, DeliveryState};
use nodeconductor_billing::domain::estimate::{EstimateSource, ScopeKind};
use nodeconductor_billing::domain::mail::MailState;
use nodeconductor_billing::domain::price::PriceChangeKind;
use nodeconductor_billing::domain::reconcile::Verdict;
use nodeconductor_billing::domain::route::Way;
use nodeconductor_billing::domain::settlement::{
    CorrectionState, Direction, SettlementEvent, SettlementState, SettlementStep,
};

use crate::support::web::Service;

/// Every column that the database holds to a few words, with the enum that the program reads it as.
fn typed() -> BTreeMap<&'static str, &'static [&'static str]> {
    BTreeMap::from([
        ("audit_entry.actor_kind", ActorKind::WORDS),
        ("approval.state", CorrectionState::WORDS),
        ("delivery.state", DeliveryState::WORDS),
        ("delivery_attempt.kind", DeliveryEvent::WORDS),
        ("invoice.verdict", Verdict::WORDS),
        ("invoice_document.kind", DocumentKind::WORDS),
        ("mail.state", MailState::WORDS),
        ("price_change.kind", PriceChangeKind::WORDS),
        ("price_estimate.scope_type", ScopeKind::WORDS),
        ("price_estimate.source", EstimateSource::WORDS),
        ("route.way", Way::WORDS),
        ("settlement.direction", Direction::WORDS),
        ("settlement.state", SettlementState::WORDS),
        ("settlement.step", SettlementStep::WORDS),
        ("settlement_attempt.kind", SettlementEvent::WORDS),
        ("token.role", Role::WORDS),
        // Who signs in to the pages is one of the two who may look at everything.
        ("admin_user.role", &["staff", "support"]),
    ])
}

#[tokio::test]
async fn the_database_takes_exactly_the_words_that_the_program_knows() {
    let service = Service::start().await;
    let constraints: Vec<(String, String)> = sqlx::query_as(
        "select c.conrelid::regclass::text || '.' || a.attname, pg_get_constraintdef(c.oid)
         from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
         where c.contype = 'c' and cardinality(c.conkey) = 1 and pg_get_constraintdef(c.oid) ~ '= ANY \\(ARRAY\\['
           and not exists (select from pg_inherits where inhrelid = c.conrelid)",
    )
    .fetch_all(service.pool())
    .await
    .unwrap();
    let in_quotes = |text: &str| text.split('\'').skip(1).step_by(2).map(str::to_owned).collect();
    let held: BTreeMap<String, BTreeSet<String>> = constraints
        .iter()
        .map(|(column, text)| (column.clone(), in_quotes(text)))
        .collect();
    let known: BTreeMap<String, BTreeSet<String>> = typed()
        .into_iter()
        .map(|(column, words)| (column.to_owned(), words.iter().map(|word| (*word).to_owned()).collect()))
        .collect();
    assert_eq!(held, known);
}

#[tokio::test]
async fn a_word_that_nobody_knows_is_named_with_its_column() {
    let service = super::deliveries::with_refused().await;
    sqlx::raw_sql("alter table delivery drop constraint delivery_state_check; update delivery set state = 'lost'")
        .execute(service.pool())
        .await
        .unwrap();
    let window = Window { limit: 10, offset: 0 };
    let error = deliveries::list(service.pool(), &DeliveryFilter::default(), window)
        .await
        .unwrap_err();
    let error = error.to_string();
    for part in [
        "\"state\"",
        "`lost` is no state of a delivery",
        "prepared, sending, unknown",
    ] {
        assert!(error.contains(part), "{error}");
    }
    let answer = service.get(&service.staff, "/api/deliveries/").await;
    assert_eq!(answer.status, 500);
}

/// Of a closed word the description names every one, wherever it stands.
#[tokio::test]
async fn the_description_lists_the_words_of_a_state() {
    let service = Service::start().await;
    let document = service.get(&service.staff, "/api/schema/").await.json();
    let schema = &document["components"]["schemas"]["DeliveryState"]["enum"];
    assert_eq!(*schema, serde_json::json!(DeliveryState::WORDS));
}
