//! Where a running instance can be reached: its loopback address and secret, left in the data directory for the
//! same user (mode 0600) and taken away when it ends.

use crate::error::EngineError;
use crate::listen::Secret;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

const FILE: &str = "engine-endpoint";

/// An address on this machine and the secret that opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// A loopback address.
    pub address: SocketAddr,
    /// Its password.
    pub secret: Secret,
}

impl Endpoint {
    /// Leaves the endpoint in `data_dir`, whole or not at all, readable by this user alone.
    ///
    /// # Errors
    /// [`EngineError::DataDirectory`] or [`EngineError::DiskFull`].
    pub fn publish(&self, data_dir: &Path) -> Result<Published, EngineError> {
        let path = data_dir.join(FILE);
        let refused = |source| EngineError::data_directory("publish the engine's address in", &path, source);
        // a temporary file is made with mode 0600, and renaming keeps it
        let mut file = tempfile::NamedTempFile::with_prefix_in("engine-endpoint-", data_dir).map_err(refused)?;
        let text = self.text();
        file.write_all(text.as_bytes()).map_err(refused)?;
        file.persist(&path).map_err(|error| refused(error.error))?;
        Ok(Published { path, text })
    }

    /// The endpoint left in `data_dir`, if there is one that can be read. Whether anybody still listens there is
    /// another matter: see [`crate::connect`].
    #[must_use]
    pub fn find(data_dir: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(data_dir.join(FILE)).ok()?;
        let (address, secret) = text.split_once('\n')?;
        let address: SocketAddr = address.parse().ok()?;
        // the secret must not be sent to another machine, whoever wrote the file
        address.ip().is_loopback().then_some(())?;
        Some(Self { address, secret: Secret::new(secret.trim_end()).ok()? })
    }

    /// A client for this endpoint.
    #[must_use]
    pub fn client(&self) -> clickhouse::Client {
        clickhouse::Client::default()
            .with_url(format!("http://{}", self.address))
            .with_user("default")
            .with_password(self.secret.expose())
            .with_compression(clickhouse::Compression::None)
    }

    fn text(&self) -> String {
        format!("{}\n{}\n", self.address, self.secret.expose())
    }
}

/// A published endpoint, until dropped.
#[derive(Debug)]
#[must_use = "dropping it withdraws the endpoint"]
pub struct Published {
    path: PathBuf,
    text: String,
}

impl Drop for Published {
    fn drop(&mut self) {
        // somebody else's by now? then it stays
        if std::fs::read_to_string(&self.path).is_ok_and(|text| text == self.text) {
            // a leftover harms nobody: the lock tells whether anyone is there
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Takes away what a dead process left.
pub(crate) fn forget(data_dir: &Path) {
    // best effort, as above
    let _ = std::fs::remove_file(data_dir.join(FILE));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(address: &str) -> Endpoint {
        Endpoint { address: address.parse().unwrap(), secret: Secret::random().unwrap() }
    }

    #[test]
    fn what_is_published_is_found_private_and_withdrawn() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(Endpoint::find(data.path()), None);
        let mine = endpoint("127.0.0.1:4000");
        let published = mine.publish(data.path()).unwrap();
        assert_eq!(Endpoint::find(data.path()), Some(mine));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(data.path().join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let other = endpoint("[::1]:4001");
        let published_by_other = other.publish(data.path()).unwrap();
        drop(published);
        assert_eq!(Endpoint::find(data.path()), Some(other), "another's endpoint stays");
        drop(published_by_other);
        assert_eq!(Endpoint::find(data.path()), None);
        assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0, "nothing is left behind");
    }

    #[test]
    fn rubbish_and_foreign_addresses_are_no_endpoint() {
        let data = tempfile::tempdir().unwrap();
        let secret = "0123456789abcdef0123456789abcdef";
        for text in ["", "x", "127.0.0.1:1", "127.0.0.1:1\n\n", "localhost:1\n0123456789abcdef0123456789abcdef"] {
            std::fs::write(data.path().join(FILE), text).unwrap();
            assert_eq!(Endpoint::find(data.path()), None, "{text:?}");
        }
        std::fs::write(data.path().join(FILE), format!("192.0.2.1:8123\n{secret}\n")).unwrap();
        assert_eq!(Endpoint::find(data.path()), None);
    }
}
