//! Who built a block's template, where the coinbase says so. The forms are single pools' own, and a name in them is the
//! miner's word: anybody may write the same bytes.
//!
//! Left to others: whether the block is that pool's (attribute).

use bitcoin::{Script, script::Instruction};

use super::script::opening_number;
use crate::coinbase::is_invisible;

/// What the pool's tag reads in a coinbase of OCEAN's, up to the case of letters: `OCEAN.XYZ`, today `< OCEAN.XYZ >`.
const OCEAN: &[u8] = b"OCEAN.XYZ";
/// Between the tags of a coinbase that DATUM builds, and after the last.
const DATUM_BETWEEN: u8 = 0x0f;
const DATUM_END: u8 = 0;
/// What opens the text in a block of DMND's whose miner chose the transactions.
const DMND: &[u8] = b"/DMND/";

/// The miner who built the template, as it writes its name.
pub(super) fn builder(script: &Script) -> Option<String> {
    let (_, height_bytes) = opening_number(script)?;
    let rest = script.as_bytes().get(height_bytes..)?;
    let name = datum(rest).or_else(|| dmnd(rest))?;
    let name: String = name.utf8_chunks().flat_map(|chunk| chunk.valid().chars().filter(|&c| is_shown(c))).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// OCEAN's miners build templates with the DATUM gateway. Its first push after the height holds tags: the pool's, 0x0f, the
/// miner's, and zero after the last; the pool's alone where the miner has none.
///
/// Source: `generate_coinbase_input` in <https://github.com/OCEAN-xyz/datum_gateway/blob/master/src/datum_coinbaser.c>.
/// mempool reads the same place (`parseDATUMTemplateCreator` in
/// <https://github.com/mempool/mempool/blob/master/backend/src/utils/bitcoin-script.ts>), of OCEAN's blocks too. Other pools
/// may run the gateway with other meanings: a miner on its own writes whatever it likes there.
fn datum(rest: &[u8]) -> Option<&[u8]> {
    let Instruction::PushBytes(push) = Script::from_bytes(rest).instructions().next()?.ok()? else { return None };
    let (&DATUM_END, tags) = push.as_bytes().split_last()? else { return None };
    let mut tags = tags.split(|&byte| byte == DATUM_BETWEEN);
    let pool = tags.next()?;
    pool.windows(OCEAN.len()).any(|window| window.eq_ignore_ascii_case(OCEAN)).then(|| tags.next())?
}

/// DMND writes `/DMND/<name of the miner>/` where a miner declared its own job, and another text where the pool chose the
/// transactions.
///
/// Source: <https://github.com/AlejandroDeLaTorre/stratumv2.com/blob/a10e14e3879ec9abe36caffd1b31fa6d9ce7e4ae/lib/detect-dmnd.js>.
fn dmnd(rest: &[u8]) -> Option<&[u8]> {
    let at = rest.windows(DMND.len()).position(|window| window == DMND)?;
    let rest = &rest[at + DMND.len()..];
    let name = &rest[..rest.iter().position(|&byte| byte == b'/')?];
    // the form is one of text: a slash beyond other bytes closes nothing
    (!name.iter().any(u8::is_ascii_control)).then_some(name)
}

fn is_shown(c: char) -> bool {
    !c.is_control() && !is_invisible(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(script: &[u8]) -> Option<String> {
        builder(Script::from_bytes(script))
    }

    /// After the height of block 957,350.
    fn pushed(tags: &[u8]) -> Option<String> {
        let length = u8::try_from(tags.len()).unwrap();
        let push = if length <= 75 { vec![length] } else { vec![0x4c, length] };
        built(&[b"\x03\xa6\x9b\x0e", push.as_slice(), tags, b"\x07\x13\x92\x10\x4a\x2e\x96\x52"].concat())
    }

    /// The whole script of block 957,350, the front of block 951,929's, and a template of the pool's own before DATUM.
    #[test]
    fn real_coinbases_of_oceans() {
        let script = b"\x03\xa6\x9b\x0e\x1c< OCEAN.XYZ >\x0fSimple Mining\x00\x07\x13\x92\x10\x4a\x2e\x96\x52";
        assert_eq!(built(script).as_deref(), Some("Simple Mining"));
        assert_eq!(
            built(b"\x03\x79\x86\x0e\x19< OCEAN.XYZ >\x0fRoughnecks\x00\x00\x00").as_deref(),
            Some("Roughnecks")
        );
        let before = b"\x03\x83\xe7\x0c\x37\x00< OCEAN.XYZ >\x00 <Life, the universe, and everything> \x00\x28\xff";
        assert_eq!(built(before), None);
    }

    #[test]
    fn the_form_must_be_datums() {
        assert_eq!(pushed(b"ocean.xyz\x0fabc\x00").as_deref(), Some("abc"));
        assert_eq!(pushed(b"OCEAN.XYZ\x0fabc\x0fthird\x00").as_deref(), Some("abc"));
        let long = [b"OCEAN.XYZ\x0f".as_slice(), &[b'n'; 70], b"\x00"].concat();
        assert_eq!(pushed(&long), Some("n".repeat(70)), "a push of more than 75 bytes");
        for other in [
            b"OCEAN.XYZ\x00".as_slice(),
            b"OCEAN.XYZ\x0f\x00",
            b"OCEAN.XYZ\x0f \x00",
            b"OCEAN.XYZ\x0fabc",
            b"\x0fOCEAN.XYZ\x00",
            b"abc\x0fOCEAN.XYZ\x00",
            b"OCEAN\x0fabc\x00",
            b"",
        ] {
            assert_eq!(pushed(other), None, "{other:x?}");
        }
        assert_eq!(built(b"\x0eOCEAN.XYZ\x0fabc\x00"), None, "no height");
        assert_eq!(built(b"\x03\xa6\x9b\x0e\x4bOCEAN.XYZ\x0fabc\x00"), None, "the push ends beyond the script");
        assert_eq!(built(b"\x03\xa6\x9b\x0eOCEAN.XYZ\x0fabc\x00"), None, "no push");
    }

    #[test]
    fn a_miners_name_with_dmnd() {
        assert_eq!(built(b"\x03\xa6\x9b\x0e\x00/DMND/Some Miner/\x00\x08").as_deref(), Some("Some Miner"));
        for other in ["DDxDD", "/DMND/", "/DMND//", "/DMND/a\u{1}b/", "/dmnd/a/"] {
            assert_eq!(built(&[b"\x03\xa6\x9b\x0e\x00", other.as_bytes()].concat()), None, "{other:?}");
        }
    }

    #[test]
    fn only_what_can_be_seen_is_told() {
        let name = b"OCEAN.XYZ\x0f\x01\xff<b>\xe2\x80\xae\xf0\x9f\x90\x9f \x7f\x00";
        assert_eq!(pushed(name).as_deref(), Some("<b>\u{1f41f}"));
        assert_eq!(pushed("OCEAN.XYZ\u{f}\u{202e}\u{200b}\u{0}".as_bytes()), None);
        for byte in 0..=255 {
            assert_eq!(built(&[byte; 100]), None);
        }
    }
}
