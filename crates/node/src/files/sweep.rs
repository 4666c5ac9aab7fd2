//! Many files looked through at once, and what they hold told in the order of the files.

use std::{
    fs::File,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{Receiver, sync_channel},
    },
    time::SystemTime,
};

use super::{
    cancelled,
    frames::{Frame, Framing, Scanned},
    unreadable,
};
use crate::NodeError;

/// Files whose blocks wait to be taken, for each thread: it is never far ahead of the one who takes them.
const WAITING: usize = 16;

/// A file as it was found when it was last to be looked through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) length: u64,
    pub(super) modified: SystemTime,
    /// Another process may be writing at its end.
    pub(super) grows: bool,
    /// A change from now on shows in its time.
    pub(super) settles: bool,
}

/// How far a look is, for those who watch it.
#[derive(Debug, Default)]
pub(super) struct Looking {
    /// Files looked through, and how many there are to be; none of them while there is no look.
    done: AtomicU64,
    of: AtomicU64,
}

impl Looking {
    pub(super) fn at(&self) -> Option<(u64, u64)> {
        let (done, of) = (self.done.load(Ordering::Relaxed), self.of.load(Ordering::Relaxed));
        (of > 0).then_some((done.min(of), of))
    }

    fn begin(&self, of: usize) {
        self.done.store(0, Ordering::Relaxed);
        self.of.store(of as u64, Ordering::Relaxed);
    }
}

/// A file that is to be looked through.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) number: u32,
    pub(super) path: Arc<Path>,
    /// The first byte that was not looked at yet.
    pub(super) from: u64,
    pub(super) look: Look,
}

/// What a file holds from there on.
type Found = Result<(Scanned, Vec<Frame>), NodeError>;

/// Looks through the files on as many threads as the machine has for it. `found` gets each file's blocks, in the order of
/// `jobs`. One that cannot be read keeps nobody from the others; the first such error comes back at the end.
pub(super) fn sweep(
    framing: &Framing,
    jobs: &[Job],
    looking: &Looking,
    stop: &AtomicBool,
    mut found: impl FnMut(&Job, Scanned, Vec<Frame>),
) -> Result<(), NodeError> {
    looking.begin(jobs.len());
    let swept = by_threads(framing, jobs, stop, |job, scanned, frames| {
        found(job, scanned, frames);
        looking.done.fetch_add(1, Ordering::Relaxed);
    });
    looking.begin(0);
    swept
}

fn by_threads(
    framing: &Framing,
    jobs: &[Job],
    stop: &AtomicBool,
    mut found: impl FnMut(&Job, Scanned, Vec<Frame>),
) -> Result<(), NodeError> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    if threads <= 1 {
        let mut outcome = Ok(());
        for job in jobs {
            take(look_through(framing, job, stop), job, &mut found, &mut outcome)?;
        }
        return outcome;
    }
    std::thread::scope(|scope| {
        // each thread takes every n-th file, so that whose turn it is needs no telling
        let lanes: Vec<Receiver<Found>> = (0..threads)
            .map(|lane| {
                let (sender, receiver) = sync_channel(WAITING);
                scope.spawn(move || {
                    for job in jobs.iter().skip(lane).step_by(threads) {
                        // nobody listens after an error
                        if sender.send(look_through(framing, job, stop)).is_err() {
                            break;
                        }
                    }
                });
                receiver
            })
            .collect();
        let mut outcome = Ok(());
        for (job, lane) in jobs.iter().zip(lanes.iter().cycle()) {
            // a lane that ends early has panicked: the scope passes that on
            let Ok(answer) = lane.recv() else { break };
            take(answer, job, &mut found, &mut outcome)?;
        }
        outcome
    })
}

/// Hands on what a file holds, or notes why it could not be read. Only a look that is given up ends at once.
fn take(
    answer: Found,
    job: &Job,
    found: &mut impl FnMut(&Job, Scanned, Vec<Frame>),
    outcome: &mut Result<(), NodeError>,
) -> Result<(), NodeError> {
    match answer {
        Ok((scanned, frames)) => found(job, scanned, frames),
        Err(error @ NodeError::Cancelled { .. }) => return Err(error),
        Err(error) => {
            if outcome.is_ok() {
                *outcome = Err(error);
            }
        }
    }
    Ok(())
}

fn look_through(framing: &Framing, job: &Job, stop: &AtomicBool) -> Found {
    let file = File::open(&job.path).map_err(unreadable(&job.path))?;
    let mut frames = Vec::new();
    let scanned = framing
        .scan(&file, job.from, job.look.grows, stop, |frame| frames.push(frame))
        .map_err(unreadable(&job.path))?;
    // a file that was left in the middle was not looked through
    if stop.load(Ordering::Relaxed) {
        return Err(cancelled());
    }
    Ok((scanned, frames))
}
