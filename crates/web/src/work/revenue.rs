//! `GET /api/v1/revenue`: what blocks paid, and what that was for a terahash per second in a day.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_metrics::{Interval, fee_share, hashprice_sats_per_th_day, wilson};
use hashwatch_model::block::fees;
use hashwatch_store::ChainColumns;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::Over;
use crate::{
    error::WebError,
    openapi::{FormatParam, PinParams, Refusals, WindowParam},
    shares::{
        CONFIDENCE, USUAL,
        answer::{WindowFields, window_fields},
    },
    state::WebState,
    table::{Answered, Table, answer},
    window_links::range_words,
};

/// What the blocks between two places paid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Revenue {
    pub(crate) blocks: u64,
    pub(crate) reward: u64,
    /// What might have been created.
    pub(crate) subsidy: u64,
    /// Blocks that hold nothing but their coinbase.
    pub(crate) empty: u64,
    /// Expected hashes.
    pub(crate) work: f64,
}

impl Revenue {
    /// Of places from one to another, both with them.
    pub(crate) fn of(chain: &ChainColumns, first: usize, last: usize, scale: f64) -> Revenue {
        let (mut reward, mut subsidy) = (0_u64, 0_u64);
        for place in first..=last {
            reward = reward.saturating_add(chain.rewards()[place]);
            subsidy = subsidy.saturating_add(chain.subsidy(place));
        }
        let empty = chain.tx_counts()[first..=last].iter().filter(|count| **count == 1).count() as u64;
        Revenue { blocks: (last - first) as u64 + 1, reward, subsidy, empty, work: chain.work(first, last) * scale }
    }

    /// What others paid, in satoshis: negative where miners took less than they might.
    pub(crate) fn fees(&self) -> i64 {
        fees(self.reward, self.subsidy)
    }

    /// The part of the reward that is fees; none where nothing was paid, or less than was created.
    pub(crate) fn fee_share(&self) -> Option<f64> {
        fee_share(u64::try_from(self.fees()).ok()?, self.reward)
    }

    /// Satoshis for a terahash per second in a day.
    pub(crate) fn hashprice(&self) -> Option<f64> {
        hashprice_sats_per_th_day(self.reward, self.work)
    }
}

/// What the blocks of a window paid.
#[derive(Serialize, ToSchema)]
struct RevenueFields {
    window: WindowFields,
    confidence: f64,
    /// What coinbases paid out.
    reward_sats: u64,
    /// What they might create.
    subsidy_sats: u64,
    /// Reward less subsidy, as of a single block: negative where miners took less than they might.
    fees_sats: i64,
    /// Of fees in the reward, a part of one; null where nothing was paid, or less than might have been created.
    #[schema(required)]
    fee_share: Option<f64>,
    /// What the blocks were expected to take.
    work_hashes: f64,
    /// Satoshis that a terahash per second was paid for a day of it.
    #[schema(required)]
    hashprice_sats_per_th_day: Option<f64>,
    /// Blocks that hold nothing but their coinbase, with Wilson's interval for their share.
    empty_blocks: EmptyFields,
}

/// Blocks that hold nothing but their coinbase.
#[derive(Serialize, ToSchema)]
struct EmptyFields {
    blocks: u64,
    /// A part of one.
    share: f64,
    low: f64,
    high: f64,
}

/// What the blocks of a window paid.
///
/// Fees, subsidy, and the revenue of a terahash per second in a day.
#[utoipa::path(
    get,
    operation_id = "revenue",
    path = "/api/v1/revenue",
    tag = "How much work",
    params(WindowParam, PinParams, FormatParam),
    responses(
        (status = 200, description = "Revenue", content(
            (Answered<RevenueFields> = "application/json"), (String = "text/csv")
        )),
        Refusals
    )
)]
pub(crate) async fn api(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Result<Response, WebError> {
    let Over { asked, chain, window, range } = Over::read(&state, (&headers, &uri), USUAL).await?;
    let places = chain.place(range.from).zip(chain.place(range.to));
    let (first, last) = places.ok_or_else(|| WebError::Draw("a window beside the chain".to_owned()))?;
    let found = Revenue::of(&chain, first, last, state.origin().hash_scale);
    let empty = wilson(found.empty, found.blocks, CONFIDENCE);
    let Interval { value, low, high } = empty.ok_or_else(|| WebError::Draw("a window without blocks".to_owned()))?;
    let fields = || RevenueFields {
        window: window_fields(window, range),
        confidence: CONFIDENCE,
        reward_sats: found.reward,
        subsidy_sats: found.subsidy,
        fees_sats: found.fees(),
        fee_share: found.fee_share(),
        work_hashes: found.work,
        hashprice_sats_per_th_day: found.hashprice(),
        empty_blocks: EmptyFields { blocks: found.empty, share: value, low, high },
    };
    let table = || {
        let columns = [
            "from_height",
            "to_height",
            "reward_sats",
            "subsidy_sats",
            "fees_sats",
            "fee_share",
            "work_hashes",
            "hashprice_sats_per_th_day",
            "empty_blocks",
            "empty_share_of_blocks",
            "low_95",
            "high_95",
        ];
        let row = vec![
            json!(range.from),
            json!(range.to),
            json!(found.reward),
            json!(found.subsidy),
            json!(found.fees()),
            json!(found.fee_share()),
            json!(found.work),
            json!(found.hashprice()),
            json!(found.empty),
            json!(value),
            json!(low),
            json!(high),
        ];
        Table::new(&format!("revenue-{window}"), &columns, vec![row])
    };
    answer(&state, &asked, &format!("Revenue of {}", range_words(range)), fields, table)
}
