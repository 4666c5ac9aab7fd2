//! The main job end to end: a real bitcoind, the program as its users run it, the real ClickHouse inside it, and what
//! comes out on the API and the pages. One binary, so that its tests share the machine by [`turn`].
//!
//! `HASHWATCH_SOAK=1` runs the long versions; `HASHWATCH_SEED=N` repeats a run.

mod alert_cost;
mod alert_pages;
mod alerts;
mod api;
mod attack;
mod attribute;
mod audit;
mod beside;
mod block_files;
mod coinbases;
mod damage;
mod damaged_files;
mod described;
mod disclosed;
mod drafts;
mod figures;
mod forks;
mod hostile_text;
mod instances;
mod kills;
mod listed_miners;
mod losses;
mod mempool;
mod mined;
mod most_work;
mod node_kills;
mod nodes;
mod overlays;
mod own_facts;
mod pivots;
mod pool_pages;
mod pools;
mod readers;
mod refusals;
mod relabel;
mod reorgs;
mod routes;
mod rules;
mod scenario;
mod schema;
mod secrets;
mod seed;
mod several;
mod simulated;
mod sql;
mod standing;
mod stores;
mod storms;
mod turn;
mod usage;
mod verify_block;
mod verify_headers;
mod visitors;
