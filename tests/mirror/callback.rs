//! The address that Kill Bill is to notify is looked after beside the prices, and keeps nobody from reading them.

use nodeconductor_billing::domain::job::Job;
use serde_json::Value;

use crate::crowd::{Crowd, NOW};
use crate::support::killbill_model::Model;
use crate::support::killbill_model::faults::Fault;
use crate::turns::run;
use crate::world::at;

#[tokio::test]
async fn a_refused_callback_is_told_beside_the_prices_and_fails_nothing() {
    let model = Model::start(at(NOW)).await;
    let crowd = Crowd::modelled(&model, 1).await;
    model.on_request(|seen| match seen.path.last().map(String::as_str) {
        Some("registerNotificationCallback") => Fault::Refuse,
        _ => Fault::None,
    });
    let refused = run(&crowd, &model, Job::SyncPrices).await;
    assert_eq!((refused.error, refused.result["versions"].is_number()), (None, true));
    let told = refused.result["callback"].as_str().unwrap();
    assert!(
        told.starts_with("Kill Bill's notifications could not be ensured: "),
        "{told}"
    );

    model.heal();
    let healed = run(&crowd, &model, Job::SyncPrices).await;
    assert_eq!((healed.error, &healed.result["callback"]), (None, &Value::Null));
}
