//! The chain as it is made, height by height: where it forks, in which order blocks reach the files, what comes next.
//!
//! A step is one height of the active chain and the stale blocks that arrive with it. What arrives at which step
//! depends on seed and height alone, so a chain read back from its files ([`Chain::replay`]) goes on as if it had
//! never stopped.

use bitcoin::block::Header;
use hashwatch_model::BlockId;

use crate::{
    SimulateError,
    arrivals::{Place, Role, arrivals},
    block::{self, Clock, Mined},
    economy::Economy,
    plan::Plan,
    random::{Purpose, Streams},
    tip::Tip,
};

/// Heights that a shuffled run holds.
const RUN: u32 = 16;

/// Blocks that go into the files together, in the order of the files.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub blocks: Vec<(Role, Mined)>,
    /// Unix seconds from which all of it may be seen: no block's time, and no moment at which one was found, is later.
    pub due: u64,
    /// The chain after it.
    pub summary: Summary,
}

/// How far a chain has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Active blocks, the genesis among them.
    pub blocks: u32,
    pub stale_blocks: u32,
    /// The block that a node calls its tip: of those at the greatest height, the first to arrive.
    pub tip: BlockId,
    /// Header time of that block.
    pub tip_time: u32,
}

/// A chain being made.
#[derive(Debug)]
pub(crate) struct Chain {
    plan: Plan,
    streams: Streams,
    economy: Economy,
    /// The active chain one below its end.
    below: Option<Tip>,
    /// The end of the active chain; none before the genesis.
    active: Option<Tip>,
    /// The rival of the active end, if a second block is to come on it.
    rival: Option<Tip>,
    stale_blocks: u32,
}

impl Chain {
    pub(crate) fn new(plan: Plan) -> Chain {
        let streams = Streams::new(plan.network, plan.seed);
        let economy = Economy::new(plan.network, streams.clone(), plan.start_time);
        Chain { plan, streams, economy, below: None, active: None, rival: None, stale_blocks: 0 }
    }

    /// Active blocks so far, which is the height of the next.
    pub(crate) fn blocks(&self) -> u32 {
        self.active.as_ref().map_or(0, |tip| tip.id.height + 1)
    }

    /// Thousandths of a hash that the network tries in ten minutes when the chain starts.
    pub(crate) fn starting_rate(&mut self) -> u64 {
        self.economy.at(u64::from(self.plan.start_time) * 1_000).rate
    }

    /// What the next batch holds, in the order of the files.
    pub(crate) fn next_places(&self) -> Vec<Place> {
        let first = self.blocks();
        // the genesis opens the first file, as Core wants it
        let shuffled = first % RUN == 1 && first.checked_add(RUN).is_some_and(|end| end <= self.plan.disordered);
        let steps = if shuffled { RUN } else { 1 };
        let mut places: Vec<Place> =
            (first..first.saturating_add(steps)).flat_map(|step| arrivals(&self.streams, step)).collect();
        if shuffled {
            self.streams.draw(Purpose::Shuffle, first).shuffle(&mut places);
        }
        places
    }

    /// Makes the next batch; the chain then stands on it.
    pub(crate) fn next_batch(&mut self) -> Result<Batch, SimulateError> {
        let places = self.next_places();
        let last_step = places.iter().map(|place| place.step).max().unwrap_or(0);
        let mut made: Vec<(Place, Mined)> = Vec::with_capacity(places.len());
        let mut due = 0;
        while self.blocks() <= last_step {
            let step = self.blocks();
            let blocks = self.step()?;
            let found = self.active.as_ref().map_or(0, |tip| tip.clock_ms).div_ceil(1_000);
            let latest = blocks.iter().map(|(_, mined)| u64::from(mined.header.time)).max().unwrap_or(0);
            due = due.max(found).max(latest);
            made.extend(blocks.into_iter().map(|(role, mined)| (Place { step, role }, mined)));
        }
        let position = |wanted: &Place| places.iter().position(|place| place == wanted);
        made.sort_by_key(|(place, _)| position(place));
        let headers: Vec<(Place, Header)> = made.iter().map(|(place, mined)| (*place, mined.header)).collect();
        let summary = self.summary(&headers);
        let blocks = made.into_iter().map(|(place, mined)| (place.role, mined)).collect();
        Ok(Batch { blocks, due, summary })
    }

