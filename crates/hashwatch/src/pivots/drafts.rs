//! What is kept between runs: drafts, what was decided of them, and how each feed was last asked.
//!
//! One file of JSON in the data directory, replaced as a whole. A watch and an operator's decision may come at the same time:
//! whoever changes the file holds a lock from reading it to having written it.

use std::{
    collections::{BTreeMap, HashSet},
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use bitcoin::hashes::{Hash, sha256};
use serde::{Deserialize, Serialize};

use super::{candidate::Found, feed::Entry, text::plain};

/// In the data directory.
const FILE: &str = "pivots.json";
const LOCK: &str = "pivots.lock";
/// Drafts that wait for the operator. Further ones are left in their feeds until there is room.
const MOST_OPEN: usize = 1_000;
/// Those of one feed among them, so that none takes the room of all others.
const MOST_OPEN_OF_ONE: usize = 250;
/// Decided ones that are remembered, so that they do not come back; those that feeds have not shown for longest go first.
const MOST_DECIDED: usize = 4_000;
/// Bytes of the file: what the bounds above leave room for, several times over.
const MOST_BYTES: u64 = 64 << 20;
/// Characters of what an entry says that an operator is shown.
const SUMMARY_CHARS: usize = 500;
/// Hex digits of a draft's id.
const ID_DIGITS: usize = 10;

/// What an operator has said of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// Nothing yet.
    Open,
    /// It was taken out as an entry to be completed.
    Accepted,
    /// It is none.
    Refused,
}

/// An entry of a feed that may be an announcement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    pub(crate) id: String,
    pub(crate) state: State,
    /// The feed that had it first.
    pub(crate) feed: String,
    pub(crate) title: String,
    /// Emptied once it is decided.
    pub(crate) summary: String,
    pub(crate) link: Option<String>,
    /// Unix seconds, as the feed says.
    pub(crate) published: Option<i64>,
    /// Slugs of listed miners.
    pub(crate) miners: Vec<String>,
    /// What it was picked by.
    pub(crate) by: Vec<String>,
    /// Unix seconds: when it was found, and when a feed last had it.
    pub(crate) found: u64,
    pub(crate) seen: u64,
    /// Digest of what the feed calls it by; empty where it has no name.
    pub(super) entry: String,
}

/// How a feed was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// Digest of its URL.
    pub(super) of: String,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    /// Unix seconds of the last question.
    pub(super) at: u64,
    /// Unix seconds: it has asked to be left alone until then.
    pub(super) not_before: u64,
    /// Refusals for overload in a row.
    pub(super) refusals: u32,
}

/// What the file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    pub(super) feeds: BTreeMap<String, Asked>,
    pub(super) drafts: Vec<Draft>,
}

/// What came of a reading of a feed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// New drafts.
    pub(super) new: Vec<Draft>,
    /// How many found no room.
    pub(super) left: usize,
}

impl Kept {
    /// Makes drafts of what is new. What was there before, under its name in the feed or by its link in any feed, is not.
    pub(super) fn take(&mut self, feed: &str, found: Vec<(Entry, Found)>, now: u64) -> Taken {
        let mut taken = Taken::default();
        let open = || self.drafts.iter().filter(|draft| draft.state == State::Open);
        let room = MOST_OPEN.saturating_sub(open().count());
        let room = room.min(MOST_OPEN_OF_ONE.saturating_sub(open().filter(|draft| draft.feed == feed).count()));
        for (entry, found) in found {
            let name = if entry.id.is_empty() { String::new() } else { digest(&[feed, &entry.id]) };
            let same = |draft: &&mut Draft| {
                (!name.is_empty() && draft.entry == name) || (entry.link.is_some() && draft.link == entry.link)
            };
            if let Some(draft) = self.drafts.iter_mut().find(same) {
                draft.seen = now;
            } else if taken.new.len() >= room {
                taken.left += 1;
            } else {
                let draft = self.draft(feed, name, entry, found, now);
                taken.new.push(draft.clone());
                self.drafts.push(draft);
            }
        }
        self.forget();
        taken
    }

