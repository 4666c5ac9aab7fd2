//! What can be wrong with a registry, told all at once.

use std::fmt;

/// Everything found wrong with a registry; never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct RegistryErrors(pub Vec<Problem>);

impl fmt::Display for RegistryErrors {
    /// One problem a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for RegistryErrors {}

/// One thing wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The file, as it was named to the reader.
    pub file: String,
    /// The entry in it, such as `pool foundryusa, tag "/2cDw/"`; `file` where it is the whole.
    pub entry: String,
    /// What is wrong.
    pub reason: Reason,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.file, self.entry, self.reason)
    }
}

/// Why an entry is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Reason {
    /// The text is not TOML.
    #[error("not TOML: {0}")]
    Syntax(String),
    /// A key that means nothing here: a slip, or a newer file.
    #[error("unknown key {0:?}")]
    UnknownKey(String),
    /// A key that must be there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A value of another type than asked for.
    #[error("{key} must be {expected}")]
    WrongType {
        /// The key.
        key: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A slug that cannot be one.
    #[error("{0:?} is no slug: 1 to 40 of a-z, 0-9 and inner hyphens, and not \"unknown\", which is not a pool")]
    Slug(String),
    /// A name that cannot be shown.
    #[error("the name is empty, over 100 bytes or has control characters")]
    Name,
    /// A number that cannot be one of mempool's.
    #[error("{0} is no number of mempool's list: those begin at 1")]
    MempoolId(i64),
    /// A link or a source that cannot be followed.
    #[error("{0:?} is neither an http nor an https URL")]
    Url(String),
    /// A colour that is not one.
    #[error("{0:?} is no colour of the form #rrggbb in lower case")]
    Color(String),
    /// A tag too short to mean anything, or longer than any input script.
    #[error("a tag of {0} bytes: from 3 to 100 are allowed")]
    TagLength(usize),
    /// An address that does not parse.
    #[error("{address:?} is no address: {reason}")]
    Address {
        /// As written.
        address: String,
        /// The parser's word.
        reason: String,
    },
    /// A time that cannot be one.
    #[error("{0:?} is no time of the form 2026, 2026-Q1, 2026-02 or 2026-02-24 since 2009-01-03")]
    When(String),
    /// A period whose end lies before its beginning.
    #[error("until lies before from")]
    Backwards,
    /// Two claims that cannot both hold, such as two owners of a pool at a time.
    #[error("{what} of {pool} at the same time as {first}")]
    Overlap {
        /// What both claim.
        what: &'static str,
        /// The pool concerned.
        pool: String,
        /// The entry that came first.
        first: String,
    },
    /// A prefix that is not one.
    #[error("{0:?} is no prefix of 3 to 40 bytes in hex")]
    Prefix(String),
    /// A country that is not written as one.
    #[error("{0:?} is no country of two capital letters (ISO 3166)")]
    Country(String),
    /// A word that is not among those allowed.
    #[error("{found:?} is none of {}", .allowed.join(", "))]
    Word {
        /// What was found.
        found: String,
        /// What might stand there.
        allowed: Vec<&'static str>,
    },
    /// A hashrate that no miner can have.
    #[error("{0} EH/s: a number above 0 and up to 10,000 is allowed")]
    Hashrate(f64),
    /// Neither tag nor address: such a pool can never be found.
    #[error("has neither tag nor address")]
    NoMark,
    /// Two pools, or two entries of one, with the same slug, number, tag or script.
    #[error("{what} is claimed by {first} already")]
    Duplicate {
        /// What both have, such as `slug` or `this address`.
        what: &'static str,
        /// Slug of the entry that came first.
        first: String,
    },
    /// A tag that shows wherever another pool's shows, and nobody said that this is meant.
    #[error("holds {inner:?} of {pool} inside itself: say over = [{pool:?}] if it is meant to win")]
    Hidden {
        /// The other pool's tag.
        inner: String,
        /// The other pool.
        pool: String,
    },
    /// A pool that is named and not there.
    #[error("{0:?} is no other pool of this registry")]
    UnknownPool(String),
    /// Priorities that go round in a circle decide nothing.
    #[error("the priorities go round in a circle: {}", .0.join(" over "))]
    Circle(Vec<String>),
    /// A month that cannot be one.
    #[error("{0:?} is no month of the form 2026-02 since 2009-01")]
    Month(String),
    /// A number that cannot be a height.
    #[error("{0} is no height")]
    Height(i64),
    /// A number of blocks that no month can have.
    #[error("{found} blocks: from {least} to {most} are possible in a month")]
    Blocks {
        /// As written.
        found: i64,
        /// The fewest that make sense here.
        least: u64,
        /// The most.
        most: u64,
    },
    /// Parts that do not add up.
    #[error("the total is {stated}, and its parts add up to {counted}")]
    Sum {
        /// As written.
        stated: u64,
        /// The sum of the parts.
        counted: u64,
    },
    /// A month or a height other than what comes before it demands.
    #[error("{what} is {found}, where {expected} is next")]
    NotNext {
        /// The key.
        what: &'static str,
        /// As written.
        found: String,
        /// What must stand there.
        expected: String,
    },
    /// Blocks are missing in the midst of a history.
    #[error("only the first month and the last may be partial")]
    Partial,
    /// A number that cannot be one of its kind.
    #[error("{key} is {found}: from {least} to {most} is possible")]
    Number {
        /// The key, or the word that says what the number is.
        key: &'static str,
        /// As written.
        found: f64,
        /// The least that is possible.
        least: f64,
        /// The most.
        most: f64,
    },
    /// Bounds that do not hold what lies between them.
    #[error("low, value and high are not in this order")]
    Order,
    /// A remark that cannot be shown.
    #[error("the note is empty, over 300 bytes or has control characters")]
    Note,
    /// A part of the world that is not written as one.
    #[error("{0:?} is no region of the form US or US-TX (ISO 3166)")]
    Region(String),
    /// A period that no report is of.
    #[error("{0} is no month, quarter or year")]
    NoSpan(String),
    /// A report without a number.
    #[error("holds no figure")]
    NoFigure,
    /// A company that is named and not there.
    #[error("{0:?} is no miner of the registry")]
    UnknownMiner(String),
    /// An announcement that is named and not there.
    #[error("{0:?} is no other announcement")]
    UnknownAnnouncement(String),
    /// A contradiction that only one of both knows of.
    #[error("contradicts {0}, where the contrary is not said")]
    OneSided(String),
    /// A contradiction between what is not about the same thing.
    #[error("contradicts {0}, which is not about the same announcement")]
    OtherMatter(String),
    /// An announcement about another that cannot be its first.
    #[error("is about {first}, which {why}")]
    About {
        /// The slug that is named.
        first: String,
        /// What is against it.
        why: &'static str,
    },
    /// Something that happened to an announcement before it was made.
    #[error("{is} in {on}, before it was announced")]
    TooEarly {
        /// The word.
        is: &'static str,
        /// As written.
        on: String,
    },
    /// An efficiency other than power by hashrate.
    #[error("j_th is {stated}, and watts by th_s are {computed:.2}: 3 % apart are allowed")]
    Efficiency {
        /// As written.
        stated: f64,
        /// Watts divided by terahashes per second.
        computed: f64,
    },
    /// What is to be superseded is not there.
    #[error("supersedes nothing")]
    SupersedesNothing,
    /// The tags do not compile into one matcher.
    #[error("the tags do not compile: {0}")]
    Compile(String),
}
