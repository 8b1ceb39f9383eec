//! NodeConductor's own frontend at the points of its public history at which it reads billing in another way: what its pages
//! send, and what their code does with each key of the answers. docs/clients.md has the table of pages.

mod estimates;
mod js;
mod june_2016;
mod june_2017;
mod june_2018;
mod june_2020;
mod parties;
mod shop;

pub use shop::{Shop, details, register};