    /// Takes the next batch from headers read back: those of [`Chain::next_places`], in that order. Says what is wrong
    /// with them, and then the chain is of no more use.
    pub(crate) fn replay(&mut self, headers: &[(Place, Header)]) -> Result<Summary, String> {
        let last_step = headers.iter().map(|(place, _)| place.step).max().unwrap_or(0);
        while self.blocks() <= last_step {
            let step = self.blocks();
            if step == 0 {
                let made = self.step().map_err(|error| error.to_string())?;
                let same = made.iter().zip(headers).all(|((_, mined), (_, header))| mined.header == *header);
                if !same {
                    return Err("another genesis".to_owned());
                }
                continue;
            }
            self.replay_step(headers.iter().filter(|(place, _)| place.step == step))?;
        }
        Ok(self.summary(headers))
    }

    fn replay_step<'a>(&mut self, blocks: impl Iterator<Item = &'a (Place, Header)>) -> Result<(), String> {
        let (mut active, mut rival) = (None, None);
        for (Place { step, role }, header) in blocks {
            let parent = self.parent(*role).ok_or("a block without a parent")?;
            if header.prev_blockhash != parent.id.hash
                || !block::meets_rules(header, parent.next_bits(self.plan.network))
            {
                return Err(format!("not block {step} of this chain"));
            }
            match role {
                Role::Active => active = Some(*header),
                Role::Rival => rival = Some(*header),
                Role::Second | Role::LateRival => {}
            }
            self.stale_blocks += u32::from(*role != Role::Active);
        }
        let (Some(header), Some(parent)) = (active, self.active.as_ref()) else { return Err("no block".to_owned()) };
        let micros = self.economy.at(parent.clock_ms).micros_per_hash();
        let clock_ms = block::clock_of(&self.streams, parent, header.nonce, micros);
        let child = parent.child(&header, header.block_hash(), clock_ms);
        let branch = rival.map(|header| parent.child(&header, header.block_hash(), clock_ms));
        self.advance(child, branch);
        Ok(())
    }

    /// Makes the blocks of one height.
    fn step(&mut self) -> Result<Vec<(Role, Mined)>, SimulateError> {
        let height = self.blocks();
        let Some(parent) = self.active.clone() else {
            let rate = self.starting_rate();
            let mined = block::genesis(&self.plan, rate)?;
            self.active = Some(Tip::genesis(&mined.header, mined.clock_ms));
            return Ok(vec![(Role::Active, mined)]);
        };
        let day = self.economy.at(parent.clock_ms).clone();
        let running = Clock::Running { micros_per_hash: day.micros_per_hash() };
        let mine =
            |on: &Tip, role: Role, clock: Clock| block::mine(&self.plan, &self.streams, on, &day, role.draws(), clock);
        let active = mine(&parent, Role::Active, running)?;
        let mut blocks = Vec::new();
        for Place { role, .. } in arrivals(&self.streams, height) {
            // rivals are found at about the moment of the block they race
            let clock = if role == Role::LateRival { parent.clock_ms } else { active.clock_ms };
            match (role, self.parent(role)) {
                (Role::Active, _) => blocks.push((role, active.clone())),
                (_, Some(on)) => blocks.push((role, mine(on, role, Clock::At(clock))?)),
                (_, None) => {}
            }
        }
        let rival = blocks.iter().find(|(role, _)| *role == Role::Rival);
        let branch = rival.map(|(_, mined)| parent.child(&mined.header, mined.hash, mined.clock_ms));
        self.stale_blocks += u32::try_from(blocks.len() - 1).unwrap_or(u32::MAX);
        self.advance(parent.child(&active.header, active.hash, active.clock_ms), branch);
        Ok(blocks)
    }

    fn advance(&mut self, active: Tip, rival: Option<Tip>) {
        self.below = self.active.replace(active);
        self.rival = rival;
    }

    /// What a block of the next step stands on.
    fn parent(&self, role: Role) -> Option<&Tip> {
        match role {
            Role::Active | Role::Rival => self.active.as_ref(),
            Role::Second => self.rival.as_ref(),
            Role::LateRival => self.below.as_ref(),
        }
    }

    /// How far the chain is, given the batch that it now ends with, in the order of the files.
    fn summary(&self, batch: &[(Place, Header)]) -> Summary {
        let height = self.blocks() - 1;
        let first = batch.iter().find(|(place, _)| place.step == height && place.role != Role::LateRival);
        // a batch ends with its last step's active block at least
        let (hash, tip_time) = first.map_or_else(
            || (self.active.as_ref().map_or_else(crate::coinbase::no_parent, |tip| tip.id.hash), 0),
            |(_, header)| (header.block_hash(), header.time),
        );
        Summary { blocks: self.blocks(), stale_blocks: self.stale_blocks, tip: BlockId { height, hash }, tip_time }
    }
}
