//! What mempool's mining API has and hashwatch does not: refused with the reason, and never with an answer made up.

use axum::extract::{Path, rejection::PathRejection};

use crate::{error::WebError, params::segment};

/// Whatever else lies under `/api/v1/mining/`.
pub(crate) async fn mining(path: Result<Path<String>, PathRejection>) -> WebError {
    segment(path, "path").map_or_else(|error| error, |rest| WebError::NotAvailable(reason(&rest).to_owned()))
}

/// Why a path of mempool's has no answer.
fn reason(rest: &str) -> &'static str {
    let first = |word: &str| rest == word || rest.strip_prefix(word).is_some_and(|rest| rest.starts_with('/'));
    match rest {
        _ if first("blocks/audit") || first("blocks/predictions") => {
            "block templates are not kept here, so no block is audited against one"
        }
        _ if first("blocks/fee-rates") => "fees of single transactions are not known here",
        _ if first("blocks/fees") || first("blocks/rewards") || first("blocks/sizes-weights") => {
            "means over time are not told here; /api/v1/blocks has fees, reward, size and weight of each block"
        }
        _ => "hashwatch has no such endpoint of mempool.space's; docs/mempool.md lists those it has",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_reason() {
        for (path, word) in [
            ("blocks/audit/scores", "audited"),
            ("blocks/audit/score/00", "audited"),
            ("blocks/predictions/1w", "audited"),
            ("blocks/fee-rates/1m", "single transactions"),
            ("blocks/fees/1m", "means over time"),
            ("blocks/feeswhatever", "no such endpoint"),
            ("", "no such endpoint"),
            ("pools/1w/more", "no such endpoint"),
        ] {
            assert!(reason(path).contains(word), "{path}: {}", reason(path));
        }
    }
}
