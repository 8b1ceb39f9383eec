//! What is no clear answer of NodeConductor's lets nobody in and takes nothing away: 503, until it is clear.

use std::time::Duration;

use uuid::Uuid;

use futures::future::join_all;

use super::identity::{KEY, list, world, world_keeping};
use super::stand_in::{Fault, Generation, Paging, Person, StandIn};

#[tokio::test]
async fn while_it_cannot_be_asked_nobody_is_let_in_on_its_tokens_and_ours_work_on() {
    let (world, nodeconductor) = world(Generation::First).await;
    nodeconductor.know(KEY, Person::staff());
    for fault in [
        Fault::Page(502),
        Fault::Page(200),
        Fault::Page(401),
        Fault::Page(403),
        Fault::Page(429),
        Fault::Silence,
        Fault::Elsewhere,
        Fault::Everybody,
    ] {
        nodeconductor.fail(Some(fault));
        let answer = list(&world).await;
        let body = r#"{"code":"identity_unavailable","detail":"NodeConductor cannot be asked whose token this is; try again."}"#;
        assert_eq!(answer.shown(), format!("503 {body}"), "{fault:?}");
        assert_eq!(answer.header("retry-after"), "5");
        assert_eq!(
            world.get("/api/invoices/?o=date").await.all("number"),
            "1 2",
            "our own token"
        );
    }
    nodeconductor.fail(None);
    assert_eq!(
        list(&world).await.status,
        200,
        "and it is asked again as soon as it is back"
    );
    assert!(
        !nodeconductor.shown(&world.service.staff),
        "our own tokens are none of its business"
    );
}

/// Alice's and Bob's owner would else own nothing, or what the first page has.
#[tokio::test]
async fn a_list_of_permissions_that_breaks_off_says_nothing() {
    for paging in [Paging::Count, Paging::Link] {
        let (world, nodeconductor) = world(Generation::First).await;
        nodeconductor.page_by(paging);
        let owns = [world.alice, Uuid::new_v4(), world.bob];
        nodeconductor.know(KEY, Person::owning(&owns));
        for fault in [Fault::NoList, Fault::NoSecondPage, Fault::EmptySecondPage] {
            nodeconductor.fail(Some(fault));
            let answer = list(&world).await;
            assert_eq!(answer.status, 503, "{paging:?} {fault:?}: {}", answer.shown());
        }
        nodeconductor.fail(None);
        assert_eq!(list(&world).await.all("number"), "1 2", "{paging:?}");
    }
}

#[tokio::test]
async fn who_was_deactivated_is_refused_in_its_words() {
    for generation in [Generation::First, Generation::Later, Generation::Newest] {
        let (world, nodeconductor) = world(generation).await;
        let person = Person {
            inactive: true,
            ..Person::staff()
        };
        nodeconductor.know(KEY, person);
        let answer = list(&world).await;
        let words = r#"401 {"code":"authentication_failed","detail":"User inactive or deleted."}"#;
        assert_eq!(answer.shown(), words, "{generation:?}");
    }
}

/// The service's clock is set back again and again, so that by it no time passes.
#[tokio::test]
async fn a_clock_that_is_set_back_keeps_no_revoked_token_alive() {
    let (world, nodeconductor) = world_keeping(Generation::Newest, Duration::from_millis(300)).await;
    let clock = &world.service.state.clock;
    let noon = clock.now();
    nodeconductor.know(KEY, Person::staff());
    assert_eq!(list(&world).await.status, 200);
    nodeconductor.revoke(KEY, "Invalid token.");
    let ended = async {
        while list(&world).await.status == 200 {
            clock.set(noon);
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ended)
        .await
        .expect("the revoked token ends");
}

#[tokio::test]
async fn what_cannot_be_a_token_is_not_shown_to_it() {
    let (world, nodeconductor) = world(Generation::Newest).await;
    for word in ["<script>", "a,b", "\u{e9}", &"a".repeat(201)] {
        let answer = world
            .ask("GET", "/api/invoices/", &[("authorization", &format!("Token {word}"))])
            .await;
        let words = r#"401 {"code":"authentication_failed","detail":"Invalid token."}"#;
        assert_eq!(answer.shown(), words, "{word}");
    }
    assert_eq!(nodeconductor.asked(), 0);
}

/// As many requests as a frontend sends with one token, and then some: one of them asks, all of them wait, alone.
#[tokio::test]
async fn a_token_that_it_never_answers_for_keeps_nobody_else_waiting() {
    let nodeconductor = StandIn::start(Generation::Newest).await;
    let world = nodeconductor
        .world_waiting(Duration::from_mins(1), Duration::from_mins(10))
        .await;
    nodeconductor.never_answer_for(KEY);
    let stuck = join_all((0..200).map(|_| list(&world)));
    let others = async {
        while nodeconductor.times_shown(KEY) == 0 {
            tokio::task::yield_now().await;
        }
        for _ in 0..10 {
            let token = Uuid::new_v4().simple().to_string();
            nodeconductor.know(&token, Person::staff());
            let header = format!("Token {token}");
            let answer = world.ask("GET", "/api/invoices/", &[("authorization", &header)]).await;
            assert_eq!(answer.status, 200, "another of NodeConductor's tokens");
            assert_eq!(world.get("/api/invoices/").await.status, 200, "one of ours");
        }
    };
    tokio::select! {
        _ = stuck => panic!("nobody knows who that is"),
        () = others => {}
    }
    assert_eq!(nodeconductor.times_shown(KEY), 1, "one asks for all");
}
