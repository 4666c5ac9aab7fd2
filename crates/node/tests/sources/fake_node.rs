//! A node that answers as it is told to: enough HTTP to be taken for a bitcoind, and every way of not being one.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use hashwatch_model::Network;
use hashwatch_node::{Auth, Route, RpcConfig, RpcNode};
use serde_json::{Value, json};

/// What happens to one request.
pub(crate) enum Reply {
    /// An HTTP answer with this status and body; the connection stays open.
    Http(u16, Vec<u8>),
    /// The answer to a whole batch, whichever call of it is asked first.
    Whole(u16, String),
    /// These bytes and no more, then the connection closes.
    Bytes(Vec<u8>),
    /// Nothing, for ever.
    Silence,
    /// This head, then body without end, as fast as it is read.
    Flood(String),
    /// This head, then a byte now and then without end.
    Trickle(String),
}

/// Stands for the id of the call that is answered.
const CALLS_OWN: &str = "the call's own";

impl Reply {
    /// A JSON-RPC result; for a batch, see [`FakeNode::start`].
    pub(crate) fn result(value: Value) -> Reply {
        Reply::Http(200, json!({"result": value, "error": null, "id": CALLS_OWN}).to_string().into_bytes())
    }

    pub(crate) fn error(status: u16, code: i32, message: &str) -> Reply {
        let error = json!({"code": code, "message": message});
        Reply::Http(status, json!({"result": null, "error": error, "id": CALLS_OWN}).to_string().into_bytes())
    }
}

/// One call as it came.
pub(crate) struct Asked {
    /// Of a GET, its path.
    pub(crate) method: String,
    pub(crate) params: Vec<Value>,
    /// `user:password`; empty where none were sent.
    pub(crate) credentials: String,
    /// How many requests came before, in all.
    pub(crate) earlier: usize,
    /// Calls in the batch; 0 where it is none.
    pub(crate) batch: usize,
}

pub(crate) struct FakeNode {
    pub(crate) url: String,
    pub(crate) connections: Arc<AtomicUsize>,
    pub(crate) requests: Arc<AtomicUsize>,
}

impl FakeNode {
    /// Each request is answered by what `answer` makes of it. A batch is put to it call by call and answered by the
    /// results together, unless one of them is answered by anything but [`Reply::Http`].
    pub(crate) fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> FakeNode {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let node = FakeNode {
            url: format!("http://{}", listener.local_addr().unwrap()),
            connections: Arc::default(),
            requests: Arc::default(),
        };
        let (connections, requests) = (Arc::clone(&node.connections), Arc::clone(&node.requests));
        let answer: Arc<dyn Fn(&Asked) -> Reply + Send + Sync> = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming() {
                connections.fetch_add(1, Ordering::SeqCst);
                let (answer, requests) = (Arc::clone(&answer), Arc::clone(&requests));
                thread::spawn(move || serve(stream.unwrap(), &*answer, &requests));
            }
        });
        node
    }

    pub(crate) fn client(&self) -> RpcNode {
        self.client_with(password(), Duration::from_secs(20), Route::Auto)
    }

    /// One that fetches headers this way, and waits for an answer no longer than a second.
    pub(crate) fn client_by(&self, route: Route) -> RpcNode {
        self.client_with(password(), Duration::from_secs(1), route)
    }

    /// One that waits no longer than this for an answer.
    pub(crate) fn impatient_client(&self, timeout: Duration) -> RpcNode {
        self.client_with(password(), timeout, Route::Auto)
    }

    pub(crate) fn client_with_cookie(&self, path: &Path) -> RpcNode {
        self.client_with(Auth::Cookie(path.to_owned()), Duration::from_secs(20), Route::Auto)
    }

    fn client_with(&self, auth: Auth, timeout: Duration, route: Route) -> RpcNode {
        RpcNode::new(RpcConfig {
            name: "fake".to_owned(),
            url: self.url.clone(),
            auth,
            network: Network::Regtest,
            timeout,
            route,
            files: None,
        })
        .unwrap()
    }
}

fn password() -> Auth {
    Auth::UserPass { user: "alice".to_owned(), password: "s3cret-word".to_owned() }
}

/// One request on the wire.
struct Request {
    /// Where it is a GET.
    path: Option<String>,
    credentials: String,
    body: Value,
}

fn serve(mut stream: TcpStream, answer: &dyn Fn(&Asked) -> Reply, requests: &AtomicUsize) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(request) = read_request(&mut reader) {
        let earlier = requests.fetch_add(1, Ordering::SeqCst);
        match react(&request, earlier, answer) {
            Reply::Http(status, body) => {
                let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n", body.len());
                if stream.write_all(&[head.into_bytes(), body].concat()).is_err() {
                    return;
                }
            }
            Reply::Whole(..) => panic!("no batch was asked for"),
            Reply::Bytes(bytes) => {
                let _ = stream.write_all(&bytes);
                return;
            }
            Reply::Silence => thread::sleep(Duration::from_secs(600)),
            Reply::Flood(head) => {
                let _ = stream.write_all(head.as_bytes());
                while stream.write_all(&[b'a'; 65_536]).is_ok() {}
                return;
            }
            Reply::Trickle(head) => {
                let _ = stream.write_all(head.as_bytes());
                while stream.write_all(b" ").is_ok() {
                    thread::sleep(Duration::from_millis(50));
                }
                return;
            }
        }
    }
}

fn react(request: &Request, earlier: usize, answer: &dyn Fn(&Asked) -> Reply) -> Reply {
    let Request { path, credentials, body } = request;
    let credentials = credentials.clone();
    if let Some(path) = path.clone() {
        return answer(&Asked { method: path, params: vec![], credentials, earlier, batch: 0 });
    }
    let asked = |call: &Value, batch: usize| Asked {
        method: call["method"].as_str().unwrap().to_owned(),
        params: call["params"].as_array().unwrap().clone(),
        credentials: credentials.clone(),
        earlier,
        batch,
    };
    let Some(calls) = body.as_array() else {
        return match answer(&asked(body, 0)) {
            Reply::Http(status, bytes) => Reply::Http(status, with_id(&bytes, &body["id"])),
            other => other,
        };
    };
    let mut answers = Vec::new();
    for call in calls {
        let reply = answer(&asked(call, calls.len()));
        let bytes = match reply {
            Reply::Http(_, bytes) => bytes,
            Reply::Whole(status, body) => return Reply::Http(status, body.into_bytes()),
            other => return other,
        };
        answers.push(serde_json::from_slice(&with_id(&bytes, &call["id"])).unwrap());
    }
    Reply::Http(200, Value::Array(answers).to_string().into_bytes())
}

/// The answer to the call with this id. What sets one of its own, or is none, stays as it is.
fn with_id(answer: &[u8], id: &Value) -> Vec<u8> {
    match serde_json::from_slice::<Value>(answer) {
        Ok(mut response) if response["id"] == CALLS_OWN => {
            response["id"] = id.clone();
            response.to_string().into_bytes()
        }
        _ => answer.to_vec(),
    }
}

/// The next request on the connection.
fn read_request(reader: &mut impl BufRead) -> Option<Request> {
    let (mut length, mut credentials, mut path) = (0, String::new(), None);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(rest) = line.strip_prefix("GET ") {
            path = Some(rest.strip_suffix(" HTTP/1.1").unwrap().to_owned());
        }
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "authorization" => {
                let decoded = STANDARD.decode(value.strip_prefix("Basic ").unwrap()).unwrap();
                credentials = String::from_utf8(decoded).unwrap();
            }
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = if path.is_some() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
    Some(Request { path, credentials, body })
}
