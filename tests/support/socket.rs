//! A router served on a socket, and a client that speaks plain HTTP to it and follows no redirect.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, redirect};
use serde_json::Value;

pub struct Socket {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    client: Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Serves on a free port for as long as the test's runtime lives.
pub async fn served(router: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}")
}

impl Socket {
    pub async fn of(router: axum::Router) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        Self {
            url: served(router).await,
            client: Client::builder().redirect(redirect::Policy::none()).build().unwrap(),
        }
    }

    /// The holder of a token asks for a path, or for an address that an answer gave.
    pub async fn get_as(&self, token: &str, path: &str) -> Reply {
        let token = format!("Token {token}");
        self.send("GET", path, &[("authorization", &token)], String::new())
            .await
    }

    /// Somebody asks, with these headers and no others.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Reply {
        let method: Method = method.parse().unwrap();
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.url)
        };
        let headers: HeaderMap = headers.iter().map(header).collect();
        let request = self.client.request(method, url).headers(headers).body(body);
        let answer = request.send().await.unwrap();
        Reply {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.bytes().await.unwrap().to_vec(),
        }
    }
}

fn header((name, value): &(&str, &str)) -> (HeaderName, HeaderValue) {
    (name.parse().unwrap(), HeaderValue::try_from(*value).unwrap())
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| String::from_utf8_lossy(&self.body).into())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status and body at a glance.
    pub fn shown(&self) -> String {
        format!("{} {}", self.status, self.text())
    }

    /// One key of every row, joined by spaces.
    pub fn all(&self, key: &str) -> String {
        let rows = self.json();
        let rows = rows.as_array().unwrap_or_else(|| panic!("{}", self.shown()));
        let texts = rows.iter().map(|row| row[key].as_str().unwrap_or("-").to_owned());
        texts.collect::<Vec<_>>().join(" ")
    }
}
