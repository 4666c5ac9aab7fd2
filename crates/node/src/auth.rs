//! Who we are to a node, and the care that no message shows it.

use std::{
    fmt, fs,
    io::Read,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use hyper::header::HeaderValue;

use crate::NodeError;

/// A cookie is `__cookie__:` and 64 hex digits.
const MAX_COOKIE_BYTES: u64 = 4_096;

/// How we show a node who we are.
#[derive(Clone, PartialEq, Eq)]
pub enum Auth {
    /// The file that bitcoind writes at each start, `.cookie` in its data directory.
    Cookie(PathBuf),
    /// `-rpcauth`, or `-rpcuser` and `-rpcpassword`.
    UserPass {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Auth::Cookie(path) => f.debug_tuple("Cookie").field(path).finish(),
            Auth::UserPass { .. } => f.write_str("UserPass(hidden)"),
        }
    }
}

/// The `user:password` of an `Authorization` header, and the header.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pair: String,
    pub(crate) header: HeaderValue,
}

impl Credentials {
    pub(crate) fn new(pair: String) -> Option<Credentials> {
        let sound = pair.contains(':') && !pair.chars().any(char::is_control);
        let mut header = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(&pair))).ok()?;
        header.set_sensitive(true);
        sound.then_some(Credentials { pair, header })
    }

    /// Takes every trace of the credentials out of a text that a node sent: it might echo what we sent it.
    pub(crate) fn struck_from(&self, text: &str) -> String {
        let (user, password) = self.pair.split_once(':').unwrap_or_default();
        let encoded = STANDARD.encode(&self.pair);
        let mut text = text.replace(&encoded, "***").replace(&self.pair, "***");
        for secret in [password, user].into_iter().filter(|secret| secret.len() > 3) {
            text = text.replace(secret, "***");
        }
        text
    }
}

/// Reads the file that bitcoind leaves its credentials of the day in.
pub(crate) fn read_cookie(path: &Path) -> Result<Credentials, NodeError> {
    let unreadable = |reason: String| NodeError::Cookie { path: path.to_owned(), reason };
    let mut text = String::new();
    fs::File::open(path)
        .and_then(|file| file.take(MAX_COOKIE_BYTES).read_to_string(&mut text))
        .map_err(|error| unreadable(error.to_string()))?;
    Credentials::new(text.trim_end().to_owned()).ok_or_else(|| unreadable("it is not of the form user:password".into()))
}
