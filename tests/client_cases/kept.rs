//! What a client has already is not sent again; what it does not want is not sent at all.

use rust_decimal::dec;
use serde_json::json;

use super::world::World;

#[tokio::test]
async fn a_list_and_an_object_are_not_sent_again_until_they_change() {
    let world = World::new().await;
    let uuid = world.invoice(world.alice, "1", "2026-01-01", dec!(10)).await;
    let token = format!("Token {}", world.service.staff);
    for path in [
        "/api/invoices/".to_owned(),
        format!("/api/killbill-invoices/{}/", uuid.simple()),
    ] {
        let first = world.get(&path).await;
        let (tag, modified) = (first.header("etag"), first.header("last-modified"));
        assert!(
            tag.starts_with("W/\"") && first.header("cache-control") == "private, no-cache",
            "{:?}",
            first.headers
        );
        assert_eq!(modified, "Sun, 01 Feb 2026 00:00:00 GMT");
        for condition in [
            ("if-none-match", tag),
            ("if-modified-since", modified),
            ("if-none-match", "*"),
        ] {
            for method in ["GET", "HEAD"] {
                let again = world.ask(method, &path, &[("authorization", &token), condition]).await;
                assert_eq!(
                    (again.status, again.body.len(), again.header("etag")),
                    (304, 0, tag),
                    "{condition:?}"
                );
                assert_eq!(again.header("x-result-count"), first.header("x-result-count"));
            }
        }
        let (tag, modified) = (tag.to_owned(), modified.to_owned());
        world
            .change(uuid, "amount = amount + 1, changed_at = changed_at + interval '1 day'")
            .await;
        for condition in [("if-none-match", &*tag), ("if-modified-since", &*modified)] {
            let changed = world.ask("GET", &path, &[("authorization", &token), condition]).await;
            assert_eq!(changed.status, 200, "{condition:?}");
        }
        world.change(uuid, "changed_at = '2026-02-01'").await;
    }
}

/// What leaves a filter's list is none of its rows any more, and has changed it all the same.
#[tokio::test]
async fn a_list_with_a_filter_is_sent_again_when_an_invoice_leaves_it() {
    let world = World::new().await;
    world.invoice(world.alice, "1", "2026-01-01", dec!(10)).await;
    let paid = world.invoice(world.alice, "2", "2026-01-02", dec!(20)).await;
    world.change(paid, "changed_at = '2026-02-03'").await;
    let (token, path) = (
        format!("Token {}", world.service.staff),
        "/api/invoices/?state=created&o=date",
    );
    let first = world.get(path).await;
    assert_eq!(
        (first.all("number").as_str(), first.header("last-modified")),
        ("1 2", "Tue, 03 Feb 2026 00:00:00 GMT")
    );
    world.change(paid, "balance = 0, changed_at = '2026-02-04'").await;
    let since = ("if-modified-since", first.header("last-modified"));
    let again = world.ask("GET", path, &[("authorization", &token), since]).await;
    assert_eq!((again.status, again.all("number").as_str()), (200, "1"));
}

/// Two changes within one second would look like one.
#[tokio::test]
async fn what_changed_in_this_very_second_has_no_date_yet() {
    let world = World::new().await;
    let uuid = world.invoice(world.alice, "1", "2026-01-01", dec!(10)).await;
    world.change(uuid, "changed_at = '2026-03-01 12:00:00.1'").await;
    let answer = world.get(&format!("/api/invoices/{}/", uuid.simple())).await;
    assert_eq!(answer.header("last-modified"), "", "the service's clock stands at noon");
    assert!(!answer.header("etag").is_empty());
}

/// A customer that an owner gains or loses changes the list and nothing in it.
#[tokio::test]
async fn an_owner_s_list_has_a_tag_but_no_date() {
    let world = World::new().await;
    world.invoice(world.alice, "1", "2026-01-01", dec!(10)).await;
    let owner = format!("Token {}", world.service.owner(&[world.alice]).await);
    let answer = world.ask("GET", "/api/invoices/", &[("authorization", &owner)]).await;
    assert_eq!((answer.status, answer.header("last-modified")), (200, ""));
    assert!(!answer.header("etag").is_empty());
}

#[tokio::test]
async fn only_the_fields_that_were_asked_for_are_sent() {
    let world = World::new().await;
    let uuid = world.invoice(world.alice, "1", "2026-01-01", dec!(10)).await;
    let one = json!({ "number": "1", "amount": "10.00" });
    for query in [
        "field=number&field=amount",
        "field=number,amount",
        "field=number&field=amount&field=no_such_key",
    ] {
        let list = world.get(&format!("/api/invoices/?{query}")).await;
        assert_eq!((list.json(), list.header("x-result-count")), (json!([one]), "1"));
        assert_eq!(
            world
                .get(&format!("/api/invoices/{}/?{query}", uuid.simple()))
                .await
                .json(),
            one
        );
    }
    let page = world.get("/api/invoices/?field=number&page_size=1").await;
    assert!(
        page.header("link")
            .contains("?field=number&page_size=1>; rel=\"first\""),
        "{}",
        page.header("link")
    );
    let (whole, part) = (world.get("/api/invoices/").await, page);
    assert_ne!(
        whole.header("etag"),
        part.header("etag"),
        "another answer has another tag"
    );
}
