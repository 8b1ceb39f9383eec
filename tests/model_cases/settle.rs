//! Money beside usage, as settlements use it: charges on drafts, credits on those drafts, their commit and their end, and
//! what is refused. No month has to pass.

mod charges;
mod credits;
mod refusals;
pub mod told;

use super::bench::Bench;

#[tokio::test]
async fn money_beside_usage_moves_alike_in_the_model() {
    Box::pin(all(&Bench::modelled(1).await)).await;
}

#[tokio::test]
async fn money_beside_usage_moves_alike_in_the_real_server() {
    Box::pin(all(&Bench::shared())).await;
}

async fn all(bench: &Bench) {
    futures::join!(
        charges::a_draft_is_owed_from_its_commit_on(bench),
        charges::the_draft_of_a_late_request_is_voided(bench),
        charges::invoices_are_read_from_a_day_on(bench),
        charges::an_item_is_adjusted_down_to_nothing(bench),
        charges::a_parked_account_can_be_charged(bench),
        credits::credits_on_a_draft_are_used_at_once_as_far_as_there_is_something_unpaid(bench),
        credits::a_credit_that_nothing_needs_waits_for_the_next_charge(bench),
        credits::a_charge_does_not_use_the_credit_of_a_draft(bench),
        credits::a_credit_on_a_draft_with_charges_makes_it_less(bench),
        credits::usage_is_paid_from_credit(bench),
        credits::the_used_credit_of_a_voided_draft_stays_used(bench),
        credits::an_invoice_of_its_own(bench),
    );
    futures::join!(
        refusals::charges_are_taken_whole_or_not_at_all(bench),
        refusals::credits_are_taken_whole_or_not_at_all(bench),
        refusals::a_draft_that_was_shut_takes_no_credit(bench),
        refusals::what_is_paid_or_given_away_is_not_voided(bench),
        refusals::what_nobody_knows(bench),
        refusals::what_is_more_than_a_column_holds_is_no_answer(bench),
    );
}
