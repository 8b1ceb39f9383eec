//! A gate that a process passes before each thing it does to the world outside. While it is closed a test lets it do one
//! thing at a time, and so decides in which order two processes do theirs.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::{Notify, Semaphore};

/// Open at first.
pub struct Gate {
    closed: AtomicBool,
    waiting: AtomicUsize,
    go: Semaphore,
    came: Notify,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            closed: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            go: Semaphore::new(0),
            came: Notify::new(),
        }
    }
}

impl Gate {
    /// For whoever passes: returns when he may.
    pub async fn pass(&self) {
        if self.closed.load(Ordering::SeqCst) {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            self.came.notify_one();
            if let Ok(permit) = self.go.acquire().await {
                permit.forget();
            }
        }
    }

    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    /// From now on nobody waits.
    pub fn open(&self) {
        self.closed.store(false, Ordering::SeqCst);
        self.go.add_permits(self.waiting.swap(0, Ordering::SeqCst));
    }

    /// Forgets whoever waited: he is dead.
    pub fn forget(&self) {
        self.waiting.store(0, Ordering::SeqCst);
    }

    pub fn has_somebody(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }

    /// Lets one through that waits.
    pub fn let_one(&self) {
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        self.go.add_permits(1);
    }

    /// Returns when somebody may have come.
    pub async fn came(&self) {
        self.came.notified().await;
    }
}
