//! What rules see of a chain: columns of one entry a block, borrowed, the lowest first.

/// Somebody who is counted as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// `pool`, `group` or `owner`: in a column of groups a pool that is in none stands for itself, as a pool.
    pub kind: &'static str,
    /// The slug.
    pub id: String,
    /// The name for people.
    pub name: String,
}

/// Whose each block is, in one reading: by pool, by group or by owner.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scope<'a> {
    /// A number for each block, 0 for Unknown.
    pub ids: &'a [u16],
    /// By number, Unknown's first. A number keeps its meaning while a fold goes on.
    pub who: &'a [Entity],
}

/// The readings that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum By {
    /// Each pool for itself.
    Pool,
    /// Pools that share block templates as one.
    Group,
    /// Pools of one owner as one.
    Owner,
}

impl By {
    /// All of them.
    pub const ALL: [By; 3] = [By::Pool, By::Group, By::Owner];

    /// The kind of those that this reading is about.
    pub fn kind(self) -> &'static str {
        match self {
            By::Pool => "pool",
            By::Group => "group",
            By::Owner => "owner",
        }
    }
}

/// A chain as rules see it. All columns are as long as `median_times`; a shorter one counts as Unknown's above its end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scene<'a> {
    /// Height of the lowest block.
    pub from: u32,
    /// Median times past, Unix seconds. They never fall.
    pub median_times: &'a [u32],
    /// Expected hashes from the start of the chain up to and with each block; without them the rules that need work say nothing.
    pub chainworks: Option<&'a [u128]>,
    /// By pool.
    pub pools: Scope<'a>,
    /// By group.
    pub groups: Scope<'a>,
    /// By owner.
    pub owners: Scope<'a>,
}

impl<'a> Scene<'a> {
    /// One of the readings.
    pub fn scope(&self, by: By) -> Scope<'a> {
        match by {
            By::Pool => self.pools,
            By::Group => self.groups,
            By::Owner => self.owners,
        }
    }

    /// How many blocks there are.
    pub fn blocks(&self) -> usize {
        self.median_times.len()
    }

    /// The height at a place.
    pub fn height(&self, place: usize) -> u32 {
        self.from.saturating_add(u32::try_from(place).unwrap_or(u32::MAX))
    }
}
