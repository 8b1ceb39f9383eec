//! `[billing]`: the seed's block. Kill Bill's address and credentials, the currency, the meters and the plans.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use config::{Value, ValueKind};
use reqwest::Certificate;
use secrecy::SecretString;
use serde::Serialize;
use url::Url;

use super::certificates;
use super::section::{Section, shown};
use crate::domain::route::Meter;

/// `[billing]`
#[derive(Clone, Debug)]
pub struct Billing {
    /// Ends with a slash.
    pub api_url: Url,
    pub username: String,
    pub password: SecretString,
    pub api_key: String,
    pub api_secret: SecretString,
    /// Trusted in place of the system's, when there are any.
    pub ca: Vec<Certificate>,
    pub currency: String,
    /// Hours in a month by which monthly prices are shown per hour.
    pub monthly_divisor: u32,
    /// Products with a monthly price only, charged by the hour.
    pub monthly: Monthly,
    /// Resource type → plan, for items that several plans price.
    pub plans: BTreeMap<String, String>,
    /// What flavours are made of, by their key in the price list.
    pub flavors: BTreeMap<String, Flavor>,
    /// The lines of `invoice_meters`, in the order of their names.
    pub meters: Vec<Meter>,
}

/// What a flavour is made of; only shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Flavor {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<u32>,
    /// MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ram: Option<u32>,
    /// MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk: Option<u32>,
}

/// `[billing.monthly]`
#[derive(Clone, Debug, Default)]
pub struct Monthly {
    /// Names of products or plans, or `*` for all; empty: none.
    pub products: BTreeSet<String>,
    /// How long after its end a month is left open for the last hours.
    pub settle_after: Duration,
}

/// NodeConductor's name of the driver, kept as an alias so that an old block can be carried over.
const HISTORICAL_BACKEND: &str = "nodeconductor.billing.backend.killbill.KillBillAPI";
const RIGHT_METER: &str = "three texts: [name on documents, name in the price list, unit label]";

pub(super) fn read(s: &mut Section<'_>) -> Billing {
    let backend = s.text("backend");
    s.parsed(
        "backend",
        &backend,
        &format!("\"killbill\" (or \"{HISTORICAL_BACKEND}\")"),
        |text| matches!(text, "killbill" | HISTORICAL_BACKEND).then_some(()),
    );
    // No secret by itself, but half of what opens the tenant.
    s.hide("api_key");
    Billing {
        api_url: api_url(s),
        username: s.required("username", "the name of a Kill Bill user"),
        password: s.required_secret("password", "that user's password"),
        api_key: s.required("api_key", "the key of the Kill Bill tenant"),
        api_secret: s.required_secret("api_secret", "the secret of the Kill Bill tenant"),
        ca: certificates::read(s),
        currency: currency(s),
        monthly_divisor: s.number("monthly_divisor", 1, 8784),
        monthly: s.section("monthly", |s| Monthly {
            products: s.list("products").into_iter().collect(),
            settle_after: s.duration("settle_after", Duration::ZERO, Duration::from_hours(20 * 24)),
        }),
        plans: s.section("plans", plans),
        flavors: s.section("flavors", flavors),
        meters: s.section("openstack", |s| s.section("invoice_meters", meters)),
    }
}

fn api_url(s: &mut Section<'_>) -> Url {
    let right = "Kill Bill's address, such as http://killbill.example.com/1.0/kb/";
    let text = s.required("api_url", right);
    #[expect(clippy::unreachable, reason = "a constant address is one")]
    let unusable = || Url::parse("http://localhost/").unwrap_or_else(|_| unreachable!("a constant address"));
    if text.trim().is_empty() {
        return unusable();
    }
    s.parsed("api_url", &text, right, |text| {
        let with_slash = format!("{}/", text.trim_end_matches('/'));
        Url::parse(&with_slash)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    })
    .unwrap_or_else(unusable)
}

fn currency(s: &mut Section<'_>) -> String {
    let right = "a currency code of three capital letters, such as USD";
    let text = s.required("currency", right);
    if !text.is_empty() {
        s.parsed("currency", &text, right, |text| {
            (text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase())).then_some(())
        });
    }
    text.trim().to_owned()
}

fn plans(s: &mut Section<'_>) -> BTreeMap<String, String> {
    let mut plans = BTreeMap::new();
    for (resource_type, value) in s.entries() {
        match value.kind {
            ValueKind::String(plan) if !plan.is_empty() => {
                plans.insert(resource_type, plan);
            }
            other => s.wrong(
                &resource_type,
                &shown(&other),
                "the name of a plan in Kill Bill's catalog",
            ),
        }
    }
    plans
}

fn flavors(s: &mut Section<'_>) -> BTreeMap<String, Flavor> {
    let keys = s.keys();
    let flavor = |key: String| {
        let flavor = s.section(&key, |s| Flavor {
            name: s.text("name"),
            cores: s.optional_number("cores"),
            ram: s.optional_number("ram"),
            disk: s.optional_number("disk"),
        });
        (key, flavor)
    };
    keys.into_iter().map(flavor).collect()
}

fn meters(s: &mut Section<'_>) -> Vec<Meter> {
    let entries = s.entries();
    if entries.is_empty() {
        s.wrong(
            "*",
            "an empty table",
            &format!("at least one meter, as name = {RIGHT_METER}"),
        );
    }
    entries
        .into_iter()
        .filter_map(|(name, value)| meter(s, name, value))
        .collect()
}

fn meter(s: &mut Section<'_>, name: String, value: Value) -> Option<Meter> {
    let usable = name.len() <= 100 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    if !usable {
        s.wrong(
            &name,
            "the name",
            "at most 100 letters, digits, dots, dashes and underscores",
        );
        return None;
    }
    let shown = shown(&value.kind);
    let texts = match value.kind {
        ValueKind::Array(values) => values
            .into_iter()
            .map(|value| text_only(value.kind))
            .collect::<Option<Vec<_>>>(),
        _ => None,
    };
    match texts.as_deref() {
        Some([display_name, price_name, unit_label]) if !display_name.is_empty() && !price_name.is_empty() => {
            let [display_name, price_name, unit_label] = [display_name, price_name, unit_label].map(Clone::clone);
            Some(Meter {
                name,
                display_name,
                price_name,
                unit_label,
            })
        }
        _ => {
            s.wrong(&name, &shown, RIGHT_METER);
            None
        }
    }
}

fn text_only(kind: ValueKind) -> Option<String> {
    match kind {
        ValueKind::String(text) => Some(text),
        _ => None,
    }
}
