//! A simulation that hunts for lost and doubled money: the service's own code on a real PostgreSQL, in front of a model of
//! Kill Bill, in a world where everything that can fail does. One number (the seed) gives one run, step by step.
//!
//! `plan` says what a seed is about; `world`, `steps` and `pushes` go through it, `deeds` lets processes work, alone or two
//! at a time, `trouble` decides what fails and who dies; `road` minds every request; `heal` and `verdict` end it.
//! `mistakes` prove that it can find any.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

mod client;
mod deeds;
mod dice;
mod emptying;
mod heal;
mod holds;
mod names;
mod neighbours;
mod plan;
mod prices;
mod pushes;
mod road;
mod steps;
mod story;
mod trouble;
mod verdict;
mod world;

pub mod ground;
pub mod hunt;
pub mod mistakes;
