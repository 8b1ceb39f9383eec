//! What processes do, alone or two at a time, and how they die of it.

use std::pin::Pin;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use nodeconductor_billing::app::App;
use nodeconductor_billing::domain::job::Job;
use nodeconductor_billing::jobs;
use serde_json::Value;
use tower::ServiceExt;

use super::trouble::WEB;
use super::world::World;

/// What came of a deed.
#[derive(Debug)]
pub enum Done {
    /// A job's pass, with its failure.
    Pass(Option<String>),
    Answer(u16, Value),
    /// The process was killed on the way.
    Died,
}

/// Something that a process is to do.
pub struct Deed {
    pub process: usize,
    pub work: Pin<Box<dyn Future<Output = Done>>>,
}

pub fn pass(process: usize, app: App, job: Job) -> Deed {
    let work = Box::pin(async move { Done::Pass(jobs::run(&app, job, &|_, _| ()).await.error) });
    Deed { process, work }
}

pub fn answer(process: usize, router: Router, request: Request<Body>) -> Deed {
    let work = Box::pin(async move {
        let Ok(answer) = router.oneshot(request).await;
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap_or_default();
        Done::Answer(status, serde_json::from_slice(&body).unwrap_or_default())
    });
    Deed { process, work }
}

impl World<'_> {
    /// One process does something, and nobody else does anything.
    pub async fn alone(&mut self, deed: Deed) -> Done {
        let Deed { process, mut work } = deed;
        let death = self.trouble.death(process);
        let done = tokio::select! {
            biased;
            () = death.notified() => Done::Died,
            done = &mut work => done,
        };
        drop(work);
        self.bury(process, &done).await;
        self.trouble.doom(process, None);
        self.settle().await;
        if process != WEB {
            self.mind_what_counts_as_delivered().await;
        }
        done
    }

    /// Two processes do something at the same time; chance decides who is next, thing by thing.
    pub async fn together(&mut self, one: Deed, other: Deed) -> [Done; 2] {
        let processes = [one.process, other.process];
        let deaths = processes.map(|process| self.trouble.death(process));
        let gates = processes.map(|process| std::sync::Arc::clone(&self.ground.gates[process]));
        for gate in &gates {
            gate.close();
        }
        let mut works = [Some(one.work), Some(other.work)];
        let mut done = [None, None];
        loop {
            for side in 0..2 {
                let Some(work) = works[side].as_mut() else { continue };
                let other_gate = &gates[1 - side];
                // Until it has come to its gate, is done, or is dead.
                let end = loop {
                    if gates[side].has_somebody() {
                        break None;
                    }
                    tokio::select! {
                        biased;
                        () = deaths[side].notified() => break Some(Done::Died),
                        end = &mut *work => break Some(end),
                        () = gates[side].came() => {}
                        () = other_gate.came() => {}
                    }
                };
                if let Some(end) = end {
                    works[side] = None;
                    self.bury(processes[side], &end).await;
                    gates[side].forget();
                    done[side] = Some(end);
                }
            }
            let waiting: Vec<usize> = (0..2).filter(|side| works[*side].is_some()).collect();
            if waiting.is_empty() {
                break;
            }
            gates[*self.dice.one_of(&waiting)].let_one();
        }
        for (gate, process) in gates.iter().zip(processes) {
            gate.open();
            self.trouble.doom(process, None);
        }
        self.settle().await;
        self.mind_what_counts_as_delivered().await;
        done.map(|done| done.unwrap_or(Done::Died))
    }

    async fn bury(&mut self, process: usize, done: &Done) {
        if matches!(done, Done::Died) {
            self.kill(process).await;
        }
    }

    async fn mind_what_counts_as_delivered(&self) {
        let counted = self.road.counted().await;
        self.road.mind_counted(&counted, &self.ground.model.books());
    }

    /// A dead process leaves nothing behind: not even a connection that could still say something.
    pub async fn kill(&mut self, process: usize) {
        self.processes[process] = None;
        self.ground.lines[process].cut().await;
    }

    /// Lets tasks in the background come to their end.
    async fn settle(&self) {
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
    }
}
