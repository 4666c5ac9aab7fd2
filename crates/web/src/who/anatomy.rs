//! A coinbase taken apart, as it is told.

use hashwatch_model::{
    Anatomy,
    anatomy::{DataOutput, PayoutStyle, Stretch, StretchKind, WitnessCommitment},
};
use hashwatch_registry::Registry;
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::words::{HashText, HexText, texts, words};

texts! {
    /// Text that can be read.
    TextWord: words([StretchKind::Text(String::new()).name()]);
    /// A commitment to blocks of other chains.
    MergedMiningWord: words([StretchKind::MergedMining { root: [0; 32], size: 0 }.name()]);
    /// The number that the script opens with, the extranonce (a guess), or anything else.
    BytesWord: words([StretchKind::Number, StretchKind::Extranonce, StretchKind::Other].each_ref().map(StretchKind::name));
    /// What a payout looks like, by how many are paid.
    PayoutWord: words(PAYOUTS.map(PayoutStyle::name));
}

const PAYOUTS: [PayoutStyle; 4] = [PayoutStyle::None, PayoutStyle::Single, PayoutStyle::Split, PayoutStyle::Miners];

/// A coinbase taken apart.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AnatomyFields {
    /// The number that the input script opens with; null where it opens with none.
    #[schema(required)]
    height: Option<u32>,
    /// Whether that is the block's height.
    #[schema(required)]
    height_matches: Option<bool>,
    /// The input script without gaps.
    script: Vec<StretchFields>,
    /// The one that counts.
    #[schema(required)]
    witness_commitment: Option<CommitmentFields>,
    /// The other OP_RETURN outputs.
    data: Vec<DataFields>,
    payout: PayoutFields,
    /// Who built the block's template, where the coinbase says so.
    #[schema(required)]
    template_builder: Option<String>,
}

/// A stretch of the input script.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum StretchFields {
    /// Text.
    Text {
        /// Bytes of the script before it.
        offset: usize,
        /// Its bytes.
        length: usize,
        #[schema(value_type = TextWord)]
        kind: &'static str,
        #[schema(value_type = HexText)]
        hex: String,
        /// The miner's own: escape it.
        text: String,
    },
    /// A commitment to blocks of other chains, mined along with this one.
    MergedMining {
        /// Bytes of the script before it.
        offset: usize,
        /// Its bytes.
        length: usize,
        #[schema(value_type = MergedMiningWord)]
        kind: &'static str,
        #[schema(value_type = HexText)]
        hex: String,
        /// Of the merkle tree of those blocks' hashes, as it stands there.
        #[schema(value_type = HashText)]
        root: String,
        /// Leaves of that tree.
        leaves: u32,
    },
    /// Anything else.
    Bytes {
        /// Bytes of the script before it.
        offset: usize,
        /// Its bytes.
        length: usize,
        #[schema(value_type = BytesWord)]
        kind: &'static str,
        #[schema(value_type = HexText)]
        hex: String,
    },
}

fn stretch_fields(stretch: &Stretch) -> StretchFields {
    let (offset, length, kind) = (stretch.offset, stretch.bytes.len(), stretch.kind.name());
    let hex = hex::encode(&stretch.bytes);
    match &stretch.kind {
        StretchKind::Text(text) => StretchFields::Text { offset, length, kind, hex, text: text.clone() },
        StretchKind::MergedMining { root, size } => {
            StretchFields::MergedMining { offset, length, kind, hex, root: hex::encode(root), leaves: *size }
        }
        StretchKind::Number | StretchKind::Extranonce | StretchKind::Other => {
            StretchFields::Bytes { offset, length, kind, hex }
        }
    }
}

/// An output that commits to the block's witnesses.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct CommitmentFields {
    /// Index of the output.
    output: usize,
    #[schema(value_type = HashText)]
    hash: String,
}

fn commitment_fields(found: WitnessCommitment) -> CommitmentFields {
    CommitmentFields { output: found.output, hash: hex::encode(found.hash) }
}

/// An output that carries data.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct DataFields {
    /// Index of the output.
    output: usize,
    #[schema(value_type = HexText)]
    hex: String,
    /// Whose data it is; null where no marker fits.
    #[schema(required)]
    chain: Option<String>,
    /// Where the claim can be read.
    #[schema(required)]
    source: Option<String>,
}

fn data_fields(registry: &Registry, data: &DataOutput) -> DataFields {
    let marker = registry.marker(&data.bytes);
    DataFields {
        output: data.output,
        hex: hex::encode(&data.bytes),
        chain: marker.map(|marker| marker.name.clone()),
        source: marker.map(|marker| marker.source.url.clone()),
    }
}

/// How the reward is paid.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct PayoutFields {
    #[schema(value_type = PayoutWord)]
    style: &'static str,
    /// Outputs of more than dust.
    paid_outputs: usize,
}

/// A coinbase taken apart. `height` is where its block lies.
pub fn anatomy_fields(registry: &Registry, anatomy: &Anatomy, height: u32) -> AnatomyFields {
    AnatomyFields {
        height: anatomy.height,
        height_matches: anatomy.height.map(|found| found == height),
        script: anatomy.script.iter().map(stretch_fields).collect(),
        witness_commitment: anatomy.witness_commitment.map(commitment_fields),
        data: anatomy.data.iter().map(|data| data_fields(registry, data)).collect(),
        payout: PayoutFields { style: anatomy.payout.style.name(), paid_outputs: anatomy.payout.paid },
        template_builder: anatomy.template_builder.clone(),
    }
}
