//! NodeConductor's own tokens: who they let in, how far, for how long, and what happens when it cannot be asked.

use std::time::Duration;

use chrono::TimeDelta;
use rust_decimal::dec;
use uuid::Uuid;

use super::stand_in::{Generation, Person, StandIn};
use super::world::World;
use crate::support::socket::Reply;

pub const KEY: &str = "c84d653b9ec92c6cbac41c706593e66f567a7fa4";

/// A service that also takes NodeConductor's tokens, with an invoice of Alice's and one of Bob's.
pub async fn world(generation: Generation) -> (World, StandIn) {
    world_keeping(generation, Duration::from_mins(1)).await
}

pub async fn world_keeping(generation: Generation, cache: Duration) -> (World, StandIn) {
    let nodeconductor = StandIn::start(generation).await;
    let world = nodeconductor.world(cache).await;
    world.invoice(world.alice, "1", "2026-01-01", dec!(10)).await;
    world.invoice(world.bob, "2", "2026-01-02", dec!(20)).await;
    (world, nodeconductor)
}

async fn ask(world: &World, method: &str, path: &str) -> Reply {
    world
        .ask(method, path, &[("authorization", &format!("Token {KEY}"))])
        .await
}

pub async fn list(world: &World) -> Reply {
    ask(world, "GET", "/api/invoices/?o=date").await
}

#[tokio::test]
async fn each_generation_s_people_see_what_is_theirs() {
    for generation in [Generation::First, Generation::Later, Generation::Newest] {
        let (world, nodeconductor) = world(generation).await;
        let someone = Person::new();
        let bobs: String = world.get("/api/invoices/?number=2").await.all("uuid");
        for (person, numbers, write) in [
            (
                Person {
                    staff: true,
                    ..someone.clone()
                },
                "1 2",
                200,
            ),
            (
                Person {
                    owns: vec![world.alice],
                    manages: vec![world.bob],
                    ..someone.clone()
                },
                "1",
                403,
            ),
            (
                Person {
                    owned_until_2020: vec![world.alice],
                    ..someone.clone()
                },
                "",
                403,
            ),
            (someone.clone(), "", 403),
        ] {
            nodeconductor.know(KEY, person.clone());
            // What was kept of the person before has run out.
            world
                .service
                .state
                .clock
                .set(world.service.state.clock.now() + TimeDelta::seconds(60));
            let answer = list(&world).await;
            assert_eq!(answer.all("number"), numbers, "{generation:?} {person:?}");
            assert_eq!(
                answer.header("x-result-count"),
                numbers.split_whitespace().count().to_string()
            );
            let foreign = ask(&world, "GET", &format!("/api/killbill-invoices/{bobs}/")).await;
            assert_eq!(foreign.status, if numbers.contains('2') { 200 } else { 404 });
            let path = format!("/api/customers/{}/", world.alice.simple());
            let token = format!("Token {KEY}");
            let change = world
                .send(
                    "PUT",
                    &path,
                    &[("authorization", &token)],
                    r#"{"name": "Alice"}"#.into(),
                )
                .await;
            assert_eq!(change.status, write, "{generation:?} {person:?}");
        }
    }
}

#[tokio::test]
async fn support_reads_everything_and_changes_nothing() {
    let (world, nodeconductor) = world(Generation::Newest).await;
    nodeconductor.know(KEY, Person::support());
    assert_eq!(list(&world).await.all("number"), "1 2");
    assert_eq!(ask(&world, "POST", "/api/jobs/deliver/run/").await.status, 403);
}

/// The stand-in puts two on a page, and rows of other people among them.
#[tokio::test]
async fn an_owner_of_many_customers_is_read_to_the_last_page() {
    let (world, nodeconductor) = world(Generation::First).await;
    let mut owns: Vec<Uuid> = (0..5).map(|_| Uuid::new_v4()).collect();
    owns.push(world.bob);
    let person = Person {
        manages: vec![world.alice; 3],
        ..Person::owning(&owns)
    };
    nodeconductor.know(KEY, person);
    assert_eq!(
        list(&world).await.all("number"),
        "2",
        "Alice's rows are somebody else's"
    );
}

#[tokio::test]
async fn an_answer_is_kept_and_a_revoked_token_ends_within_a_minute() {
    let (world, nodeconductor) = world(Generation::Later).await;
    nodeconductor.know(KEY, Person::owning(&[world.alice]));
    for _ in 0..5 {
        assert_eq!(list(&world).await.status, 200);
    }
    assert_eq!(nodeconductor.asked(), 1);
    nodeconductor.revoke(KEY, "Token has expired.");
    let clock = &world.service.state.clock;
    clock.set(clock.now() + TimeDelta::seconds(59));
    assert_eq!(list(&world).await.status, 200, "it is not asked again yet");
    clock.set(clock.now() + TimeDelta::seconds(1));
    let ended = list(&world).await;
    assert_eq!(
        (ended.shown().as_str(), ended.header("www-authenticate")),
        (
            r#"401 {"code":"authentication_failed","detail":"Token has expired."}"#,
            "Token"
        )
    );
    nodeconductor.know(KEY, Person::new());
    assert_eq!(
        list(&world).await.status,
        200,
        "here, refusals are remembered for no time at all (refused_tokens)"
    );
}

#[tokio::test]
async fn many_requests_at_once_with_one_token_ask_once() {
    let (world, nodeconductor) = world(Generation::Newest).await;
    nodeconductor.know(KEY, Person::owning(&[world.alice]));
    let answers = futures::future::join_all((0..30).map(|_| list(&world))).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == 200 && answer.all("number") == "1")
    );
    assert_eq!(nodeconductor.asked(), 1);
}

#[tokio::test]
async fn its_words_for_a_refusal_are_passed_on_when_they_are_known() {
    let (world, nodeconductor) = world(Generation::Later).await;
    for (said, passed) in [
        ("Invalid token.", "Invalid token."),
        ("User inactive or deleted.", "User inactive or deleted."),
        ("Token has expired.", "Token has expired."),
        ("<script>Token c84d</script>", "Invalid token."),
    ] {
        nodeconductor.revoke(KEY, said);
        let answer = list(&world).await;
        assert_eq!((answer.status, answer.json()["detail"].as_str()), (401, Some(passed)));
    }
}

#[tokio::test]
async fn its_tokens_are_taken_from_the_address_too() {
    let (world, nodeconductor) = world(Generation::Newest).await;
    nodeconductor.know(KEY, Person::owning(&[world.bob]));
    for form in [KEY.to_owned(), format!("Token%20{KEY}")] {
        let answer = world
            .ask("GET", &format!("/api/invoices/?x-auth-token={form}&download=true"), &[])
            .await;
        assert_eq!(answer.all("number"), "2");
        assert!(!answer.header("link").contains(KEY), "{}", answer.header("link"));
    }
}
