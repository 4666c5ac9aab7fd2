//! Questions about Bitcoin's mainnet itself, whatever chain is followed here: what miners announced, what an attack costs.
//!
//! Their answers rest on what others have published, as the [`Dossier`] holds it, and on our own blocks where these are
//! mainnet's; on no other chain's.

use std::sync::Arc;

use axum::{
    Json,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use hashwatch_model::Network;
use hashwatch_registry::{Dossier, Registry, day_of};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{AsOf, as_of},
    error::WebError,
    inputs::Prices,
    method::Method,
    openapi::words::VersionText,
    params::Params,
    published::{own_view, pin, registry_of},
    state::WebState,
    table::{Form, Table, plain_file},
    view::View,
};

/// The day, in UTC.
pub(crate) fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

/// A question about mainnet whose own parameters were read.
pub(crate) struct Mainnet {
    pub(crate) dossier: Arc<Dossier>,
    /// Our own chain, where it is mainnet's and has a block.
    pub(crate) view: Option<View>,
    /// What was published by the end of this day counts.
    pub(crate) day: Date,
    pub(crate) form: Form,
    /// The operator's prices of the day; none where the question takes none.
    pub(crate) prices: Prices,
    /// What pins the answer, where that was asked for: a link to another page keeps it.
    pub(crate) kept: String,
    /// The same without prices, which pages that rest on none refuse.
    pub(crate) kept_unpriced: String,
    path: String,
    question: String,
    /// What every answer of this day, dossier, block and registry has in its link, prices aside.
    pin: String,
    priced: bool,
}

/// `on`, `dossier`, `as_of` and `registry`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "described, not read: mainnet.rs reads")]
pub(crate) struct MainnetParams {
    /// What was published by the end of this day counts (UTC); else by that of the as-of block, or today.
    #[param(pattern = "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
    on: Option<String>,
    /// The version of what is published, as in `dossier_version`: another than the one in use is not kept.
    #[param(pattern = "^[0-9a-f]{16}$")]
    dossier: Option<String>,
    /// The block that figures of our own chain are as of: a height, or a hash of the active chain. Only where mainnet is followed.
    #[param(pattern = "^([0-9]{1,9}|[0-9a-fA-F]{64})$")]
    as_of: Option<String>,
    /// A version of the registry that was in use: 16 hex digits, as in `registry_version`. Else the one in use.
    #[param(pattern = "^[0-9a-f]{16}$")]
    registry: Option<String>,
}

/// `prices`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "described, not read: mainnet.rs reads")]
pub(crate) struct PricesParam {
    /// The operator's prices as a permanent link holds them; else those of now.
    #[param(pattern = "^(none|[a-z_]+:[0-9.e+-]+@[0-9]+(,[a-z_]+:[0-9.e+-]+@[0-9]+)*)$")]
    prices: Option<String>,
}

impl Mainnet {
    /// For a page. Whatever else stands in the query is refused.
    pub(crate) async fn page(state: &WebState, params: Params) -> Result<Mainnet, WebError> {
        Mainnet::read(state, params, Form::Json, false).await
    }

    /// For a page that rests on prices, too.
    pub(crate) async fn priced_page(state: &WebState, params: Params) -> Result<Mainnet, WebError> {
        Mainnet::read(state, params, Form::Json, true).await
    }

    /// For an answer, in the form that is asked for.
    pub(crate) async fn api(state: &WebState, mut params: Params, headers: &HeaderMap) -> Result<Mainnet, WebError> {
        let form = Form::of(&mut params, headers)?;
        Mainnet::read(state, params, form, false).await
    }

    /// For an answer that rests on prices, too.
    pub(crate) async fn priced_api(
        state: &WebState,
        mut params: Params,
        headers: &HeaderMap,
    ) -> Result<Mainnet, WebError> {
        let form = Form::of(&mut params, headers)?;
        Mainnet::read(state, params, form, true).await
    }

