//! Passes of the workers: alone, one soon after the other, both at once, or beside a push; any of them may be doomed.

use nodeconductor_billing::domain::job::Job;

use super::super::deeds::{self, Deed};
use super::super::trouble::Death;
use super::super::world::World;

impl World<'_> {
    /// A pass that may be doomed.
    async fn delivery(&mut self, process: usize) -> Deed {
        let app = self.app(process).await;
        let doomed = self.dice.chance(self.plan.deaths);
        let last = self.dice.weighed(&[(1, 40), (1, 140)]);
        let moment = Death::AtMoment(self.dice.below(last));
        let death = self.dice.weighed(&[(2, Death::AtUsagePost), (3, moment)]);
        self.trouble.doom(process, doomed.then_some(death));
        deeds::pass(process, app, Job::Deliver)
    }

    pub async fn deliver(&mut self, process: usize) {
        let deed = self.delivery(process).await;
        let done = self.alone(deed).await;
        self.story
            .tell(format!("   … process {process} {}", Self::story_of(&done)));
    }

    /// The second pass comes while Kill Bill may still be at work on what the first one sent, or just after.
    pub(super) async fn deliver_twice(&mut self) {
        self.push().await;
        let process = self.dice.index(2);
        self.deliver(process).await;
        self.wait(&[0, 1, 10, 40, 90, 121, 125]);
        let process = self.dice.index(2);
        self.deliver(process).await;
    }

    pub(super) async fn deliver_together(&mut self) {
        if self.dice.chance(70) {
            self.push().await;
        }
        let (one, other) = (self.delivery(0).await, self.delivery(1).await);
        let done = self.together(one, other).await;
        let told = done.each_ref().map(Self::story_of);
        self.story.tell(format!("   … both: {}; {}", told[0], told[1]));
    }

    pub(super) async fn deliver_beside_a_push(&mut self) {
        let process = self.dice.index(2);
        let one = self.delivery(process).await;
        let records = if self.dice.chance(60) {
            self.corrections()
        } else {
            self.records()
        };
        if !self.client.unanswered.is_empty() || records.is_empty() {
            self.alone(one).await;
            return;
        }
        let other = self.push_of(&records).await;
        let [done, answer] = self.together(one, other).await;
        if !self.heard(&records, &answer) {
            self.client.unanswered.push_back(records.clone());
        }
        self.story.tell(format!(
            "   … process {process} {}, beside it {records:?}: {}",
            Self::story_of(&done),
            Self::story_of(&answer)
        ));
    }
}
