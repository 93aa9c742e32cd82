//! Group commit for doors that answer each event: whatever waits when the store is free is committed together.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::commit::{Committer, Fate};
use super::screen::Screened;

/// Events of one request, in order, and who waits for their fates.
struct Job {
    events: Vec<Screened>,
    answer: oneshot::Sender<Vec<Fate>>,
}

/// Jobs that may wait; more make their senders wait, which is the back-pressure.
const JOBS_MAX: usize = 4096;

/// Takes events to the committer; cheap to clone.
#[derive(Clone, Debug)]
pub struct Door {
    jobs: mpsc::Sender<Job>,
    committer: Arc<Committer>,
}

/// The service is stopping; send the event again to another node or later.
#[derive(Debug, thiserror::Error)]
#[error("the service is stopping")]
pub struct Stopping;

impl Door {
    /// Opens a door and the task behind it. The task ends when every clone of the door is gone and all is committed.
    pub fn open(
        committer: Arc<Committer>,
        group_events_max: usize,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let (jobs, queue) = mpsc::channel(JOBS_MAX);
        let task = tokio::spawn(serve(queue, committer.clone(), group_events_max));
        (Self { jobs, committer }, task)
    }

    /// The committer behind it.
    pub fn committer(&self) -> &Arc<Committer> {
        &self.committer
    }

    /// Whether an event has reached its end without the transaction: nothing in it concerns anyone remembered.
    pub fn ends_here(&self, event: &Screened) -> bool {
        match event {
            Screened::Ordinary(_) => true,
            Screened::IfKnown(candidate) => {
                self.knows_all()
                    && !self
                        .committer
                        .walk()
                        .active()
                        .may_contain(&candidate.person)
            }
            Screened::NothingYet(event, arrived_at, who) => {
                self.knows_all() && self.committer.walk().who(event, *arrived_at) <= *who
            }
            Screened::Candidate(_) | Screened::Quarantine(_) => false,
        }
    }

    /// On a store of its own this node knows everyone who is active; elsewhere only the transaction can tell.
    fn knows_all(&self) -> bool {
        self.committer.store().dialect() == "sqlite"
    }

    /// Hands events over; the answer comes when they are durable.
    ///
    /// # Errors
    /// The service is stopping.
    pub async fn enter(
        &self,
        events: Vec<Screened>,
    ) -> Result<oneshot::Receiver<Vec<Fate>>, Stopping> {
        let (answer, answered) = oneshot::channel();
        self.jobs
            .send(Job { events, answer })
            .await
            .map_err(|_| Stopping)?;
        Ok(answered)
    }
}

async fn serve(mut queue: mpsc::Receiver<Job>, committer: Arc<Committer>, group_events_max: usize) {
    while let Some(first) = queue.recv().await {
        let mut events = Vec::new();
        let mut waiting = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            waiting.push((job.events.len(), job.answer));
            events.extend(job.events.into_iter().map(|event| (None, event)));
            next = if events.len() < group_events_max {
                queue.try_recv().ok()
            } else {
                None
            };
        }
        match committer.commit(&events, Vec::new()).await {
            Ok(fates) => {
                let mut fates = fates.into_iter();
                for (count, answer) in waiting {
                    // A sender that has gone away will send again; its events are durable all the same.
                    drop(answer.send(fates.by_ref().take(count).collect()));
                }
            }
            // Without lanes nothing can be fenced; the senders see a closed channel and send again.
            Err(error) => tracing::error!(%error, "a batch without lanes was fenced"),
        }
    }
}
