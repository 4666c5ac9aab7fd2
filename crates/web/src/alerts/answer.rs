//! `GET /api/v1/alerts`: what is raised, and what was said.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_alerts::Rule;
use hashwatch_store::KeptNotice;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::{
    Wanted,
    fields::{AlertFields, NoticeFields, alert_fields, notice_fields},
    raised,
};
use crate::{
    api::MAX_LIST,
    asked::Asked,
    error::WebError,
    openapi::{
        FormatParam, PinParams, Refusals,
        words::{HashText, texts, words},
    },
    params::Params,
    state::WebState,
    table::{Table, answer},
};

/// Notices of one answer where nothing else is asked for.
const USUAL_LIST: u32 = 50;

/// What is raised, and what was said.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertsFields {
    /// Up to which block rules were evaluated; null where none was yet.
    #[schema(required)]
    evaluated: Option<EvaluatedFields>,
    /// Raised as of the as-of block, the gravest first.
    raised: Vec<AlertFields>,
    /// The newest first.
    notices: Vec<NoticeFields>,
    /// `before` of the next page; null where there is none.
    #[schema(required)]
    next_before: Option<u64>,
}

/// A block.
#[derive(Serialize, ToSchema)]
pub(crate) struct EvaluatedFields {
    height: u32,
    #[schema(value_type = HashText)]
    hash: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[allow(dead_code, reason = "described, not read: answer.rs reads words")]
enum AlertStateWord {
    All,
    Raised,
}

texts! {
    /// Key of a rule.
    AlertRuleWord: words(Rule::ALL.map(Rule::key));
}

/// Those of `/api/v1/alerts`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "described, not read: params.rs reads")]
pub(crate) struct AlertsParams {
    /// All notices, or those of alerts that are raised.
    #[param(inline)]
    state: Option<AlertStateWord>,
    /// Of this rule.
    #[param(inline, value_type = Option<AlertRuleWord>)]
    rule: Option<String>,
    /// Of this subject: `network`, or a kind (pool, group, owner, miner, node), a colon and an id.
    #[param(pattern = "^(network|(pool|group|owner|miner|node):.{1,200})$", example = "pool:antpool")]
    subject: Option<String>,
    /// Notices said before this one, by `seq`.
    #[param(minimum = 1, maximum = 4_294_967_295_u32)]
    before: Option<u32>,
    /// How many at most; 50 where it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// What is asked for.
pub(super) struct Question {
    pub(super) wanted: Wanted,
    only_raised: bool,
    before: Option<u32>,
    limit: u32,
}

impl Question {
    fn read(params: &mut Params) -> Result<Question, WebError> {
        let only_raised = params.word("state", &["all", "raised"])? == "raised";
        let wanted = Wanted::read(params)?;
        let before = params.count("before", (1, u32::MAX))?;
        let limit = params.count("limit", (1, MAX_LIST))?.unwrap_or(USUAL_LIST);
        Ok(Question { wanted, only_raised, before, limit })
    }

    /// The notices asked for, the newest first, and whether there are more.
    async fn notices(
        &self,
        state: &WebState,
        raised: &[Vec<KeptNotice>],
        up_to: u32,
    ) -> Result<(Vec<KeptNotice>, bool), WebError> {
        let before = self.before.map_or(u64::MAX, u64::from);
        let mut found = if self.only_raised {
            let mut all: Vec<KeptNotice> = raised.iter().flatten().cloned().collect();
            all.retain(|it| it.notice.seq < before);
            all.sort_by_key(|it| std::cmp::Reverse(it.notice.seq));
            all
        } else {
            state.store.notices_page(&self.wanted.filter(before, up_to, self.limit + 1)).await?
        };
        let more = found.len() > self.limit as usize;
        found.truncate(self.limit as usize);
        Ok((found, more))
    }
}

/// Up to which block notices are told: all, unless an as-of block is asked for.
pub(super) fn up_to(asked: &Asked) -> u32 {
    if asked.past { asked.view.mark().tip.height } else { u32::MAX }
}

/// What is raised, and what was said.
///
/// Each notice with the block as of which it holds, its figures with their intervals, and its words; what a reorg moved says from
/// where. As of an earlier block: what was said as of blocks up to that one. As CSV a row is a notice.
#[utoipa::path(
    get,
    operation_id = "alerts",
    path = "/api/v1/alerts",
    tag = "Alerts",
    params(AlertsParams, PinParams, FormatParam),
    responses(
        (status = 200, description = "Alerts that are raised, the gravest first, and notices, the newest first", content(
            (crate::table::Answered<AlertsFields> = "application/json"), (String = "text/csv")
        )),
        Refusals
    )
)]
pub(crate) async fn api(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Result<Response, WebError> {
    let mut params = Params::of(&uri);
    let question = Question::read(&mut params)?;
    let asked = Asked::api(&state, params, &headers).await?;
    let up_to = up_to(&asked);
    let raised = raised(&state, &question.wanted, up_to).await?;
    let (found, more) = question.notices(&state, &raised, up_to).await?;
    let evaluated = state.store.evaluated().await?;
    let evaluated = evaluated.map(|block| EvaluatedFields { height: block.height, hash: block.hash.to_string() });
    let fields = || AlertsFields {
        evaluated,
        raised: raised.iter().filter_map(|alert| alert_fields(alert)).collect(),
        notices: found.iter().map(notice_fields).collect(),
        next_before: found.last().filter(|_| more).map(|it| it.notice.seq),
    };
    answer(&state, &asked, "Alerts", fields, || table("alerts", &found))
}

/// A row is a notice; its deciding figure stands in it.
pub(super) fn table(file: &str, found: &[KeptNotice]) -> Table {
    let columns = [
        "seq",
        "alert",
        "rule",
        "subject_kind",
        "subject",
        "name",
        "change",
        "from_level",
        "level",
        "threshold",
        "threshold_now",
        "unit",
        "height",
        "hash",
        "median_time",
        "measure",
        "value",
        "low",
        "high",
        "headline",
        "registry_version",
        "said_at",
        "historic",
        "first_height",
        "first_hash",
        "restated_at",
    ];
    Table::new(file, &columns, found.iter().map(row).collect())
}

fn row(it: &KeptNotice) -> Vec<Value> {
    let (notice, fields) = (&it.notice, notice_fields(it));
    let measure = notice.measures.first();
    let (low, high) = measure.and_then(|it| it.interval).unzip();
    let first = notice.first_said_of;
    vec![
        json!(notice.seq),
        json!(notice.alert.to_string()),
        json!(notice.rule),
        json!(notice.subject.kind),
        json!(notice.subject.id),
        json!(notice.subject.name),
        json!(notice.change.name()),
        json!(notice.from_level),
        json!(notice.level),
        json!(notice.threshold),
        json!(notice.threshold_now),
        json!(fields.unit()),
        json!(notice.block.height),
        json!(notice.block.hash.to_string()),
        json!(notice.time),
        json!(measure.map(|it| it.name.as_str())),
        json!(measure.map(|it| it.value)),
        json!(low),
        json!(high),
        json!(fields.headline()),
        json!(notice.registry.0),
        json!(notice.said_at),
        json!(notice.historic),
        json!(first.map(|block| block.height)),
        json!(first.map(|block| block.hash.to_string())),
        json!(it.restated_at),
    ]
}
