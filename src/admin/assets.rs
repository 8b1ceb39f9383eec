//! The style and the script of the pages, in the program. Their addresses change with their content, so that browsers keep
//! them for good and never show an old one.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

const FILES: [(&str, &str, &str); 3] = [
    ("admin.css", "text/css; charset=utf-8", include_str!("assets/admin.css")),
    (
        "admin.js",
        "text/javascript; charset=utf-8",
        include_str!("assets/admin.js"),
    ),
    ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
];

static TAG: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for (_, _, text) in FILES {
        digest.update(text);
    }
    hex::encode(digest.finalize())[..12].to_owned()
});

/// Where a file is.
pub(super) fn address(base: &str, name: &str) -> String {
    format!("{base}/admin/assets/{}/{name}", *TAG)
}

/// The file.
pub(super) async fn serve(Path((_, name)): Path<(String, String)>) -> Response {
    match FILES.iter().find(|(known, ..)| *known == name) {
        Some((_, kind, text)) => (
            [
                (header::CONTENT_TYPE, *kind),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ],
            *text,
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
