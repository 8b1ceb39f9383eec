//! What an answer to a usage POST means for the delivery. Pure; the one place that decides it.

use crate::domain::delivery::Settlement;
use crate::killbill::Error;
use crate::killbill::usages::Recorded;

/// Kill Bill's code for a tracking id that it has already.
const TRACKING_ID_EXISTS: i64 = 50_000;

/// 201 and 400/50000 = delivered; a definite refusal waits for a person; nothing readable = unknown.
pub(super) fn classify(result: Result<Recorded, Error>) -> Settlement {
    match result {
        Ok(Recorded::Written) => Settlement::Delivered {
            detail: "written",
            status: 201,
            code: None,
        },
        Ok(Recorded::AlreadyThere) => Settlement::Delivered {
            detail: "was there already",
            status: 400,
            code: Some(TRACKING_ID_EXISTS),
        },
        Err(error) => of_error(error),
    }
}

/// What a call that did not succeed means for what it was to bring about.
pub(crate) fn of_error(error: Error) -> Settlement {
    match error {
        Error::Unreachable(detail) => Settlement::NotSent {
            detail: format!("Kill Bill cannot be reached: {detail}"),
        },
        // A wrong password or a missing permission is the operator's to mend, not the delivery's: nothing was taken, and it
        // will go out by itself.
        Error::Locked(_) | Error::Unauthorized { .. } | Error::Forbidden { .. } => Settlement::NotSent {
            detail: error.to_string(),
        },
        Error::Refused { status, code, message } => Settlement::Refused {
            status: status.into(),
            code,
            message,
        },
        Error::NotFound { code, message } => Settlement::Refused {
            status: 404,
            code,
            message,
        },
        Error::Busy { status, message, .. } => Settlement::Unknown {
            detail: message,
            status: Some(status.into()),
        },
        Error::Stranger { status, .. } => Settlement::Unknown {
            detail: error.to_string(),
            status: Some(status.into()),
        },
        error @ (Error::NoAnswer(_) | Error::Malformed(_) | Error::TooLong { .. }) => Settlement::Unknown {
            detail: error.to_string(),
            status: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_settles_a_delivery() {
        let busy = |status| {
            Err(Error::Busy {
                status,
                code: None,
                message: String::new(),
            })
        };
        let refused = Err(Error::Refused {
            status: 400,
            code: None,
            message: String::new(),
        });
        let unknown_subscription = Err(Error::NotFound {
            code: Some(1082),
            message: String::new(),
        });
        let states = [
            Ok(Recorded::Written),
            Ok(Recorded::AlreadyThere),
            refused,
            unknown_subscription,
            busy(500),
            busy(503),
            Err(Error::Stranger {
                status: 403,
                message: String::new(),
            }),
            Err(Error::NoAnswer("timeout".to_owned())),
            Err(Error::Unreachable("refused".to_owned())),
        ]
        .map(|result| classify(result).state().word());
        assert_eq!(
            states,
            [
                "delivered",
                "delivered",
                "refused",
                "refused",
                "unknown",
                "unknown",
                "unknown",
                "unknown",
                "prepared"
            ]
        );
    }
}
