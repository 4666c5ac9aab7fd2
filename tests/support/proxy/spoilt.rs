//! What is done to the body of an answer.

use bitcoin::BlockHash;
use bitcoin::block::Header;
use bitcoin::consensus::encode::{deserialize, deserialize_hex};
use serde_json::Value;

/// Bytes of a serialized header, and of its hex.
const HEADER: usize = 80;
const HEADER_HEX: usize = 2 * HEADER;

/// Flips the bit in each raw copy of the header that the body holds; how many there were.
pub(super) fn flip_header_bit(path: &str, body: &mut [u8], block: BlockHash, bit: usize) -> usize {
    let mask = 1u8 << (bit % 8);
    if path.starts_with("/rest/headers/") || path.starts_with("/rest/block/") {
        let headers = if path.starts_with("/rest/headers/") { usize::MAX } else { 1 };
        let mut flipped = 0;
        for header in body.chunks_exact_mut(HEADER).take(headers) {
            if deserialize::<Header>(header).is_ok_and(|header| header.block_hash() == block) {
                header[bit / 8] ^= mask;
                flipped += 1;
            }
        }
        return flipped;
    }

    let Ok(mut parsed) = serde_json::from_slice::<Value>(body) else { return 0 };
    let mut flipped = 0;
    for answer in answers_of(&mut parsed) {
        let Some(sent) = answer["result"].as_str().and_then(|hex| hex.get(..HEADER_HEX)) else { continue };
        if !deserialize_hex::<Header>(sent).is_ok_and(|header| header.block_hash() == block) {
            continue;
        }
        // in the text itself, so that nothing else changes
        let place = body.windows(HEADER_HEX).position(|window| window == sent.as_bytes());
        let Some(place) = place else { continue };
        // the high digit of a byte comes first
        let (digit, mask) = if mask > 0x0f { (0, mask >> 4) } else { (1, mask) };
        let digit = &mut body[place + 2 * (bit / 8) + digit];
        if let Some(value) = char::from(*digit).to_digit(16) {
            *digit = b"0123456789abcdef"[(value ^ u32::from(mask)) as usize];
            flipped += 1;
        }
    }
    flipped
}

/// Puts another height into an answer of `getblockchaininfo`; how many there were.
pub(super) fn set_blocks(body: &mut Vec<u8>, height: u32) -> usize {
    let Ok(mut parsed) = serde_json::from_slice::<Value>(body) else { return 0 };
    let mut set = 0;
    for blocks in answers_of(&mut parsed).iter_mut().filter_map(|answer| answer.get_mut("result")?.get_mut("blocks")) {
        *blocks = Value::from(height);
        set += 1;
    }
    if set > 0 {
        *body = parsed.to_string().into_bytes();
    }
    set
}

/// Gives every result another type; whether there was any.
pub(super) fn retype_answer(body: &mut Vec<u8>) -> bool {
    let Ok(mut parsed) = serde_json::from_slice::<Value>(body) else { return false };
    for answer in answers_of(&mut parsed) {
        match answer.get_mut("result") {
            Some(Value::Object(fields)) => fields.values_mut().for_each(retype),
            Some(result) => retype(result),
            None => {}
        }
    }
    *body = parsed.to_string().into_bytes();
    true
}

fn retype(value: &mut Value) {
    *value = match value {
        Value::Null | Value::Object(_) => Value::from(true),
        Value::Bool(_) | Value::Number(_) => Value::from("not what you asked for"),
        Value::String(_) => Value::from(-7.5),
        Value::Array(_) => serde_json::json!({ "no": "array" }),
    };
}

/// The answer of a single call, or those of a batch.
fn answers_of(parsed: &mut Value) -> &mut [Value] {
    match parsed {
        Value::Array(answers) => answers,
        answer => std::slice::from_mut(answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flips_exactly_the_bit_it_is_told() {
        let genesis = bitcoin::constants::genesis_block(bitcoin::Network::Regtest);
        let header = bitcoin::consensus::serialize(&genesis.header);
        let text =
            format!(r#"[{{"result":"{}00","id":0}}]"#, bitcoin::consensus::encode::serialize_hex(&genesis.header));
        for bit in 0..8 * HEADER {
            let mut raw = header.clone();
            assert_eq!(flip_header_bit("/rest/block/x.bin", &mut raw, genesis.block_hash(), bit), 1);
            let changed: Vec<usize> =
                (0..8 * HEADER).filter(|&bit| (raw[bit / 8] ^ header[bit / 8]) & (1 << (bit % 8)) != 0).collect();
            assert_eq!(changed, [bit]);

            let mut json = text.clone().into_bytes();
            assert_eq!(flip_header_bit("/", &mut json, genesis.block_hash(), bit), 1);
            let parsed: Value = serde_json::from_slice(&json).expect("still JSON");
            let sent = parsed[0]["result"].as_str().expect("still a string");
            let sent: Header = deserialize_hex(&sent[..HEADER_HEX]).expect("still a header");
            assert_eq!(bitcoin::consensus::serialize(&sent), raw);
        }
        let mut other = header.clone();
        assert_eq!(
            flip_header_bit(
                "/rest/block/x.bin",
                &mut other,
                BlockHash::from_raw_hash(bitcoin::hashes::Hash::all_zeros()),
                0
            ),
            0
        );
        assert_eq!(other, header);
    }
}
