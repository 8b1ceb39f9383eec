//! Invoices by e-mail, with a real mail server on the other end of the line.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use nodeconductor_billing::config::{Mail, Security};
use nodeconductor_billing::mail::{Mailer, Report};
use nodeconductor_billing::web;
use rust_decimal::dec;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

use super::generations::{Shop, details, register};
use crate::bill::{invoice, used};
use crate::support::mail_server::{Identity, MailServer};
use crate::world::JANUARY;

/// A shop whose letters go to a mail server.
struct Post {
    shop: Shop,
    server: MailServer,
    mailer: Mailer,
}

fn settings(server: &MailServer) -> Mail {
    Mail {
        host: "localhost".to_owned(),
        port: server.port,
        security: Security::None,
        credentials: None,
        ca: Vec::new(),
        from: "North Cloud <billing@north.example>".parse().unwrap(),
        copies: vec!["books@north.example".parse().unwrap()],
        issued: false,
        link_template: String::new(),
        timeout: Duration::from_secs(5),
        every: Duration::from_mins(1),
    }
}

impl Post {
    async fn new() -> Self {
        let server = MailServer::start();
        let settings = settings(&server);
        Self::with(server, settings).await
    }

    async fn with(server: MailServer, settings: Mail) -> Self {
        let mut shop = Shop::new().await;
        let state = &mut shop.paper.service.state;
        let mailer = Mailer {
            pool: state.pool.clone(),
            clock: state.clock.clone(),
            documents: state.documents.clone(),
            settings: Arc::new(settings),
        };
        state.mailer = Some(mailer.clone());
        shop.paper.service.router = web::router(shop.paper.service.state.clone());
        Self { shop, server, mailer }
    }

    /// Staff press the frontend's button.
    async fn notify(&self) -> (u16, Value) {
        let path = format!("/api/invoices/{}/send_notification/", self.shop.january.uuid.simple());
        let body = json!({ "link_template": "https://portal.example.com/billing/{uuid}/" });
        let service = &self.shop.paper.service;
        let answer = service.call("POST", &service.staff, &path, &body).await;
        (answer.status.as_u16(), answer.json())
    }

    async fn customer_is_at(&self, email: &str) {
        let mut body = details();
        body["email"] = json!(email);
        register(&self.shop.paper, &body).await;
    }

    /// The newest first: state and what was said last.
    async fn listed(&self) -> Vec<(String, String)> {
        let service = &self.shop.paper.service;
        let answer = service.get(&service.staff, "/api/mails/").await.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mails = answer.as_array().unwrap();
        mails
            .iter()
            .map(|mail| (text(&mail["state"]), text(&mail["detail"])))
            .collect()
    }

    async fn states(&self) -> Vec<String> {
        self.listed().await.into_iter().map(|(state, _)| state).collect()
    }

    fn later(&self, time: TimeDelta) {
        self.mailer.clock.set(self.mailer.clock.now() + time);
    }

    async fn retry(&self) -> u16 {
        let service = &self.shop.paper.service;
        let mails = service.get(&service.staff, "/api/mails/").await.json();
        let path = format!("/api/mails/{}/retry/", mails[0]["uuid"].as_str().unwrap());
        service
            .call("POST", &service.staff, &path, &json!({}))
            .await
            .status
            .as_u16()
    }
}

