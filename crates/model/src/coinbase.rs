//! The coinbase transaction: what a miner writes into its own block. Every byte of it is hostile.

use bitcoin::{Amount, OutPoint, Script, Transaction, TxOut, consensus};

/// A coinbase transaction together with the bytes it came in.
#[derive(Clone, Debug, PartialEq)]
pub struct Coinbase {
    raw: Vec<u8>,
    tx: Transaction,
}

/// A first transaction that is no coinbase.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedCoinbase {
    /// The bytes do not decode.
    #[error("the coinbase does not decode: {0}")]
    Decode(String),
    /// A coinbase has one input, which spends nothing.
    #[error("the first transaction is no coinbase")]
    NotCoinbase,
    /// The outputs add up to more than any amount can be.
    #[error("the coinbase's outputs overflow")]
    Overflow,
}

impl Coinbase {
    /// Reads a serialized transaction, witness or not.
    pub fn from_bytes(raw: Vec<u8>) -> Result<Coinbase, MalformedCoinbase> {
        let tx: Transaction =
            consensus::deserialize(&raw).map_err(|error| MalformedCoinbase::Decode(error.to_string()))?;
        let [input] = tx.input.as_slice() else { return Err(MalformedCoinbase::NotCoinbase) };
        if input.previous_output != OutPoint::null() {
            return Err(MalformedCoinbase::NotCoinbase);
        }
        tx.output
            .iter()
            .try_fold(Amount::ZERO, |sum, output| sum.checked_add(output.value))
            .ok_or(MalformedCoinbase::Overflow)?;
        Ok(Coinbase { raw, tx })
    }

    /// The transaction as it was serialized.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The decoded transaction.
    pub fn transaction(&self) -> &Transaction {
        &self.tx
    }

    /// The input script: up to 100 bytes of the miner's own choice after the height.
    pub fn script(&self) -> &Script {
        &self.tx.input[0].script_sig
    }

    /// Who is paid, in the order of the transaction.
    pub fn outputs(&self) -> &[TxOut] {
        &self.tx.output
    }

    /// Sum of the outputs in satoshis.
    pub fn reward(&self) -> u64 {
        // from_bytes saw that the sum does not overflow
        self.tx.output.iter().map(|output| output.value.to_sat()).sum()
    }

    /// The script of the output that gets at least half of the reward; none where no output does, or there is no reward.
    pub fn rewarded(&self) -> Option<&Script> {
        let half = self.reward().div_ceil(2).max(1);
        let found = self.tx.output.iter().find(|output| output.value.to_sat() >= half);
        found.map(|output| output.script_pubkey.as_script())
    }
}

/// A run of text in an input script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextRun {
    /// Bytes of the script before it.
    pub offset: usize,
    /// The text, as it stands there.
    pub text: String,
}

/// What a person can read in an input script: runs of at least four printable ASCII characters (or valid non-ASCII UTF-8
/// letters), without blanks around them. Control bytes never pass; escaping for HTML is the page's part.
pub fn text_runs(script: &[u8]) -> Vec<TextRun> {
    let hidden = |c: char| c.is_control() || is_invisible(c);
    let mut runs = Vec::new();
    let mut at = 0;
    for piece in script.utf8_chunks() {
        for run in piece.valid().split_inclusive(hidden) {
            let run_at = at;
            at += run.len();
            let text = run.trim_end_matches(hidden).trim_end();
            let offset = run_at + text.len() - text.trim_start().len();
            let text = text.trim_start();
            if text.chars().count() >= 4 {
                runs.push(TextRun { offset, text: text.to_owned() });
            }
        }
        at += piece.invalid().len();
    }
    runs
}

/// The [`text_runs`] joined by a space.
pub fn readable_text(script: &[u8]) -> String {
    let runs: Vec<String> = text_runs(script).into_iter().map(|run| run.text).collect();
    runs.join(" ")
}

/// Characters that show nothing, or turn the direction of what follows: they could hide or forge a name on a page.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_holds_no_control_bytes() {
        assert_eq!(readable_text(b"\x03\x12\x34\x0c/F2Pool/\x00\x01ab\x02<b>hi</b>\xff\xff"), "/F2Pool/ <b>hi</b>");
        assert_eq!(readable_text(&[0xff; 100]), "");
        assert_eq!(readable_text("\u{202e}evil\u{202c}".as_bytes()), "evil");
        assert_eq!(readable_text("\u{1f41f}Mined by fish".as_bytes()), "\u{1f41f}Mined by fish");
    }

    #[test]
    fn runs_are_where_they_are_said_to_be() {
        let script = "\u{3}ab  /one/ \u{202e}\u{1f41f}two\u{1f41f}".as_bytes();
        let script = [b"\xff\xfe", script, b"\xff four"].concat();
        let runs = text_runs(&script);
        let texts: Vec<&str> = runs.iter().map(|run| run.text.as_str()).collect();
        assert_eq!(texts, ["ab  /one/", "\u{1f41f}two\u{1f41f}", "four"]);
        for run in runs {
            assert_eq!(&script[run.offset..run.offset + run.text.len()], run.text.as_bytes());
        }
    }

    /// The blank of Braille, and the ends of the ranges of shorthand and music that only steer how others are drawn.
    #[test]
    fn text_holds_nothing_that_is_not_seen() {
        for hidden in ['\u{2800}', '\u{1bca0}', '\u{1bca3}', '\u{1d173}', '\u{1d17a}'] {
            assert_eq!(readable_text(hidden.to_string().repeat(4).as_bytes()), "", "{hidden:?}");
            assert_eq!(readable_text(format!("/name{hidden}/pool/").as_bytes()), "/name /pool/", "{hidden:?}");
        }
    }

    #[test]
    fn only_a_coinbase_is_one() {
        assert!(matches!(Coinbase::from_bytes(vec![0xff; 100]), Err(MalformedCoinbase::Decode(_))));
        let spend = Transaction {
            version: bitcoin::transaction::Version::TWO,
            lock_time: bitcoin::absolute::LockTime::ZERO,
            input: vec![],
            output: vec![],
        };
        let bytes = consensus::serialize(&spend);
        assert_eq!(Coinbase::from_bytes(bytes), Err(MalformedCoinbase::NotCoinbase));
    }
}
