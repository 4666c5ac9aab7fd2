//! Progress of long work: a bar with rate and time left on a terminal, a log line every few seconds elsewhere.

use std::{
    io::IsTerminal,
    time::{Duration, Instant},
};

use hashwatch_node::Traffic;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

/// Between two log lines.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Progress towards a number of blocks, or of what else `what` names.
pub(crate) struct Progress {
    what: &'static str,
    of: u64,
    bar: Option<ProgressBar>,
    began: Instant,
    line: Instant,
    first: Option<u64>,
    traffic: Option<Traffic>,
}

impl Progress {
    pub(crate) fn new(what: &'static str, of: u64) -> Progress {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(of);
            let style = "{msg}: {human_pos} of {human_len} [{bar:30}] {per_sec}, {eta} left{prefix}";
            if let Ok(style) = ProgressStyle::with_template(style) {
                bar.set_style(style);
            }
            bar.set_message(what);
            bar
        });
        Progress { what, of, bar, began: Instant::now(), line: Instant::now(), first: None, traffic: None }
    }

    /// How far the work is, and how far it must go.
    pub(crate) fn set_of(&mut self, at: u64, of: u64) {
        self.of = of;
        if let Some(bar) = &self.bar {
            bar.set_length(of);
        }
        self.set(at);
    }

    /// What it has cost so far. Told with the next step.
    pub(crate) fn set_traffic(&mut self, traffic: Traffic) {
        if let Some(bar) = &self.bar {
            let Traffic { read, skipped } = traffic;
            bar.set_prefix(format!(", {} read, {} skipped", HumanBytes(read), HumanBytes(skipped)));
        }
        self.traffic = Some(traffic);
    }

    /// How far the work is.
    pub(crate) fn set(&mut self, at: u64) {
        let first = *self.first.get_or_insert(at);
        if let Some(bar) = &self.bar {
            bar.set_position(at);
        } else if self.line.elapsed() >= LINE_EVERY {
            self.line = Instant::now();
            let seconds = self.began.elapsed().as_secs().max(1);
            let rate = at.saturating_sub(first) / seconds;
            let left = self.of.saturating_sub(at).checked_div(rate);
            let (read, skipped) = self.traffic.map(|bytes| (bytes.read, bytes.skipped)).unzip();
            tracing::info!(
                at,
                of = self.of,
                per_second = rate,
                seconds_left = left,
                bytes_read = read,
                bytes_skipped = skipped,
                "{}",
                self.what
            );
        }
    }

    /// The work is done.
    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