#[tokio::test]
async fn an_invoice_goes_to_its_customer_with_its_document_and_a_link() {
    let post = Post::new().await;
    let (status, answer) = post.notify().await;
    assert_eq!(
        (status, &answer["detail"]),
        (200, &json!("Invoice notification has been sent.")),
        "{answer}"
    );
    let letters = post.server.letters();
    let [letter] = letters.as_slice() else {
        panic!("{letters:?}")
    };
    assert_eq!(letter["from"], "billing@north.example");
    assert_eq!(letter["to"], json!(["pay@zalgiris.example", "books@north.example"]));
    let text = letter["text"].as_str().unwrap();
    let uuid = post.shop.january.uuid.simple();
    for part in [
        "To: pay@zalgiris.example",
        "Reply-To: billing@north.example",
        "Auto-Submitted: auto-generated",
        "application/pdf",
        "filename=\"2026-02-01-invoice-41.pdf\"",
        &format!("https://portal.example.com/billing/{uuid}/"),
    ] {
        assert!(text.contains(part), "{part}: {text:.2000}");
    }
    assert!(!text.contains("books@"), "customers do not see who gets a copy");
    let service = &post.shop.paper.service;
    let address = answer["mail"].as_str().unwrap();
    let mail = service.get(&service.support, address).await.json();
    assert_eq!(
        (&mail["state"], &mail["document_version"]),
        (&json!("sent"), &json!(1)),
        "{mail}"
    );
    assert!(
        text.contains(&format!("Message-ID: <{}@north.example>", hyphenated(&mail))),
        "{text:.1500}"
    );
    // Whoever presses again wants it again; nothing goes by itself.
    assert_eq!(post.notify().await.0, 200);
    post.mailer.pass().await.unwrap();
    assert_eq!(post.server.letters().len(), 2);
}

fn hyphenated(mail: &Value) -> String {
    mail["uuid"]
        .as_str()
        .unwrap()
        .parse::<uuid::Uuid>()
        .unwrap()
        .to_string()
}

#[tokio::test]
async fn what_the_mail_server_does_not_take_is_told_and_never_shown_as_sent() {
    let post = Post::new().await;
    post.customer_is_at("nobody@zalgiris.example").await;
    let (status, answer) = post.notify().await;
    assert_eq!((status, &answer["code"]), (409, &json!("mail_refused")));
    assert!(
        answer["detail"]
            .as_str()
            .unwrap()
            .contains("there is nobody of that name"),
        "{answer}"
    );
    post.customer_is_at("spam@zalgiris.example").await;
    let (status, answer) = post.notify().await;
    assert_eq!((status, &answer["code"]), (409, &json!("mail_refused")));
    assert!(
        answer["detail"].as_str().unwrap().contains("looks like spam"),
        "{answer}"
    );
    post.customer_is_at("").await;
    let (status, answer) = post.notify().await;
    assert_eq!(
        (status, answer),
        (
            400,
            json!({"customer": ["The customer has no e-mail address: register one first."]})
        )
    );
    assert_eq!(post.states().await, ["refused", "refused"]);
    // Mended and sent again by hand: to the address that the customer has now, once.
    post.customer_is_at("pay@zalgiris.example").await;
    assert_eq!(post.retry().await, 200);
    assert_eq!(post.mailer.pass().await.unwrap().sent, 1);
    assert_eq!(post.states().await, ["sent", "refused"]);
    assert_eq!(post.retry().await, 409, "what was sent was sent");
}

#[tokio::test]
async fn what_cannot_go_now_goes_by_itself_with_growing_pauses() {
    let post = Post::new().await;
    post.customer_is_at("busy@zalgiris.example").await;
    let (status, answer) = post.notify().await;
    assert_eq!(status, 503, "{answer}");
    assert!(answer["detail"].as_str().unwrap().contains("not now"), "{answer}");
    assert_eq!(post.mailer.pass().await.unwrap(), Report::default(), "it rests");
    post.later(TimeDelta::minutes(1));
    assert_eq!(post.mailer.pass().await.unwrap().failed, 1);
    post.later(TimeDelta::minutes(1));
    assert_eq!(
        post.mailer.pass().await.unwrap(),
        Report::default(),
        "it rests for longer"
    );
    post.server.be_idle();
    post.later(TimeDelta::minutes(1));
    assert_eq!(post.mailer.pass().await.unwrap().sent, 1);
    assert_eq!(post.server.letters().len(), 1);
}

