//! What `/api/v1/unknown` answers with.

use bitcoin::ScriptBuf;
use hashwatch_model::Window;
use hashwatch_registry::{Cluster, Link, SharedPayout, SharedText};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{MOST_PAYOUTS, Workbench};
use crate::{
    api::{BlockIdFields, id_fields},
    openapi::words::{HexText, texts, words},
    shares::{
        CONFIDENCE,
        answer::{UnknownFields, WindowFields, unknown_fields, window_fields},
    },
    state::WebState,
    table::Table,
    wording::counted,
};

texts! {
    /// A text in the coinbase.
    ByTextWord: words(["text"]);
    /// A script that is paid.
    ByPayoutWord: words(["payout"]);
}

/// Blocks without a name that belong together.
#[derive(Serialize, ToSchema)]
pub(crate) struct UnknownClustersFields {
    window: WindowFields,
    /// Of every interval: a part of one.
    confidence: f64,
    unknown: LookedAtFields,
    clusters_total: usize,
    /// Blocks that share nothing with any other.
    clusters_of_one: usize,
    /// Those of two blocks or more, the largest first.
    #[schema(max_items = 50)]
    clusters: Vec<ClusterFields>,
}

/// Blocks of Unknown, and what was looked at.
#[derive(Serialize, ToSchema)]
struct LookedAtFields {
    #[serde(flatten)]
    unknown: UnknownFields,
    /// The newest 20,000 of the window at most.
    looked_at: usize,
    /// Blocks of known pools whose texts were held against them, twenty of each pool at most.
    named_looked_at: usize,
}

/// Blocks that belong together.
#[derive(Serialize, ToSchema)]
struct ClusterFields {
    #[schema(minimum = 2)]
    blocks: usize,
    first_height: u32,
    last_height: u32,
    /// Earliest header time among them, Unix seconds.
    first_time: u32,
    /// Latest header time among them, Unix seconds.
    last_time: u32,
    texts: Vec<TextFields>,
    /// Scripts that are paid, those of most blocks first.
    #[schema(max_items = 20)]
    payouts: Vec<PaidFields>,
    payouts_total: usize,
    /// What holds them together, what is in most blocks first.
    #[schema(max_items = 20)]
    linked_by: Vec<LinkFields>,
    /// The newest first.
    #[schema(min_items = 1, max_items = 10)]
    latest_blocks: Vec<BlockIdFields>,
    /// TOML for a file of an operator's own; null where nothing sound sets the cluster apart. Its texts are the miner's own.
    #[schema(required)]
    entry: Option<String>,
}

/// A text that blocks share.
#[derive(Serialize, ToSchema)]
struct TextFields {
    text: String,
    /// Blocks of the cluster that have it.
    blocks: usize,
    /// Slug of the one known pool that writes this, too.
    #[schema(required)]
    pool: Option<String>,
}

fn text_fields(it: &SharedText) -> TextFields {
    TextFields { text: it.text.clone(), blocks: it.blocks, pool: it.pool.clone() }
}

/// A script that is paid.
#[derive(Serialize, ToSchema)]
struct PaidFields {
    /// Null where the script has none.
    #[schema(required)]
    address: Option<String>,
    #[schema(value_type = HexText)]
    script_hex: String,
    /// Blocks of the cluster that pay it.
    blocks: usize,
}

fn paid_fields(state: &WebState, it: &SharedPayout) -> PaidFields {
    PaidFields { address: state.address(&it.script), script_hex: it.script.to_hex_string(), blocks: it.blocks }
}

/// What blocks of a cluster share.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum LinkFields {
    /// A text.
    Text {
        #[schema(value_type = ByTextWord)]
        by: &'static str,
        text: String,
        /// Blocks of the cluster that have it.
        blocks: usize,
    },
    /// A script that is paid.
    Payout {
        #[serde(flatten)]
        paid: PaidFields,
        #[schema(value_type = ByPayoutWord)]
        by: &'static str,
    },
}

fn link_fields(state: &WebState, link: &Link) -> LinkFields {
    match link {
        Link::Text(it) => LinkFields::Text { by: "text", text: it.text.clone(), blocks: it.blocks },
        Link::Payout(it) => LinkFields::Payout { paid: paid_fields(state, it), by: "payout" },
    }
}

fn cluster_fields(state: &WebState, it: &Cluster, entry: Option<&str>) -> ClusterFields {
    ClusterFields {
        blocks: it.blocks,
        first_height: it.first_height,
        last_height: it.last_height,
        first_time: it.first_time,
        last_time: it.last_time,
        texts: it.texts.iter().map(text_fields).collect(),
        payouts: it.payouts.iter().take(MOST_PAYOUTS).map(|it| paid_fields(state, it)).collect(),
        payouts_total: it.payouts.len(),
        linked_by: it.links.iter().map(|link| link_fields(state, link)).collect(),
        latest_blocks: it.latest.iter().copied().map(id_fields).collect(),
        entry: entry.map(str::to_owned),
    }
}

pub(super) fn fields(state: &WebState, window: Window, bench: &Workbench) -> UnknownClustersFields {
    UnknownClustersFields {
        window: window_fields(window, bench.shares.range),
        confidence: CONFIDENCE,
        unknown: LookedAtFields {
            unknown: unknown_fields(&bench.shares),
            looked_at: bench.read,
            named_looked_at: bench.named_read,
        },
        clusters_total: bench.clusters.total,
        clusters_of_one: bench.clusters.single,
        clusters: bench.ranked().map(|(it, entry)| cluster_fields(state, it, entry)).collect(),
    }
}

/// What two blocks or more share, and how many have it.
pub(super) fn link_words(state: &WebState, link: &Link) -> String {
    let (what, blocks) = match link {
        Link::Text(it) => (format!("\u{201c}{}\u{201d}", it.text), it.blocks),
        Link::Payout(it) => {
            let paid = state.address(&it.script).unwrap_or_else(|| "a script without an address".to_owned());
            (format!("paid to {paid}"), it.blocks)
        }
    };
    format!("{what} in {}", counted(blocks, "block"))
}

pub(super) fn table(state: &WebState, window: Window, bench: &Workbench) -> Table {
    let joined = |words: Vec<String>| json!(words.join(" | "));
    let row = |(place, (it, entry)): (usize, (&Cluster, Option<&str>))| {
        let payout = |script: &ScriptBuf| state.address(script).unwrap_or_else(|| script.to_hex_string());
        vec![
            json!(place + 1),
            json!(it.blocks),
            json!(it.first_height),
            json!(it.last_height),
            json!(it.first_time),
            json!(it.last_time),
            joined(it.texts.iter().map(|it| it.text.clone()).collect()),
            joined(it.payouts.iter().take(MOST_PAYOUTS).map(|it| payout(&it.script)).collect()),
            joined(it.links.iter().map(|link| link_words(state, link)).collect()),
            json!(it.latest.first().map(|id| id.hash.to_string())),
            json!(entry.is_some()),
        ]
    };
    let columns = [
        "rank",
        "blocks",
        "first_height",
        "last_height",
        "first_time_unix_seconds",
        "last_time_unix_seconds",
        "texts",
        "payouts",
        "linked_by",
        "latest_block",
        "entry_at_hand",
    ];
    Table::new(&format!("unknown-{window}"), &columns, bench.ranked().enumerate().map(row).collect())
}
