//! The model of Kill Bill that the simulation hunts with, held to the real server: every case here runs on both.

mod support {
    pub mod catalog;
    pub mod gate;
    pub mod killbill_model;
    pub mod killbill_server;
}

mod model_cases {
    mod bench;
    mod billing;
    mod calls;
    mod ends;
    mod listing;
    mod settle;
    mod window;
}
