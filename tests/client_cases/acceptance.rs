//! The acceptance cases that NodeConductor's contract implies (nodeconductor.md, section 10), each named after itself.
//! `docs/clients.md` lists them all with the tests that stand elsewhere.

use nodeconductor_billing::db::tokens;
use rust_decimal::dec;

use super::world::World;
use crate::support::socket::Reply;

const UNKNOWN: &str = "c84d653b9ec92c6cbac41c706593e66f567a7fa4";

/// The table of 2.2, row by row: what is sent, and the status with NodeConductor's words.
#[tokio::test]
async fn case_auth_table_one_row_after_the_other() {
    let world = World::new().await;
    let key = &*world.service.staff;
    let of = |scheme: &str, key: &str| vec![("authorization".to_owned(), format!("{scheme}{key}"))];
    let missing = "Authentication credentials were not provided.";
    for (row, headers, query, status, detail) in [
        ("header", of("Token ", key), String::new(), 200, ""),
        ("header, other case", of("tOKEN ", key), String::new(), 200, ""),
        (
            "query with the word",
            vec![],
            format!("x-auth-token=Token%20{key}"),
            200,
            "",
        ),
        (
            "bare query",
            vec![],
            format!("x-auth-token={key}&download=true"),
            200,
            "",
        ),
        (
            "another scheme hides the query",
            of("Basic ", "YTpi"),
            format!("x-auth-token={key}"),
            401,
            missing,
        ),
        (
            "a session cookie",
            vec![("cookie".into(), "sessionid=abc".into())],
            String::new(),
            401,
            missing,
        ),
        ("nothing", vec![], String::new(), 401, missing),
        (
            "the word alone",
            of("Token", ""),
            String::new(),
            401,
            "Invalid token. No credentials provided.",
        ),
        (
            "three words",
            of("Token ", "a b"),
            String::new(),
            401,
            "Invalid token. Token string should not contain spaces.",
        ),
        (
            "an unknown key",
            of("Token ", UNKNOWN),
            String::new(),
            401,
            "Invalid token.",
        ),
    ] {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        let answer = world.ask("GET", &format!("/api/invoices/?{query}"), &headers).await;
        assert_eq!(answer.status, status, "{row}");
        if status == 401 {
            assert_eq!(
                (answer.json()["detail"].as_str(), answer.header("www-authenticate")),
                (Some(detail), "Token"),
                "{row}"
            );
        }
    }
}

#[tokio::test]
async fn case_a_revoked_token_is_refused_at_once_in_nodeconductor_s_words() {
    let world = World::new().await;
    let (key, now) = (&*world.service.support, world.service.state.clock.now());
    assert_eq!(world.get_as(key, "/api/invoices/").await.status, 200);
    assert!(tokens::revoke(world.pool(), now, "support").await.unwrap());
    let by_header = world.get_as(key, "/api/invoices/").await;
    let by_query = world
        .ask("GET", &format!("/api/invoices/?x-auth-token={key}"), &[])
        .await;
    for refused in [by_header, by_query] {
        let detail = refused.json()["detail"].clone();
        assert_eq!((refused.status, detail), (401, "User inactive or deleted.".into()));
        assert_eq!(refused.header("www-authenticate"), "Token");
    }
}

#[tokio::test]
async fn case_head_counts_what_get_lists() {
    let world = World::new().await;
    for number in ["1", "2", "3"] {
        world.invoice(world.alice, number, "2026-01-01", dec!(1)).await;
    }
    let token = format!("Token {}", world.service.staff);
    let head = world
        .ask(
            "HEAD",
            "/api/invoices/?customer_name=alice",
            &[("authorization", &token)],
        )
        .await;
    let list = world.get("/api/invoices/?customer_name=alice").await;
    let rows = list.json().as_array().unwrap().len().to_string();
    assert_eq!(
        (head.status, head.header("x-result-count"), head.body.len()),
        (200, &*rows, 0)
    );
}

