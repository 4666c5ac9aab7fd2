//! What charts have in common, whatever they show: the forms in which they are asked for, and what the data of a chart of published
//! figures open with.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{
    chart::{Size, Theme},
    error::WebError,
    params::Params,
    picture::nearest,
    state::WebState,
};

/// How a chart is asked for: its data, the numbers as a file, a picture, or as none of these.
#[derive(Clone, Copy)]
pub(crate) enum ChartForm {
    Json,
    Csv,
    Svg(Size, Theme),
    None,
}

impl ChartForm {
    /// Of what stands behind the point of the address. Size and theme are a picture's alone.
    pub(crate) fn read(name: &str, kind: &str, params: &mut Params) -> Result<ChartForm, WebError> {
        match kind {
            "json" => Ok(ChartForm::Json),
            "csv" => Ok(ChartForm::Csv),
            "svg" => picture(name, params),
            _ => Ok(ChartForm::None),
        }
    }

    /// The answer in this form. `file` makes the file.
    pub(crate) async fn answer(
        self,
        state: &WebState,
        name: &str,
        data: &str,
        file: impl FnOnce() -> Result<Response, WebError>,
    ) -> Result<Response, WebError> {
        match self {
            ChartForm::Json => Ok(([(header::CONTENT_TYPE, "application/json")], data.to_owned()).into_response()),
            ChartForm::Csv => file(),
            ChartForm::Svg(size, theme) => {
                let svg = state.charts.render(name, data, size, theme).await?;
                let policy = (header::CONTENT_SECURITY_POLICY, "default-src 'none'");
                Ok(([(header::CONTENT_TYPE, "image/svg+xml"), policy], svg).into_response())
            }
            ChartForm::None => Err(WebError::NotFound("the chart is there as json, csv and svg".to_owned())),
        }
    }
}

fn picture(name: &str, params: &mut Params) -> Result<ChartForm, WebError> {
    let width = params.number("width", (280, 2_000))?;
    let height = params.number("height", (120, 2_000))?;
    let theme = match params.word_of("theme", &["light", "dark"])? {
        Some("dark") => Theme::Dark,
        _ => Theme::Light,
    };
    Ok(ChartForm::Svg(nearest(name, width, height), theme))
}

/// What the data of a chart of published figures open with.
pub(crate) struct Head<'a> {
    pub(crate) name: &'a str,
    pub(crate) title: &'a str,
    pub(crate) unit: &'a str,
    /// A block or a day: [`of_day`].
    pub(crate) as_of: Value,
    /// What is said beside the picture in place of that it is published.
    pub(crate) said: Option<String>,
    pub(crate) source: &'a str,
}

impl Head<'_> {
    pub(crate) fn json(self) -> Value {
        let mut head = json!({
            "name": self.name, "title": self.title, "unit": self.unit, "data": "published", "as_of": self.as_of,
        });
        if let Some(said) = self.said {
            head["said"] = json!(said);
        }
        head["source"] = json!(self.source);
        head
    }
}

/// As of a time alone, Unix seconds: of no block.
pub(crate) fn of_day(time: impl Into<Value>) -> Value {
    json!({ "height": null, "hash": "", "time": time.into() })
}
