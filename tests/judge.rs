//! Kill Bill as the judge: random catalogs, accounts, subscriptions, pauses, usage, late hours and corrections on the real
//! server, its clock moved over months; each usage line, and the estimate of each month, must be what the timeline said.
//!
//! `dev/judge --seeds N` runs many, `dev/catalogs FOLDER` plays the catalogs of a folder; `dev/test` a bounded number of both.

mod support {
    pub mod killbill_server;
}

mod judge_cases {
    mod calls;
    mod compare;
    mod deal;
    mod estimated;
    mod folder;
    mod kept;
    mod mistakes;
    mod paper;
    mod plans;
    mod play;
    mod run;
    mod smaller;
    mod story;
    mod subject;
}