#[tokio::test]
async fn without_the_mail_server_letters_wait_four_days_and_are_given_up_by_name() {
    let mut post = Post::new().await;
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut settings = (*post.mailer.settings).clone();
    settings.port = nowhere.port();
    post.mailer.settings = Arc::new(settings);
    let january = post.shop.january.clone();
    for _ in 0..3 {
        let ask = post.mailer.ask(&january, "me", "pay@zalgiris.example", "");
        ask.await.unwrap();
    }
    assert_eq!(post.mailer.pass().await.unwrap().failed, 1, "one is enough to see it");
    let (state, detail) = post.listed().await.pop().unwrap();
    assert_eq!(state, "waiting");
    assert!(detail.contains("onnection"), "{detail}");
    post.later(TimeDelta::days(4));
    assert_eq!(post.mailer.pass().await.unwrap().failed, 3);
    let (state, detail) = post.listed().await.pop().unwrap();
    assert_eq!(state, "refused");
    assert!(detail.starts_with("Given up after 2 attempts"), "{detail}");
}

#[tokio::test]
async fn a_kill_between_the_letter_s_text_and_the_answer_never_makes_two() {
    let post = Post::new().await;
    let january = post.shop.january.clone();
    let (id, _) = post
        .mailer
        .ask(&january, "me", "silent@zalgiris.example", "")
        .await
        .unwrap();
    let mailer = post.mailer.clone();
    let killed = tokio::spawn(async move { mailer.send(id).await });
    let arrived = async {
        while post.server.letters().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), arrived)
        .await
        .expect("the text arrives");
    killed.abort();
    killed.await.unwrap_err();
    assert_eq!(post.states().await, ["sending"]);
    // Another process begins; at first somebody may still be at it.
    assert_eq!(post.mailer.pass().await.unwrap(), Report::default());
    post.later(TimeDelta::hours(1));
    assert_eq!(post.mailer.pass().await.unwrap().failed, 1);
    post.later(TimeDelta::days(30));
    post.mailer.pass().await.unwrap();
    let (state, detail) = post.listed().await.remove(0);
    assert_eq!(state, "unknown");
    assert!(detail.contains("may have arrived"), "{detail}");
    assert_eq!(post.server.letters().len(), 1, "nobody sends it again by himself");
    // A person decides; the same Message-ID lets the receiver tell.
    assert_eq!(post.retry().await, 200);
    assert_eq!(post.mailer.pass().await.unwrap().sent, 1);
    let letters = post.server.letters();
    let id = |letter: &Value| {
        let text = letter["text"].as_str().unwrap().to_owned();
        let line = text
            .lines()
            .find(|line| line.starts_with("Message-ID"))
            .map(str::to_owned);
        line.unwrap()
    };
    assert_eq!(id(&letters[0]), id(&letters[1]));
}

#[tokio::test]
async fn a_mail_server_that_gives_no_answer_leaves_the_letter_unknown() {
    let server = MailServer::start();
    let mut settings = settings(&server);
    settings.timeout = Duration::from_secs(1);
    let post = Post::with(server, settings).await;
    post.customer_is_at("silent@zalgiris.example").await;
    let (status, answer) = post.notify().await;
    assert_eq!((status, &answer["code"]), (409, &json!("mail_unknown")), "{answer}");
    assert_eq!(post.server.letters().len(), 1);
}

#[tokio::test]
async fn issued_invoices_go_by_themselves_once_when_that_is_switched_on() {
    let server = MailServer::start();
    let mut settings = settings(&server);
    settings.issued = true;
    settings.link_template = "https://portal.example.com/{uuid}/".to_owned();
    let post = Post::with(server, settings).await;
    assert_eq!(
        post.mailer.pass().await.unwrap(),
        Report::default(),
        "what was issued before stays"
    );
    post.later(TimeDelta::hours(1));
    let paper = &post.shop.paper;
    let machine = paper.resource("web-3", "Website").await;
    let lines = vec![used(machine, "cpu", JANUARY, dec!(40), dec!(0.5))];
    let issued = paper.mirror(&invoice("42", lines.clone(), vec![])).await;
    assert_eq!(
        post.mailer.pass().await.unwrap(),
        Report::default(),
        "not before it is known to add up"
    );
    let balanced = "update invoice set verdict = 'balanced' where uuid = $1";
    sqlx::query(balanced)
        .bind(issued.uuid)
        .execute(paper.pool())
        .await
        .unwrap();
    let sent = Report {
        issued: 1,
        sent: 1,
        failed: 0,
    };
    assert_eq!(post.mailer.pass().await.unwrap(), sent);
    // A payment makes a new version of its document, and no new letter.
    sqlx::query("update invoice set content_hash = 'paid' where uuid = $1")
        .bind(issued.uuid)
        .execute(paper.pool())
        .await
        .unwrap();
    assert_eq!(post.mailer.pass().await.unwrap(), Report::default());
    let letters = post.server.letters();
    assert_eq!(letters.len(), 1);
    assert!(
        letters[0]["text"]
            .as_str()
            .unwrap()
            .contains(&format!("https://portal.example.com/{}/", issued.uuid.simple()))
    );
}

