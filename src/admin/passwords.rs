//! Passwords, looked at and kept beside the threads that serve, and few at once: each takes 19 MiB for a moment.

use tokio::sync::Semaphore;

use super::problem::Failure;
use crate::domain::password;

static AT_ONCE: Semaphore = Semaphore::const_new(4);

/// Whether it is the one that was kept; None: there is nobody, which takes as long to say.
pub(super) async fn matches(typed: &str, kept: Option<String>) -> bool {
    let (typed, _turn) = (typed.to_owned(), AT_ONCE.acquire().await);
    let looked = tokio::task::spawn_blocking(move || password::matches(&typed, kept.as_deref()));
    looked.await.unwrap_or(false)
}

/// How it is kept.
///
/// # Errors
/// When the system has no random numbers.
pub(super) async fn hash(chosen: &str) -> Result<String, Failure> {
    let (chosen, _turn) = (chosen.to_owned(), AT_ONCE.acquire().await);
    match tokio::task::spawn_blocking(move || password::hash(&chosen)).await {
        Ok(Ok(hash)) => Ok(hash),
        _ => Err(Failure::Panic),
    }
}
