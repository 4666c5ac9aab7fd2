//! Asking: one call or a batch, each on terms of its own, through the `bitcoincore-rpc` client on a thread that may
//! block. Turns whatever comes back into the type asked for or into a [`NodeError`].

use std::sync::Arc;

use bitcoincore_rpc::{Client, RpcApi, jsonrpc};
use serde::de::DeserializeOwned;
use serde_json::{Value, json, value::RawValue};
use tokio::{runtime::Handle, sync::watch};

use super::{BATCH, BATCHED_ANSWER, RpcNode, SMALL_ANSWER};
use crate::{
    NodeError,
    error::shown,
    http::{Call, Endpoint, Terms},
};

impl RpcNode {
    pub(super) fn terms(&self, method: &str, args: &[Value], limit: usize) -> Terms {
        let mut asked = method.to_owned();
        for arg in args {
            asked.push(' ');
            asked.push_str(&arg.as_str().map_or_else(|| arg.to_string(), str::to_owned));
        }
        Terms { asked, deadline: self.timeout, limit }
    }

    pub(super) async fn call<T>(&self, method: &'static str, args: Vec<Value>, limit: usize) -> Result<T, NodeError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.call_on(self.terms(method, &args, limit), method, args).await
    }

    pub(super) async fn call_on<T>(&self, terms: Terms, method: &'static str, args: Vec<Value>) -> Result<T, NodeError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let endpoint = Arc::clone(&self.endpoint);
        self.on_client(terms, move |client, asked| typed(client, &endpoint, asked, method, &args)).await
    }

    /// The same without the detour over a thread that may block, for what is asked often: the answer as it came.
    pub(super) async fn call_raw(
        &self,
        terms: &Terms,
        method: &'static str,
        args: &[Value],
    ) -> Result<Box<RawValue>, NodeError> {
        let request = json!({ "jsonrpc": "2.0", "id": 0, "method": method, "params": args });
        let answer = self.endpoint.post(request.to_string().into(), terms).await?;
        let response: jsonrpc::Response = self.endpoint.read_answer(terms, &answer)?;
        if response.id != request["id"] && response.error.is_none() {
            return Err(refused(&self.endpoint, &terms.asked, jsonrpc::Error::NonceMismatch));
        }
        response.result().map_err(|error| refused(&self.endpoint, &terms.asked, error))
    }

    /// The same call with many arguments: an answer or a refusal for each, in order.
    pub(super) async fn batch<T>(
        &self,
        method: &'static str,
        calls: Vec<Vec<Value>>,
    ) -> Result<Vec<Result<T, NodeError>>, NodeError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let mut answers = Vec::with_capacity(calls.len());
        for part in calls.chunks(BATCH) {
            let mut terms = self.terms(method, &part[0], SMALL_ANSWER + part.len() * BATCHED_ANSWER);
            if part.len() > 1 {
                terms.asked.push_str(&format!(" and {} more", part.len() - 1));
            }
            let endpoint = Arc::clone(&self.endpoint);
            let part = part.to_vec();
            answers.extend(
                self.on_client(terms, move |client, asked| typed_batch(client, &endpoint, asked, method, &part))
                    .await?,
            );
        }
        Ok(answers)
    }

    /// Runs `work` on a thread that may block, with a client of its own on these terms. Ends early when the returned
    /// future is dropped.
    pub(super) async fn on_client<T, W>(&self, terms: Terms, work: W) -> Result<T, NodeError>
    where
        T: Send + 'static,
        W: FnOnce(&Client, &str) -> Result<T, NodeError> + Send + 'static,
    {
        let asked = terms.asked.clone();
        let (waiting, asker) = watch::channel(());
        let call = Call { endpoint: Arc::clone(&self.endpoint), terms, runtime: Handle::current(), asker };
        let done = tokio::task::spawn_blocking({
            let asked = asked.clone();
            move || work(&Client::from_jsonrpc(jsonrpc::Client::with_transport(call)), &asked)
        })
        .await;
        drop(waiting);
        done.unwrap_or(Err(NodeError::Cancelled { asked }))
    }
}

pub(super) fn typed<T: DeserializeOwned>(
    client: &Client,
    endpoint: &Endpoint,
    asked: &str,
    method: &str,
    args: &[Value],
) -> Result<T, NodeError> {
    let raw: Box<RawValue> = client.call(method, args).map_err(|error| match error {
        bitcoincore_rpc::Error::JsonRpc(error) => refused(endpoint, asked, error),
        error => refused(endpoint, asked, jsonrpc::Error::Transport(Box::new(error))),
    })?;
    decoded(endpoint, asked, &raw)
}

fn typed_batch<T: DeserializeOwned>(
    client: &Client,
    endpoint: &Endpoint,
    asked: &str,
    method: &str,
    calls: &[Vec<Value>],
) -> Result<Vec<Result<T, NodeError>>, NodeError> {
    let client = client.get_jsonrpc_client();
    let args: Vec<Box<RawValue>> = calls.iter().map(jsonrpc::arg).collect();
    let requests: Vec<_> = args.iter().map(|args| client.build_request(method, Some(args))).collect();
    let responses = client.send_batch(&requests).map_err(|error| refused(endpoint, asked, error))?;
    responses
        .into_iter()
        .map(|response| {
            let response = response.ok_or_else(|| NodeError::Malformed {
                asked: asked.to_owned(),
                reason: "a part of the batch is not answered".to_owned(),
                came: String::new(),
            })?;
            Ok(match response.result::<Box<RawValue>>() {
                Ok(raw) => Ok(decoded(endpoint, asked, &raw)?),
                Err(error) => Err(refused(endpoint, asked, error)),
            })
        })
        .collect()
}

fn decoded<T: DeserializeOwned>(endpoint: &Endpoint, asked: &str, raw: &RawValue) -> Result<T, NodeError> {
    serde_json::from_str(raw.get()).map_err(|error| NodeError::Malformed {
        asked: asked.to_owned(),
        reason: endpoint.shown(error.to_string().as_bytes()),
        came: endpoint.shown(raw.get().as_bytes()),
    })
}

/// What went wrong, out of the layers that it came through.
fn refused(endpoint: &Endpoint, asked: &str, error: jsonrpc::Error) -> NodeError {
    match error {
        jsonrpc::Error::Rpc(error) => NodeError::Refused {
            asked: asked.to_owned(),
            code: error.code,
            said: endpoint.shown(error.message.as_bytes()),
        },
        jsonrpc::Error::Transport(error) => match error.downcast::<NodeError>() {
            Ok(error) => *error,
            Err(error) => NodeError::Broken { asked: asked.to_owned(), reason: shown(&error.to_string()) },
        },
        error => NodeError::Malformed {
            asked: asked.to_owned(),
            reason: endpoint.shown(error.to_string().as_bytes()),
            came: "(the JSON is sound)".to_owned(),
        },
    }
}
