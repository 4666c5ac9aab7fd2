//! Answers that a script or a spreadsheet takes: JSON, or CSV with a head that says what it is, inert to spreadsheets.

use axum::{
    Json,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    api::{AsOf, as_of},
    asked::Asked,
    error::WebError,
    method::citation,
    openapi::words::{DataWord, NetworkWord, VersionText},
    params::Params,
    state::WebState,
};

/// What an answer is asked for as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Csv,
}

impl Form {
    /// By `format=`, else by what the visitor accepts, else JSON.
    pub(crate) fn of(params: &mut Params, headers: &HeaderMap) -> Result<Form, WebError> {
        let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        let usual = if accept.contains("text/csv") && !accept.contains("application/json") { "csv" } else { "json" };
        match params.word_of("format", &["json", "csv"])?.unwrap_or(usual) {
            "csv" => Ok(Form::Csv),
            _ => Ok(Form::Json),
        }
    }
}

/// An answer as rows.
pub(crate) struct Table {
    /// What the file is called, without its ending.
    pub(crate) file: String,
    /// Names of the columns, units in them.
    pub(crate) columns: Vec<String>,
    /// Texts, numbers, true or false; null is an empty cell.
    pub(crate) rows: Vec<Vec<Value>>,
}

impl Table {
    pub(crate) fn new(file: &str, columns: &[&str], rows: Vec<Vec<Value>>) -> Table {
        Table { file: file.to_owned(), columns: columns.iter().map(|&name| name.to_owned()).collect(), rows }
    }

    /// As a file to save. `title` is what the rows are, in a sentence.
    pub(crate) fn into_response(self, state: &WebState, asked: &Asked, title: &str) -> Result<Response, WebError> {
        Ok((file_headers(&self.file, asked), head_line(state, asked, title) + &self.text()?).into_response())
    }

    fn text(&self) -> Result<String, WebError> {
        // texts in quotes: some spreadsheets part cells at semicolons
        let mut out = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::NonNumeric).from_writer(Vec::new());
        let drawn = |error: csv::Error| WebError::Draw(error.to_string());
        out.write_record(self.columns.iter().map(|name| inert(name))).map_err(drawn)?;
        for row in &self.rows {
            out.write_record(row.iter().map(cell)).map_err(drawn)?;
        }
        let bytes = out.into_inner().map_err(|error| WebError::Draw(error.to_string()))?;
        String::from_utf8(bytes).map_err(|error| WebError::Draw(error.to_string()))
    }
}

/// A file that is as of no block of ours.
pub(crate) fn plain_file(table: &Table, title: &str, source: &str) -> Result<Response, WebError> {
    let disposition = format!("attachment; filename=\"hashwatch-{}.csv\"", table.file);
    let headers =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, format!("# {title}; data: published; source: {source}\n") + &table.text()?).into_response())
}

/// What makes a file of an answer.
pub(crate) fn file_headers(file: &str, asked: &Asked) -> [(header::HeaderName, String); 3] {
    let disposition = format!("attachment; filename=\"hashwatch-{file}-{}.csv\"", asked.view.mark().tip.height);
    [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::VARY, "accept".to_owned()),
    ]
}

/// The line above the columns: what the rows are, from where, and where they stand for ever.
pub(crate) fn head_line(state: &WebState, asked: &Asked, title: &str) -> String {
    let (view, as_of) = (&asked.view, asked.view.mark().tip);
    // one cell, whatever a spreadsheet takes for the end of one
    let title = title.replace([',', ';', '"', '\t'], " ");
    format!(
        "# {} as of block {} {}; network: {}; data: {}; source: {}; registry {}; permalink: {}\n",
        inert(&title),
        as_of.height,
        as_of.hash,
        state.origin().network,
        state.origin().provenance().name(),
        source_words(state),
        view.registry(),
        asked.permalink(),
    )
}

/// Where the figures are from, in words.
pub(crate) fn source_words(state: &WebState) -> &'static str {
    match state.origin().simulated {
        true => "a synthetic chain of hashwatch's own making",
        false => "blocks of the operator's node, headers verified here",
    }
}

