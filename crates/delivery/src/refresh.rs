//! What delivery makes of a look: who is served from now on, who no longer is, who begins anew.

use crate::{
    Newest,
    delivery::{Delivery, Said},
    line::{Line, Served, Standing},
    looks::{Looks, Seen},
    rows::ProgressRow,
    table::now,
};

impl Delivery {
    /// Has a look made, or one more after the one that is under way.
    pub(crate) fn look(&mut self) {
        let Some(mut looks) = self.looks.take() else {
            self.look_again = true;
            return;
        };
        self.look_again = false;
        let newest = *self.latest.borrow_and_update();
        let (after, said) = (self.recent.wants(newest), self.said.clone());
        let told = self.lines.values().map(|line| line.cursor).max().unwrap_or(0).max(self.recent.last());
        let look = tokio::spawn(async move {
            let seen = looks.look(after, newest, told).await;
            let _ = said.send(Said::Seen(Box::new((looks, seen))));
        });
        self.looking = Some(look.abort_handle());
    }

    /// Takes what a look saw.
    pub(crate) fn saw(&mut self, looks: Looks, seen: Seen) {
        if let Some(read) = seen.notices {
            self.recent.take(seen.after, seen.newest, read);
        }
        for id in seen.gone {
            if let Some(line) = self.lines.remove(&id) {
                self.recall(id, line.epoch);
            }
        }
        for (id, served, progress) in seen.served {
            self.take(id, served, progress);
        }
        if seen.anew {
            self.go_back(seen.newest);
        }
        let ids: Vec<u64> = self.lines.keys().copied().collect();
        for id in ids {
            self.consider(id);
        }
        self.looks = Some(looks);
        if self.look_again {
            self.look();
        }
    }

    /// Has those who were told more than there is hear what is said from now on.
    fn go_back(&mut self, newest: Newest) {
        if self.recent.last() > newest.seq {
            self.recent.end(newest);
        }
        let beyond = |(id, line): (&u64, &Line)| (line.cursor > newest.seq).then_some((*id, line.epoch));
        let beyond: Vec<(u64, u64)> = self.lines.iter().filter_map(beyond).collect();
        if !beyond.is_empty() {
            tracing::warn!(
                "the store was made anew: {} subscriptions were told more than its {} notices and hear what follows",
                beyond.len(),
                newest.seq
            );
        }
        for (id, epoch) in beyond {
            if let Some(line) = self.lines.get_mut(&id) {
                line.go_back(newest.seq);
            }
            self.recall(id, epoch);
            self.settle(id);
            self.record(id);
        }
    }

    fn take(&mut self, id: u64, served: Served, progress: Option<ProgressRow>) {
        match self.lines.get_mut(&id) {
            // what is under way goes on to where it was sent
            Some(line) if line.standing == Standing::Flying && line.sealed.version == served.sealed.version => {
                line.changed = Some(served);
            }
            Some(line) => {
                let epoch = line.epoch;
                line.change(served);
                self.recall(id, epoch);
            }
            None => {
                let begins = self.begins(served.confirmed_at);
                let mut line = Line::new(served, begins);
                let begun = progress.as_ref().map(|row| line.resume(row, now())).is_some();
                self.lines.insert(id, line);
                if !begun {
                    self.record(id);
                }
            }
        }
    }
}
