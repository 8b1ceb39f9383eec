//! Everybody who calls, and the tokens that each of them may come with: one of ours, one of NodeConductor's, or either.

use std::collections::HashMap;

use super::stand_in::{Person, StandIn};
use super::world::World;

pub const CALLERS: [&str; 7] = [
    "anonymous",
    "nobody",
    "other owner",
    "owner",
    "pusher",
    "support",
    "staff",
];

pub struct Callers(HashMap<&'static str, Vec<String>>);

impl Callers {
    /// Alice's owner is the owner, Bob's the other one. NodeConductor knows all of them but the pusher, and somebody else.
    pub async fn new(world: &World, nodeconductor: &StandIn) -> Self {
        let service = &world.service;
        let (alice, bob) = (world.alice, world.bob);
        let know = |person: Person| {
            let token = person.uuid.simple().to_string();
            nodeconductor.know(&token, person);
            token
        };
        Self(HashMap::from([
            ("anonymous", vec![String::new()]),
            ("nobody", vec![know(Person::new())]),
            (
                "other owner",
                vec![service.owner(&[bob]).await, know(Person::owning(&[bob]))],
            ),
            (
                "owner",
                vec![service.owner(&[alice]).await, know(Person::owning(&[alice]))],
            ),
            ("pusher", vec![service.pusher.clone()]),
            ("support", vec![service.support.clone(), know(Person::support())]),
            ("staff", vec![service.staff.clone(), know(Person::staff())]),
        ]))
    }

    pub fn tokens(&self, caller: &str) -> &[String] {
        &self.0[caller]
    }
}
