//! Hostile bytes as a coinbase: its reader, the text that is shown of it, the height in it, and who it says mined it.
//!
//! An input is a byte of choices, four of a height, and either a whole transaction or an input script, before which
//! come the outputs that pay it out to pools of the registry.

#![no_main]

use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness, consensus};
use hashwatch_attribute::attribute;
use hashwatch_fuzz::bounded;
use hashwatch_model::{
    Block, BlockId, Coinbase, CoinbaseProof, Evidence, EvidenceKind, Network, coinbase::readable_text,
};
use hashwatch_registry::{Registry, day_of};
use hashwatch_verify::{VerifiedBlock, check_coinbase_script, historic, witness_commitment};
use libfuzzer_sys::fuzz_target;

/// The choice that the input is a whole transaction.
const WHOLE: u8 = 8;

fuzz_target!(|data: &[u8]| {
    let Some((&[choices, h0, h1, h2, h3], bytes)) = data.split_first_chunk() else { return };
    bounded(data.len(), || {
        let network = Network::ALL[usize::from(choices & 7) % Network::ALL.len()];
        let raw = if choices & WHOLE != 0 { bytes.to_vec() } else { built(choices >> 4, bytes) };
        let Ok(coinbase) = Coinbase::from_bytes(raw.clone()) else { return };
        assert_eq!(coinbase.raw(), raw);
        assert_eq!(consensus::serialize(coinbase.transaction()), raw, "read and written again it is the same");
        let sum: u128 = coinbase.outputs().iter().map(|output| u128::from(output.value.to_sat())).sum();
        assert_eq!(u128::from(coinbase.reward()), sum);
        if witness_commitment(&coinbase).is_some() {
            assert!(coinbase.outputs().iter().any(|output| output.script_pubkey.is_op_return()));
        }
        let script = coinbase.script().as_bytes();
        look_at_text(&readable_text(script), script);
        look_at_height(network, u32::from_le_bytes([h0, h1, h2, h3]), script);
        look_at_opinion(coinbase);
    });
});

/// A coinbase that pays `outputs` known addresses; two bytes for each say which, two how much.
fn built(outputs: u8, bytes: &[u8]) -> Vec<u8> {
    let known: Vec<_> = Registry::builtin().pools().iter().flat_map(|pool| &pool.addresses).collect();
    let (paid, script) = bytes.split_at((4 * usize::from(outputs)).min(bytes.len()));
    let output = paid.chunks_exact(4).map(|part| {
        let which = usize::from(u16::from_le_bytes([part[0], part[1]]));
        // from nothing past the least that is a mark up to a whole reward
        let value = Amount::from_sat(u64::from(part[2]) << (part[3] % 26));
        TxOut { value, script_pubkey: known[which % known.len()].script.clone() }
    });
    let input = TxIn {
        previous_output: OutPoint::null(),
        script_sig: ScriptBuf::from_bytes(script.to_vec()),
        sequence: Sequence::MAX,
        witness: Witness::new(),
    };
    consensus::serialize(&Transaction {
        version: bitcoin::transaction::Version::ONE,
        lock_time: bitcoin::absolute::LockTime::ZERO,
        input: vec![input],
        output: output.collect(),
    })
}

/// Nothing that is not seen, nothing that turns the page's text about, and nothing that is not in the script.
fn look_at_text(text: &str, script: &[u8]) {
    let hidden = text.chars().find(|c| c.is_control() || shows_nothing(*c));
    assert_eq!(hidden, None, "in {text:?}");
    assert!(text.len() <= script.len(), "{text:?} of {} bytes", script.len());
    assert_eq!(readable_text(text.as_bytes()), text, "what is readable stays as it is");
    for word in text.split(' ') {
        assert!(script.windows(word.len().max(1)).any(|part| part == word.as_bytes()) || word.is_empty());
    }
}

/// Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties 16), line and paragraph separators, what turns the
/// direction (Bidi_Control), and the blank of Braille.
fn shows_nothing(c: char) -> bool {
    matches!(u32::from(c),
        0xad | 0x34f | 0x61c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f | 0x2028..=0x202e
        | 0x2060..=0x206f | 0x2800 | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfff8
        | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff)
}

fn look_at_height(network: Network, height: u32, script: &[u8]) {
    let genesis = Network::Mainnet.genesis().expect("mainnet has one").block_hash();
    let passed = check_coinbase_script(network, BlockId { height, hash: genesis }, script);
    if passed.is_ok() {
        assert!((2..=100).contains(&script.len()));
        if height >= network.activations().bip34 {
            let stated = hashwatch_fuzz::stated_height(bitcoin::Script::from_bytes(script));
            assert_eq!(stated, height, "what passed states its height");
        }
    }
    if let Some(note) = historic(network, height, 2, script) {
        assert!(network == Network::Mainnet && height < network.activations().bip34, "{note}");
    }
}

/// The opinion on a block of this coinbase: the same each time, on evidence that is in the coinbase.
fn look_at_opinion(coinbase: Coinbase) {
    let registry = Registry::builtin();
    let block = verified(coinbase);
    let coinbase = &block.facts().coinbase;
    let opinion = attribute(registry, &block);
    assert_eq!(opinion, attribute(registry, &block), "the same block, another opinion");
    let deciding = opinion.evidence.first().filter(|mark| !mark.outside);
    assert_eq!(opinion.pool.as_ref(), deciding.map(|mark| &mark.pool));
    assert_eq!(opinion.pool.is_some(), opinion.strength.is_some());
    let day = day_of(block.facts().header.time);
    for (index, mark) in opinion.evidence.iter().enumerate() {
        let again = |other: &Evidence| (other.kind, &other.value) == (mark.kind, &mark.value);
        assert!(!opinion.evidence[..index].iter().any(again), "{mark:?} twice");
        assert!(registry.pool(&mark.pool).is_some() && mark.source.starts_with("http"), "{mark:?}");
        let at = mark.offset as usize;
        match mark.kind {
            EvidenceKind::Tag => {
                let found = coinbase.script().as_bytes().get(at..at + mark.value.len());
                assert!(found.is_some_and(|found| found.eq_ignore_ascii_case(mark.value.as_bytes())), "{mark:?}");
            }
            EvidenceKind::Address => {
                let output = &coinbase.outputs()[at];
                let claim = registry.script_claim(&output.script_pubkey).expect("a known script");
                assert_eq!((&claim.pool.slug, &claim.address.address), (&mark.pool, &mark.value));
                let dust = 546.max(coinbase.reward() / 1_000);
                assert!(output.value.to_sat() > dust, "{mark:?} for dust");
            }
        }
    }
    let claims = registry.tag_claims(coinbase.script().as_bytes());
    let signed = claims.iter().any(|claim| claim.pool.existed_on(day) && claim.tag.period.holds_on(day));
    assert!(!signed || opinion.pool.is_some(), "a signed block is not of an unknown miner");
}

/// Regtest's genesis with another coinbase: as a row of the store, whose header alone can be checked again.
fn verified(coinbase: Coinbase) -> VerifiedBlock {
    let header = Network::Regtest.genesis().expect("regtest has one");
    let block = Block {
        id: BlockId { height: 0, hash: header.block_hash() },
        header,
        median_time: header.time,
        chainwork: header.work(),
        tx_count: 1,
        size: None,
        weight: None,
        subsidy: Network::Regtest.subsidy(0),
        coinbase,
        coinbase_proof: CoinbaseProof::Node,
    };
    VerifiedBlock::restored(Network::Regtest, block).expect("the genesis has proof of work")
}
