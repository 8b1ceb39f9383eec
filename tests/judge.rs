//! Kill Bill as the judge: random catalogs, accounts, subscriptions, pauses and usage on the real server, its clock moved over
//! months; each usage line must be what the timeline said when the subscription began.
//!
//! `dev/judge --seeds N` runs many; `dev/test` a bounded number. A seed that differs prints its catalog and both sides.

mod support {
    pub mod killbill_server;
}

mod judge_cases {
    mod compare;
    mod dealt;
    mod run;
}
