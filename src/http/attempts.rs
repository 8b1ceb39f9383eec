//! Who tries tokens that are not known to be good. A refusal is remembered for a moment, so that the same wrong token asks
//! neither the database nor NodeConductor again; and each client address may try only so many a minute. A token that was
//! good lately is never kept out by what others do behind the same address: only finding out whose it is costs a try.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::problem::{Answer, Problem};

const MINUTE: Duration = Duration::from_mins(1);
/// How long a token that was good counts as known: so long it costs its address no try.
const FAMILIAR: Duration = Duration::from_hours(1);
/// Tokens and addresses remembered at most.
const MOST: usize = 10_000;

/// The memory of this process. Cheap to clone; clones share it.
#[derive(Clone)]
pub struct Attempts(Arc<Memory>);

struct Memory {
    tokens: Mutex<HashMap<[u8; 32], Seen>>,
    refused_for: Duration,
    /// None: no limit.
    tries: Option<Tries>,
}

/// How many tries each address has left: it gains one in every so long, and has a minute's at most. All that has to be known
/// of it is when it will have gained back everything (GCRA).
struct Tries {
    gained: Duration,
    whole_at: Mutex<HashMap<IpAddr, Instant>>,
}

/// What a token was when it was last looked for.
#[derive(Clone, Copy)]
struct Seen {
    until: Instant,
    /// The words of the refusal; None: it was good.
    refused: Option<&'static str>,
}

/// One token that somebody came with.
pub struct Attempt<'m> {
    memory: &'m Memory,
    token: [u8; 32],
    /// The words by which it was refused a moment ago.
    pub refused: Option<&'static str>,
}

impl Attempts {
    /// Refusals are remembered for `refused_for`; an address may try `per_minute` tokens, 0 is any number.
    #[must_use]
    pub fn new(refused_for: Duration, per_minute: u32) -> Self {
        let gained = MINUTE.checked_div(per_minute);
        Self(Arc::new(Memory {
            tokens: Mutex::default(),
            refused_for,
            tries: gained.map(Tries::new),
        }))
    }

    /// Somebody at `address` (None: not from the network) comes with `key`.
    ///
    /// # Errors
    /// 429 when that address has tried too many.
    pub fn begin(&self, key: &str, address: Option<IpAddr>) -> Answer<Attempt<'_>> {
        let token = Sha256::digest(key).into();
        let seen = self.0.seen(&token);
        if seen.is_none_or(|seen| seen.refused.is_some())
            && let Some(address) = address
        {
            self.0.count(one_client(address))?;
        }
        Ok(Attempt {
            memory: &self.0,
            token,
            refused: seen.and_then(|seen| seen.refused),
        })
    }

    /// Somebody at `address` tries something else than a token, such as a password.
    ///
    /// # Errors
    /// 429 when that address has tried too many.
    pub fn count(&self, address: Option<IpAddr>) -> Answer<()> {
        address.map_or(Ok(()), |address| self.0.count(one_client(address)))
    }
}

impl Attempt<'_> {
    /// It is good.
    pub fn good(self) {
        self.memory.keep(self.token, FAMILIAR, None);
    }

    /// It is not, in these words.
    pub fn bad(self, words: &'static str) {
        self.memory.keep(self.token, self.memory.refused_for, Some(words));
    }
}

impl Memory {
    fn seen(&self, token: &[u8; 32]) -> Option<Seen> {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(token).copied().filter(|seen| seen.until > Instant::now())
    }

    fn keep(&self, token: [u8; 32], time: Duration, refused: Option<&'static str>) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if tokens.len() >= MOST {
            tokens.retain(|_, seen| seen.until > now);
        }
        if tokens.len() >= MOST {
            tokens.retain(|_, seen| seen.refused.is_none());
        }
        if tokens.len() >= MOST {
            tokens.clear();
        }
        let until = now + time;
        tokens.insert(token, Seen { until, refused });
    }

    fn count(&self, address: IpAddr) -> Answer<()> {
        let Some(tries) = &self.tries else { return Ok(()) };
        tries.take(address).map_err(|wait| {
            metrics::counter!("ncb_http_throttled_total").increment(1);
            throttled(wait)
        })
    }
}

impl Tries {
    fn new(gained: Duration) -> Self {
        Self {
            gained,
            whole_at: Mutex::default(),
        }
    }

    /// Takes one try, or says after how long there is one.
    fn take(&self, address: IpAddr) -> Result<(), Duration> {
        let mut whole_at = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if whole_at.len() >= MOST {
            whole_at.retain(|_, at| *at > now);
        }
        if whole_at.len() >= MOST {
            whole_at.clear();
        }
        let before = whole_at.get(&address).copied().unwrap_or(now);
        let after = before.max(now) + self.gained;
        let ahead = after.saturating_duration_since(now);
        if ahead > MINUTE {
            return Err(ahead.saturating_sub(MINUTE));
        }
        whole_at.insert(address, after);
        Ok(())
    }
}