/// first, prev, next, last; page 1 without a number; every other parameter kept, except the token.
#[tokio::test]
async fn case_link_round_trip() {
    let world = World::new().await;
    for number in 1..=5 {
        world
            .invoice(world.alice, &number.to_string(), &format!("2026-01-0{number}"), dec!(1))
            .await;
    }
    let first = format!(
        "/api/invoices/?page_size=2&o=-date&x-auth-token={}",
        world.service.staff
    );
    let answer = world.ask("GET", &format!("{first}&page=2"), &[]).await;
    let rels: Vec<String> = links(&answer).into_iter().map(|(rel, _)| rel).collect();
    assert_eq!(rels, ["first", "prev", "next", "last"]);
    let (mut seen, mut address) = (String::new(), world.url.clone() + "/api/invoices/?page_size=2&o=-date");
    loop {
        let page = world.get(&address).await;
        seen = format!("{seen} {}", page.all("number"));
        assert!(
            !page.header("link").contains("auth") && !page.header("link").contains("page=1>"),
            "{}",
            page.header("link")
        );
        let Some((_, next)) = links(&page).into_iter().find(|(rel, _)| rel == "next") else {
            break;
        };
        address = next;
    }
    assert_eq!(seen, " 5 4 3 2 1");
    let back = links(&world.get(&address).await);
    assert_eq!(
        back.iter().map(|(rel, _)| &**rel).collect::<Vec<_>>(),
        ["first", "prev", "last"]
    );
    assert_eq!(world.get(&back[0].1).await.all("number"), "5 4");
}

fn links(answer: &Reply) -> Vec<(String, String)> {
    let links = answer.header("link").split(", ").map(|link| {
        let (address, rel) = link.split_once("; rel=").unwrap();
        (
            rel.trim_matches('"').to_owned(),
            address.trim_matches(['<', '>']).to_owned(),
        )
    });
    links.collect()
}

#[tokio::test]
async fn case_page_size_1000_is_capped_at_300() {
    let world = World::new().await;
    sqlx::query(
        "insert into invoice (uuid, killbill_id, customer_id, number, status, currency, amount, balance, credit_adj, refund_adj, invoice_date,
                              content_hash, first_seen_at, changed_at, customer_snapshot)
         select gen_random_uuid(), gen_random_uuid(), c.id, n, 'COMMITTED', 'EUR', n, n, 0, 0, '2026-01-01', '', now(), now(), '{}'
         from customer c, generate_series(1, 301) n where c.uuid = $1",
    )
    .bind(world.alice)
    .execute(world.pool())
    .await
    .unwrap();
    let answer = world.get("/api/invoices/?page_size=1000").await;
    assert_eq!((answer.status, answer.json().as_array().unwrap().len()), (200, 300));
    assert_eq!(answer.header("x-result-count"), "301");
    assert_eq!(
        world
            .get("/api/invoices/?page_size=1000&page=last&o=date")
            .await
            .all("number"),
        "301"
    );
}

#[tokio::test]
async fn case_empty_customer_s_list_is_200_and_empty() {
    let world = World::new().await;
    let answer = world
        .get(&format!("/api/killbill-invoices/?customer={}", world.bob.simple()))
        .await;
    assert_eq!(
        (answer.shown().as_str(), answer.header("x-result-count")),
        ("200 []", "0")
    );
}

#[tokio::test]
async fn case_cors_preflight_and_exposed_headers() {
    let world = World::new().await;
    let origin = ("origin", "https://hp.test");
    let wanted = "authorization, content-type, accept, x-requested-with, x-csrftoken";
    let asks = [
        origin,
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", wanted),
    ];
    let preflight = world.ask("OPTIONS", "/api/invoices/", &asks).await;
    assert_eq!(
        (preflight.status, preflight.header("access-control-allow-origin")),
        (200, "https://hp.test")
    );
    assert_eq!(preflight.header("access-control-allow-credentials"), "true");
    for word in wanted.split(", ") {
        assert!(
            preflight.header("access-control-allow-headers").contains(word),
            "{word}"
        );
    }
    for verb in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        assert!(
            preflight.header("access-control-allow-methods").contains(verb),
            "{verb}"
        );
    }
    let token = format!("Token {}", world.service.staff);
    let answer = world
        .ask("GET", "/api/invoices/", &[origin, ("authorization", &token)])
        .await;
    let exposed = answer.header("access-control-expose-headers").to_ascii_lowercase();
    for header in ["x-result-count", "link", "content-disposition"] {
        assert!(exposed.contains(header), "{exposed}");
    }
    let refused = world
        .ask("GET", "/api/invoices/", &[("origin", "https://evil.test")])
        .await;
    assert_eq!(
        (refused.status, refused.header("access-control-allow-origin")),
        (401, "")
    );
}
