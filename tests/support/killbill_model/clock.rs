//! `/test/clock`: time moves only when it is told to, and what falls due on the way is done in its order.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::answer::Answer;
use super::books::Books;
use super::wire::Request;

impl Books {
    pub fn clock_call(&mut self, request: &Request) -> Answer {
        match (request.method.as_str(), request.segments().as_slice()) {
            ("GET", ["test", "clock"]) => Answer::json(&json!({"currentUtcTime": self.now, "timeZone": "UTC"})),
            ("POST", ["test", "clock"]) => {
                let to = request.query("requestedDate").and_then(|text| text.parse().ok());
                self.pass_time(to.unwrap_or(self.now));
                Answer::json(&json!({"currentUtcTime": self.now, "timeZone": "UTC"}))
            }
            _ => Answer::empty(200),
        }
    }

    /// Moves the clock forwards, or back, and makes the invoices that fall due.
    pub fn pass_time(&mut self, to: DateTime<Utc>) {
        for (at, account, target) in self.falls_due(to) {
            self.now = at;
            self.run_by_itself(account, target);
        }
        self.now = to;
    }
}