#[tokio::test]
async fn letters_go_over_tls_with_a_password_and_to_nobody_else() {
    let identity = Identity::new();
    let mine = CertificateDer::from_pem_file(&identity.certificate).unwrap();
    for (word, security) in [("starttls", Security::StartTls), ("tls", Security::Tls)] {
        let server = MailServer::private(word, &identity);
        let secured = Mail {
            security,
            credentials: Some(("billing".to_owned(), "open sesame".to_owned().into())),
            ca: vec![mine.clone()],
            ..settings(&server)
        };
        let post = Post::with(server, secured.clone()).await;
        let (status, answer) = post.notify().await;
        assert_eq!(status, 200, "{word}: {answer}");
        let letter = post.server.letters().remove(0);
        assert_eq!(
            (&letter["tls"], &letter["user"]),
            (&json!(true), &json!("billing")),
            "{word}"
        );
        // A wrong password, or a server that nobody vouches for, is nobody's refusal: the letter waits.
        for (wrong, part) in [
            (
                Mail {
                    credentials: Some(("billing".to_owned(), "wrong".to_owned().into())),
                    ..secured.clone()
                },
                "5.7.8",
            ),
            (
                Mail {
                    ca: Vec::new(),
                    ..secured.clone()
                },
                "certificate",
            ),
        ] {
            let mailer = Mailer {
                settings: Arc::new(wrong),
                ..post.mailer.clone()
            };
            mailer
                .ask(&post.shop.january, "me", "pay@zalgiris.example", "")
                .await
                .unwrap();
            assert_eq!(mailer.pass().await.unwrap().failed, 1);
            let (state, detail) = post.listed().await.remove(0);
            assert_eq!(state, "waiting", "{word}");
            assert!(detail.contains(part), "{word}: {detail}");
        }
        assert_eq!(post.server.letters().len(), 1);
    }
}

#[tokio::test]
async fn a_letter_that_comes_back_is_shown_and_can_go_again() {
    let post = Post::new().await;
    assert_eq!(post.notify().await.0, 200);
    let returned = post.server.letters()[0]["text"].as_str().unwrap().to_owned();
    let report = format!(
        "Subject: Undelivered Mail\r\n\r\nFinal-Recipient: rfc822; pay@zalgiris.example\r\nDiagnostic-Code: smtp; 550 mailbox full\r\n\r\n{returned}"
    );
    let service = &post.shop.paper.service;
    let send = async |token: &str, body: &str| {
        let token = format!("Token {token}");
        let headers = [("authorization", &*token), ("content-type", "text/plain")];
        let socket = crate::support::socket::Socket::of(service.router.clone()).await;
        socket
            .send("POST", "/api/mails/bounces/", &headers, body.to_owned())
            .await
    };
    assert_eq!(send(&service.support, &report).await.status, 403);
    assert_eq!(
        send(&service.staff, "Subject: hello\r\n\r\nnobody@example.com")
            .await
            .status,
        400
    );
    let answer = send(&service.staff, &report).await;
    assert_eq!(
        (answer.status, &answer.json()["detail"]),
        (200, &json!("It came back: smtp; 550 mailbox full"))
    );
    assert_eq!(
        post.listed().await,
        [("bounced".to_owned(), "It came back: smtp; 550 mailbox full".to_owned())]
    );
    let metrics = service.get(&service.staff, "/metrics").await.shown();
    assert!(metrics.contains(r#"ncb_mails{state=\"bounced\"} 1"#), "{metrics}");
    assert_eq!(post.retry().await, 200);
    assert_eq!(post.mailer.pass().await.unwrap().sent, 1);
}
