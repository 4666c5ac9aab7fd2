//! `GET /api/v1/alerts/{alert}`: all that was said of one.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_model::AlertId;
use hashwatch_store::KeptNotice;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    answer::{table, up_to},
    fields::{AlertFields, NoticeFields, alert_fields, notice_fields},
};
use crate::{
    asked::Asked,
    error::WebError,
    openapi::{FormatParam, PinParams, Refusals},
    params::{Params, segment},
    state::WebState,
    table::answer,
};

/// An alert, and all its notices.
#[derive(Serialize, ToSchema)]
pub(crate) struct OneAlertFields {
    #[serde(flatten)]
    alert: AlertFields,
    /// Whether it is raised: no notice has ended it.
    raised: bool,
    /// The first first.
    all_notices: Vec<NoticeFields>,
}

/// What is known of an alert by the as-of block.
pub(super) async fn read(state: &WebState, text: &str, up_to: u32) -> Result<Vec<KeptNotice>, WebError> {
    let bad = |error: hashwatch_model::AlertIdError| WebError::BadValue { name: "alert", reason: error.to_string() };
    let id: AlertId = text.parse().map_err(bad)?;
    let mut notices = state.store.alert(id).await?;
    notices.retain(|it| it.notice.block.height <= up_to);
    if notices.is_empty() {
        return Err(WebError::NotFound(format!("there is no alert {id} here")));
    }
    Ok(notices)
}

/// All that was said of an alert.
///
/// From the notice that raised it to the one that ended it. As CSV a row is a notice.
#[utoipa::path(
    get,
    operation_id = "alert",
    path = "/api/v1/alerts/{alert}",
    tag = "Alerts",
    params(("alert" = inline(super::fields::AlertText), Path, description = "As in `alert` of a notice"), PinParams, FormatParam),
    responses(
        (status = 200, description = "The alert and its notices", content(
            (crate::table::Answered<OneAlertFields> = "application/json"), (String = "text/csv")
        )),
        Refusals
    )
)]
pub(crate) async fn api(
    State(state): State<WebState>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, WebError> {
    let id = segment(path, "alert")?;
    let asked = Asked::api(&state, Params::of(&uri), &headers).await?;
    let notices = read(&state, &id, up_to(&asked)).await?;
    let missing = || WebError::NotFound(format!("there is no alert {id} here"));
    let alert = alert_fields(&notices).ok_or_else(missing)?;
    let raised = notices.last().is_some_and(|it| !it.notice.change.ends());
    let all_notices = notices.iter().map(notice_fields).collect();
    let fields = || OneAlertFields { alert, raised, all_notices };
    answer(&state, &asked, "One alert", fields, || table(&format!("alert-{id}"), &notices))
}