/// One client has a whole /64 of addresses in IPv6.
fn one_client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

/// In the words of Django's framework.
fn throttled(wait: Duration) -> Problem {
    let seconds = wait.as_secs() + 1;
    let detail = format!("Request was throttled. Expected available in {seconds} seconds.");
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "throttled", detail);
    problem.header(header::RETRY_AFTER, HeaderValue::from(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Option<IpAddr> = Some(IpAddr::V6(Ipv6Addr::LOCALHOST));

    fn tried(attempts: &Attempts, key: &str, address: &str) -> bool {
        attempts.begin(key, address.parse().ok()).is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_remembered_for_a_moment() {
        let attempts = Attempts::new(Duration::from_secs(10), 0);
        let begin = || attempts.begin("wrong", HERE).unwrap_or_else(|_| panic!("no limit"));
        assert_eq!(begin().refused, None);
        begin().bad("Invalid token.");
        tokio::time::advance(Duration::from_secs(9)).await;
        assert_eq!(begin().refused, Some("Invalid token."));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(begin().refused, None);
    }

    #[tokio::test(start_paused = true)]
    async fn tries_are_gained_back_one_by_one() {
        let attempts = Attempts::new(Duration::ZERO, 6);
        let tries = |of: usize| (0..of).filter(|_| tried(&attempts, "a", "192.0.2.1")).count();
        assert_eq!(tries(20), 6);
        tokio::time::advance(Duration::from_secs(11)).await;
        assert_eq!(tries(20), 1);
        tokio::time::advance(Duration::from_mins(10)).await;
        assert_eq!(tries(20), 6);
    }

    #[tokio::test]
    async fn the_memory_of_addresses_is_bounded() {
        let attempts = Attempts::new(Duration::ZERO, 6);
        for number in 0..=MOST {
            let address = Ipv6Addr::from_bits(u128::from(u64::try_from(number).unwrap()) << 64);
            assert!(attempts.begin("a", Some(address.into())).is_ok());
        }
        let known = attempts.0.tries.as_ref().unwrap().whole_at.lock().unwrap().len();
        assert!(known <= MOST, "{known}");
    }

    #[test]
    fn an_address_may_try_so_many_tokens_a_minute_and_another_is_not_counted_with_it() {
        let attempts = Attempts::new(Duration::ZERO, 3);
        for key in ["a", "b", "b"] {
            assert!(tried(&attempts, key, "192.0.2.1"), "{key}");
        }
        assert!(!tried(&attempts, "c", "192.0.2.1"));
        assert!(!tried(&attempts, "c", "::ffff:192.0.2.1"), "the same client");
        assert!(tried(&attempts, "c", "192.0.2.2"));
        for host in 1..=3 {
            assert!(tried(&attempts, "c", &format!("2001:db8::{host}")));
        }
        assert!(!tried(&attempts, "c", "2001:db8::ffff"), "the same network");
        assert!(tried(&attempts, "c", "2001:db8:0:1::1"));
    }

    #[tokio::test]
    async fn a_token_that_is_known_to_be_good_is_kept_out_by_nobody() {
        let attempts = Attempts::new(Duration::from_secs(10), 2);
        attempts
            .begin("good", HERE)
            .unwrap_or_else(|_| panic!("the first"))
            .good();
        assert!(attempts.begin("guess", HERE).is_ok());
        assert!(attempts.begin("another guess", HERE).is_err());
        for _ in 0..10 {
            assert!(attempts.begin("good", HERE).is_ok());
        }
        let revoked = attempts.begin("good", HERE).unwrap_or_else(|_| panic!("known"));
        revoked.bad("User inactive or deleted.");
        assert!(attempts.begin("good", HERE).is_err(), "it is known no more");
    }

    #[tokio::test]
    async fn the_memory_is_bounded_and_forgets_refusals_first() {
        let attempts = Attempts::new(Duration::from_mins(1), 0);
        let begin = |key: &str| attempts.begin(key, None).unwrap_or_else(|_| panic!("no limit"));
        begin("good").good();
        for guess in 0..MOST {
            begin(&guess.to_string()).bad("Invalid token.");
        }
        let tokens = attempts.0.tokens.lock().unwrap();
        assert!(tokens.len() <= MOST, "{}", tokens.len());
        assert!(tokens.values().any(|seen| seen.refused.is_none()));
    }
}
