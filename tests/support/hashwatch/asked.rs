//! What is asked of it over HTTP.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use ureq::{RequestBuilder, typestate::WithBody};

use super::Hashwatch;
use crate::waiting::wait_until;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Every status is an answer, and a redirect is one too.
pub(super) fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(REQUEST_TIMEOUT))
        .proxy(None)
        .build();
    config.into()
}

/// An answer over HTTP.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: ureq::http::HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("status {}, no JSON: {}", self.status, self.text()))
    }
}

impl Hashwatch {
    /// GET of a path such as `/api/v1/status`, whatever the status; redirects are not followed.
    pub fn get(&self, path: &str) -> Result<Answer> {
        self.get_with(path, &[])
    }

    /// The same with request headers.
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
        let mut request = self.agent.get(format!("{}{path}", self.url()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        read(request.call().with_context(|| format!("GET {path}"))?)
    }

    /// POST of a form's fields; redirects are not followed.
    pub fn post_form(&self, path: &str, headers: &[(&str, &str)], fields: &[(String, String)]) -> Result<Answer> {
        let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        read(self.posting(path, headers).send_form(fields).with_context(|| format!("POST {path}"))?)
    }

    /// The same with a body as it is.
    pub fn send(&self, path: &str, form: &str, headers: &[(&str, &str)]) -> Result<Answer> {
        let request = self.posting(path, headers).header("content-type", "application/x-www-form-urlencoded");
        read(request.send(form).with_context(|| format!("POST {path}"))?)
    }

    fn posting(&self, path: &str, headers: &[(&str, &str)]) -> RequestBuilder<WithBody> {
        let request = self.agent.post(format!("{}{path}", self.url()));
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    }

    /// GET of a path of the API that must answer 200 with JSON.
    pub fn get_json(&self, path: &str) -> Result<Value> {
        let answer = self.get(path)?;
        let (status, text) = (answer.status, answer.text());
        ensure!(status == 200, "GET {path}: status {status}: {text}; {}", self.said());
        answer.json()
    }

    /// Waits until the API says that the tip is this block; the error says what it was instead.
    pub fn wait_for_tip(&self, hash: &bitcoin::BlockHash, timeout: Duration) -> Result<()> {
        let hash = hash.to_string();
        let mut last = Value::Null;
        wait_until("hashwatch has the node's tip", timeout, || {
            last = self
                .get("/api/v1/status")
                .and_then(|answer| answer.json())
                .unwrap_or_else(|error| error.to_string().into());
            last["tip"]["hash"] == hash.as_str()
        })
        .with_context(|| format!("wanted {hash}, status was {last}; {}", self.said()))
    }
}

fn read(mut answer: ureq::http::Response<ureq::Body>) -> Result<Answer> {
    let body = answer.body_mut().with_config().limit(u64::MAX).read_to_vec()?;
    Ok(Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), body })
}