/// What every answer says of itself, and then what was asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct Answered<T> {
    #[schema(value_type = NetworkWord)]
    network: &'static str,
    #[schema(value_type = DataWord)]
    data: &'static str,
    as_of: AsOf,
    /// The state of the pool registry that names were taken from.
    #[schema(value_type = VersionText)]
    registry_version: String,
    /// The same question, as of the same block and under the same registry.
    permalink: String,
    /// A line to cite the answer by.
    citation: String,
    #[serde(flatten)]
    fields: T,
}

impl<T> Answered<T> {
    /// `title` is what is answered, in a sentence.
    pub(crate) fn new(state: &WebState, asked: &Asked, title: &str, fields: T) -> Answered<T> {
        Answered {
            network: state.origin().network.name(),
            data: state.origin().provenance().name(),
            as_of: as_of(asked.view.mark()),
            registry_version: asked.view.registry().0.clone(),
            permalink: asked.permalink(),
            citation: citation(state, &asked.view, title),
            fields,
        }
    }
}

/// The answer in the form that was asked for. `title` is what it is, in a sentence.
pub(crate) fn answer<T: Serialize>(
    state: &WebState,
    asked: &Asked,
    title: &str,
    fields: impl FnOnce() -> T,
    table: impl FnOnce() -> Table,
) -> Result<Response, WebError> {
    match asked.form {
        Form::Json => {
            let answer = Answered::new(state, asked, title, fields());
            Ok(([(header::VARY, "accept")], Json(answer)).into_response())
        }
        Form::Csv => table().into_response(state, asked, title),
    }
}

/// A text as it stands in a row.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", inert(text).replace('"', "\"\""))
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => inert(text),
        other => other.to_string(),
    }
}

/// How formulas begin, in either width.
const FORMULA_STARTERS: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
/// Letters that cannot be seen and are no white space.
const NO_WIDTH: [char; 5] = ['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}'];

/// A text that no spreadsheet takes for a formula, and that stays in its line.
fn inert(text: &str) -> String {
    let text: String = text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect();
    // a spreadsheet looks past spaces, and past what has no width
    let seen = text.trim_start_matches(|letter: char| letter.is_whitespace() || NO_WIDTH.contains(&letter));
    let formula = seen.starts_with(FORMULA_STARTERS);
    if formula { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(query: &str, accept: &'static str) -> Option<Form> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        Form::of(&mut Params::of(&format!("/?{query}").parse().unwrap()), &headers).ok()
    }

    #[test]
    fn the_parameter_comes_before_what_is_accepted() {
        assert_eq!(asked("", "*/*"), Some(Form::Json));
        assert_eq!(asked("", "text/csv"), Some(Form::Csv));
        assert_eq!(asked("", "application/json, text/csv;q=0.1"), Some(Form::Json));
        assert_eq!(asked("format=json", "text/csv"), Some(Form::Json));
        assert_eq!(asked("format=csv", "*/*"), Some(Form::Csv));
        assert_eq!(asked("format=xls", "*/*"), None);
    }

    #[test]
    fn texts_are_quoted_and_no_formulas() {
        let hostile = [
            "\u{200b}=1",
            "\u{ff1d}1",
            "=HYPERLINK(\"x\")",
            "-1+1",
            " \t=1",
            "a,b",
            "two\r\nlines",
            "@SUM(A1)",
            "Foundry USA",
        ];
        let rows = hostile.iter().map(|text| vec![json!(text), json!(-1), Value::Null, json!(true)]).collect();
        let table = Table::new("x", &["text", "number", "none", "yes"], rows);
        let text = table.text().unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "\"text\",\"number\",\"none\",\"yes\"");
        let texts = [
            "'\u{200b}=1",
            "'\u{ff1d}1",
            "'=HYPERLINK(\"\"x\"\")",
            "'-1+1",
            " \u{fffd}=1",
            "a,b",
            "two\u{fffd}\u{fffd}lines",
            "'@SUM(A1)",
            "Foundry USA",
        ];
        for (line, text) in lines[1..].iter().zip(texts) {
            assert_eq!(*line, format!("\"{text}\",-1,\"\",\"true\""));
        }
        assert_eq!(lines.len(), texts.len() + 1);
    }
}