    async fn read(state: &WebState, mut params: Params, form: Form, priced: bool) -> Result<Mainnet, WebError> {
        let held = if priced { params.take::<Prices>("prices")? } else { None };
        let (on, dossier) = (params.day("on")?, params.take::<String>("dossier")?);
        let (block, registry) = (params.as_of()?, params.registry()?);
        let (path, question) = (params.path().to_owned(), params.question().to_owned());
        params.finish()?;
        let known = Arc::clone(&state.dossier.borrow());
        let version = known.version();
        if let Some(other) = dossier.as_ref().filter(|other| *other != version) {
            let shown: String = other.chars().take(40).collect();
            return Err(WebError::NotAvailable(format!("dossier {shown:?} is not kept here; {version} is in use")));
        }
        let kept = [
            on.map(|day| format!("on={day}")),
            dossier.map(|it| format!("dossier={it}")),
            block.map(|it| format!("as_of={it}")),
            registry.as_ref().map(|it| format!("registry={it}")),
        ];
        let kept_unpriced = kept.into_iter().flatten().collect::<Vec<_>>().join("&");
        let kept = [
            (!kept_unpriced.is_empty()).then(|| kept_unpriced.clone()),
            held.as_ref().map(|it| format!("prices={it}")),
        ];
        let view = own_view(state, block, registry).await?;
        let of_block = block.and(view.as_ref()).map(|view| day_of(view.mark().time));
        let day = on.or(of_block).unwrap_or_else(today);
        let chain = pin(state, view.as_ref());
        let prices = match priced {
            true => held.unwrap_or_else(|| Prices::by(&state.market.borrow(), day)),
            false => Prices::default(),
        };
        let pin = format!("on={day}&dossier={version}&{chain}");
        let kept = kept.into_iter().flatten().collect::<Vec<_>>().join("&");
        Ok(Mainnet { dossier: known, view, day, form, prices, kept, kept_unpriced, path, question, pin, priced })
    }

    /// Names and groups.
    pub(crate) fn who<'a>(&'a self, state: &'a WebState) -> &'a Registry {
        registry_of(state, self.view.as_ref())
    }

    /// The whole question as a query that says the same for ever.
    pub(crate) fn pin(&self) -> String {
        let question = if self.question.is_empty() { String::new() } else { format!("{}&", self.question) };
        let prices = if self.priced { format!("&prices={}", self.prices) } else { String::new() };
        format!("{question}{}{prices}", self.pin)
    }

    /// What makes the answer to any question that rests on no prices stay what it is: others refuse to be given any.
    pub(crate) fn pins(&self) -> &str {
        &self.pin
    }

    /// Where the same question has the same answer for ever.
    pub(crate) fn permalink(&self) -> String {
        format!("{}?{}", self.path, self.pin())
    }

    /// The line by which a figure is cited.
    pub(crate) fn citation(&self, what: &str) -> String {
        let block = self.view.as_ref().map_or_else(String::new, |view| {
            let tip = view.mark().tip;
            format!("our own blocks as of {} ({}), registry {}, ", tip.height, tip.hash, view.registry())
        });
        format!(
            "hashwatch {}, mainnet (published): {what}, {block}what was published by {}, dossier {}.",
            env!("CARGO_PKG_VERSION"),
            self.day,
            self.dossier.version()
        )
    }

    /// The end of a page.
    pub(crate) fn method(&self, what: &str, computed: String) -> Method {
        let (citation, permalink) = (self.citation(what), self.permalink());
        Method { computed, citation, permalink, downloads: Vec::new() }
    }
}

/// What every answer about mainnet says of itself, and then what was asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct Told<T> {
    /// Always `mainnet`.
    network: &'static str,
    /// Always `published`: announcements and values of others, with their sources; what is our own is marked so.
    data: &'static str,
    /// The block that figures of our own are as of; null where no block of mainnet is stored here.
    #[schema(required)]
    as_of: Option<AsOf>,
    /// What was published by the end of this day counts: 2026-05-25, UTC.
    on: String,
    /// The version of the registry that names and groups are of.
    #[schema(value_type = VersionText)]
    registry_version: String,
    /// The version of what is published, as it is known here.
    dossier_version: String,
    /// The same question with the same answer for ever, as long as this dossier is in use.
    permalink: String,
    /// A line to cite the answer by.
    citation: String,
    #[serde(flatten)]
    fields: T,
}

/// The answer in the form that was asked for. `title` is what it is, in a sentence.
pub(crate) fn told<T: Serialize>(
    state: &WebState,
    asked: &Mainnet,
    title: &str,
    fields: impl FnOnce() -> T,
    table: impl FnOnce() -> Table,
) -> Result<Response, WebError> {
    match asked.form {
        Form::Json => {
            let told = Told {
                network: Network::Mainnet.name(),
                data: "published",
                as_of: asked.view.as_ref().map(|view| as_of(view.mark())),
                on: asked.day.to_string(),
                registry_version: asked.who(state).version().0.clone(),
                dossier_version: asked.dossier.version().to_owned(),
                permalink: asked.permalink(),
                citation: asked.citation(title),
                fields: fields(),
            };
            Ok(([(header::VARY, "accept")], Json(told)).into_response())
        }
        Form::Csv => {
            let source = format!(
                "announcements and values as published by {}, dossier {}; permalink: {}",
                asked.day,
                asked.dossier.version(),
                asked.permalink()
            );
            plain_file(&table(), title, &source)
        }
    }
}
