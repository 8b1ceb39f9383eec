//! Products with a monthly price only: rated here by the hour, charged when Kill Bill's month is over, differences later.

use rust_decimal::dec;

use super::world::Settling;

#[tokio::test]
async fn a_month_is_charged_by_the_hour_and_what_comes_later_as_the_difference() {
    let settling = Settling::new().await;
    let resource = settling
        .used(&[
            ("support", -30, dec!(2)),
            ("support", -29, dec!(1)),
            ("support", -28, dec!(0.5)),
            ("backup", -30, dec!(1)),
            ("support", 1, dec!(9)),
        ])
        .await;
    let report = settling.settle().await;
    assert_eq!(
        (report.fixed, report.posted, report.records, report.failures),
        (1, 1, 4, 0)
    );
    assert_eq!(
        settling.moved().await,
        [dec!(0.07), dec!(0.35)],
        "3.5 × 72 / 720 and 49 / 720, each rounded once"
    );
    assert_eq!(settling.owed().await, dec!(0.42));
    let posted = settling.invoices().await.remove(0).items.remove(1);
    let month = (settling.world.month - chrono::TimeDelta::hours(1))
        .format("%B %Y")
        .to_string();
    assert_eq!(
        posted.description.unwrap(),
        format!("web-1: SUPPORT, hours of {month}: 3.5 hours at 72 USD a month / 720 hours")
    );
    assert_eq!((posted.quantity, posted.rate), (Some(dec!(3.5)), Some(dec!(0.1))));
    assert_eq!(
        settling.world.states(resource).await,
        ["verified", "verified", "verified", "verified", "pending"]
    );
    assert_eq!(settling.mirror().await, ["balanced"]);
    assert_eq!(
        settling.world.states(resource).await,
        ["billed", "billed", "billed", "billed", "pending"]
    );

    settling.world.correct(resource, &[("support", -30, dec!(1))]).await;
    settling.world.push(resource, &[("support", -27, dec!(1))]).await;
    assert_eq!(
        settling.settle().await.fixed,
        1,
        "an hour more and an hour less: nothing to post"
    );
    assert_eq!(settling.settlements().await, ["charge posted", "nothing posted"]);

    settling
        .world
        .correct(resource, &[("support", -29, dec!(0)), ("backup", -30, dec!(2))])
        .await;
    let report = settling.settle().await;
    assert_eq!((report.fixed, report.posted, report.failures), (2, 2, 0));
    assert_eq!(settling.moved().await, [dec!(0.07), dec!(0.35), dec!(0.07), dec!(-0.1)]);
    assert_eq!(settling.owed().await, dec!(0.39));
    assert_eq!(settling.mirror().await, ["balanced", "balanced", "balanced"]);
    assert_eq!(settling.settle().await.fixed, 0);
    settling.assert_not_parked().await;
}