    fn draft(&self, feed: &str, entry_name: String, entry: Entry, found: Found, now: u64) -> Draft {
        let whole = digest(&[&entry_name, entry.link.as_deref().unwrap_or_default()]);
        // two that begin alike are told apart by more digits
        let free = |digits: &usize| self.drafts.iter().all(|draft| draft.id != whole[..*digits]);
        let digits = (ID_DIGITS..whole.len()).find(free).unwrap_or(whole.len());
        Draft {
            id: whole[..digits].to_owned(),
            state: State::Open,
            feed: feed.to_owned(),
            title: entry.title,
            summary: plain(&entry.text, SUMMARY_CHARS),
            link: entry.link,
            published: entry.published,
            miners: found.miners,
            by: found.by,
            found: now,
            seen: now,
            entry: entry_name,
        }
    }

    fn forget(&mut self) {
        let mut decided: Vec<(u64, String)> = Vec::new();
        for draft in self.drafts.iter().filter(|draft| draft.state != State::Open) {
            decided.push((draft.seen, draft.id.clone()));
        }
        if decided.len() > MOST_DECIDED {
            decided.sort_unstable_by(|a, b| b.cmp(a));
            let gone: HashSet<String> = decided.drain(MOST_DECIDED..).map(|(_, id)| id).collect();
            self.drafts.retain(|draft| !gone.contains(&draft.id));
        }
    }
}

/// The file.
#[derive(Clone, Debug)]
pub(crate) struct Drafts {
    dir: PathBuf,
}

impl Drafts {
    /// Nothing is made yet.
    pub(crate) fn new(data_dir: &Path) -> Drafts {
        Drafts { dir: data_dir.to_path_buf() }
    }

    /// Every draft, the newest first.
    pub(crate) fn all(&self) -> anyhow::Result<Vec<Draft>> {
        let mut drafts = self.read()?.drafts;
        drafts
            .sort_by_key(|draft| std::cmp::Reverse(draft.published.unwrap_or(i64::try_from(draft.found).unwrap_or(0))));
        Ok(drafts)
    }

    /// Says what the operator said; the draft as it was before. None where there is no such draft.
    pub(crate) fn decide(&self, id: &str, state: State) -> anyhow::Result<Option<Draft>> {
        if self.read()?.drafts.iter().all(|draft| draft.id != id) {
            return Ok(None);
        }
        self.change(|kept| {
            let draft = kept.drafts.iter_mut().find(|draft| draft.id == id)?;
            let before = draft.clone();
            draft.state = state;
            draft.summary.clear();
            Some(before)
        })
    }

    /// What is there; nothing, where the file is not.
    pub(super) fn read(&self) -> anyhow::Result<Kept> {
        let path = self.dir.join(FILE);
        let failed = || format!("reading {}", path.display());
        match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Kept::default()),
            Err(error) => return Err(error).with_context(failed),
            Ok(about) if about.len() > MOST_BYTES => bail!("{} has over {MOST_BYTES} bytes", path.display()),
            Ok(_) => {}
        }
        let bytes = fs::read(&path).with_context(failed)?;
        serde_json::from_slice(&bytes)
            .with_context(|| format!("{} is damaged: mend it, or move it away to begin anew", path.display()))
    }

    /// Changes what is there. What it held before is there until what it holds then is on the disk.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Kept) -> T) -> anyhow::Result<T> {
        fs::create_dir_all(&self.dir).with_context(|| format!("making {}", self.dir.display()))?;
        let lock = self.dir.join(LOCK);
        let file = File::create(&lock).with_context(|| format!("opening {}", lock.display()))?;
        file.lock().with_context(|| format!("locking {}", lock.display()))?;
        let mut kept = self.read()?;
        let before = kept.clone();
        let outcome = change(&mut kept);
        if kept != before {
            self.write(&kept).with_context(|| format!("writing {}", self.dir.join(FILE).display()))?;
        }
        Ok(outcome)
    }

    fn write(&self, kept: &Kept) -> anyhow::Result<()> {
        let mut file = tempfile::NamedTempFile::with_prefix_in("pivots-", &self.dir)?;
        serde_json::to_writer(&mut file, kept)?;
        file.flush()?;
        file.as_file().sync_all()?;
        file.persist(self.dir.join(FILE))?;
        Ok(())
    }
}

/// Of texts, none of which can be taken for part of another.
pub(super) fn digest(texts: &[&str]) -> String {
    let mut bytes = Vec::new();
    for text in texts {
        bytes.extend_from_slice(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    sha256::Hash::hash(&bytes).to_string()
}

#[cfg(test)]
mod tests;
