//! The key outside of the store: without it what is kept of subscribers is noise.
//!
//! A file of 32 random bytes, for its owner alone. Three keys come of it (HMAC-SHA256 of a name): one seals, one tells addresses apart
//! for limits, and one lets a database say whether it is the right one.

use std::{
    fmt,
    io::{ErrorKind, Write},
    path::Path,
};

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::{DeliveryError, SubscriptionId, mailbox};

const NONCE_BYTES: usize = 24;

/// HMAC-SHA256.
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    #[allow(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// Bytes that nobody can guess.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], DeliveryError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| DeliveryError::NoRandomness(error.to_string()))?;
    Ok(bytes)
}

/// Seals what subscribers trust us with.
#[derive(Clone)]
pub struct Key {
    cipher: XChaCha20Poly1305,
    addresses: [u8; 32],
    check: [u8; 32],
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// Reads the file, and makes it where there is none: whole, synced, mode 0600, and never over another.
    ///
    /// # Errors
    /// [`DeliveryError::KeyFile`] where it cannot be read or made, is no key, or is open to others than its owner.
    pub fn open_or_make(path: &Path) -> Result<Key, DeliveryError> {
        match Key::open(path) {
            Ok(None) => {
                Key::make(path)?;
                let gone = || refuse(path, "it was there a moment ago".to_owned());
                Key::open(path)?.ok_or_else(gone)
            }
            found => found.transpose().unwrap_or_else(|| Err(refuse(path, "it is not there".to_owned()))),
        }
    }

    /// None where there is no file.
    fn open(path: &Path) -> Result<Option<Key>, DeliveryError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refuse(path, error.to_string())),
        };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let found = std::fs::metadata(path).map_err(|error| refuse(path, error.to_string()))?;
            let mode = found.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(refuse(path, format!("its mode is {mode:04o}, open to others: chmod 600 it")));
            }
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim_end(), &mut bytes)
            .map_err(|_| refuse(path, "it has not 64 hexadecimal digits".to_owned()))?;
        Ok(Some(Key::of(&bytes)))
    }

    fn make(path: &Path) -> Result<(), DeliveryError> {
        let failed = |error: std::io::Error| refuse(path, error.to_string());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(failed)?;
        // made with mode 0600, which it keeps
        let mut file = tempfile::NamedTempFile::with_prefix_in(".key-", folder).map_err(failed)?;
        writeln!(file, "{}", hex::encode(random::<32>()?)).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        match file.persist_noclobber(path) {
            // another made one in this moment: it is the one
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(failed(error.error)),
            Ok(_) => std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed),
        }
    }

    fn of(bytes: &[u8; 32]) -> Key {
        let cipher = XChaCha20Poly1305::new(&hmac(bytes, b"hashwatch subscribers: seal").into());
        let addresses = hmac(bytes, b"hashwatch subscribers: addresses");
        Key { cipher, addresses, check: hmac(bytes, b"hashwatch subscribers: check") }
    }

    /// A nonce and what is sealed, which opens for this subscription and purpose alone.
    pub(crate) fn seal(&self, id: SubscriptionId, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, DeliveryError> {
        let nonce = random::<NONCE_BYTES>()?;
        let damaged = |_| DeliveryError::Damaged { id: id.to_string(), reason: "it is too long to be sealed" };
        let payload = Payload { msg: plain, aad: &bound_to(id, purpose) };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(damaged)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// The inverse of [`Key::seal`].
    pub(crate) fn unseal(&self, id: SubscriptionId, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, DeliveryError> {
        let damaged = || DeliveryError::Damaged { id: id.to_string(), reason: "what is sealed does not open" };
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
        let payload = Payload { msg: sealed, aad: &bound_to(id, purpose) };
        self.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| damaged())
    }

    /// Tells mailboxes apart without telling them: for limits.
    pub(crate) fn address_mark(&self, address: &str) -> [u8; 32] {
        hmac(&self.addresses, mailbox::mailbox(address).as_bytes())
    }

    /// The same of domains; none where it is a provider's. No mailbox is called so.
    pub(crate) fn domain_mark(&self, address: &str) -> Option<[u8; 32]> {
        mailbox::domain(address).map(|domain| hmac(&self.addresses, format!("@{domain}").as_bytes()))
    }

    /// What a database keeps of the key that it is sealed under.
    pub(crate) fn check(&self) -> [u8; 32] {
        self.check
    }
}

fn bound_to(id: SubscriptionId, purpose: &str) -> Vec<u8> {
    [id.0.to_be_bytes().as_slice(), purpose.as_bytes()].concat()
}

fn refuse(path: &Path, reason: String) -> DeliveryError {
    DeliveryError::KeyFile { path: path.to_path_buf(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("below/subscribers.key");
        let made = Key::open_or_make(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(made.check(), Key::open_or_make(&path).unwrap().check());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "it is never made anew");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
        assert!(!format!("{made:?}").contains(text.trim()));
        std::fs::write(&path, "rubbish").unwrap();
        assert!(matches!(Key::open_or_make(&path), Err(DeliveryError::KeyFile { .. })));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "rubbish", "nor over what is no key");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        Key::open_or_make(&path).unwrap();
        let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        for open in [0o640, 0o604, 0o660, 0o644] {
            mode(open);
            let error = Key::open_or_make(&path).unwrap_err().to_string();
            assert!(error.contains("chmod 600"), "{open:o}: {error}");
        }
        mode(0o400);
        assert!(Key::open_or_make(&path).is_ok());
    }

    #[test]
    fn what_is_sealed_opens_for_its_row_and_purpose_alone() {
        let (key, other) = (Key::of(&[1; 32]), Key::of(&[2; 32]));
        let (id, plain) = (SubscriptionId(7), b"someone@example.org");
        let sealed = key.seal(id, "address", plain).unwrap();
        assert_eq!(key.unseal(id, "address", &sealed).unwrap(), plain);
        assert!(!sealed.windows(7).any(|window| window == b"someone"));
        assert_ne!(sealed, key.seal(id, "address", plain).unwrap(), "a nonce of its own each time");
        assert!(key.unseal(SubscriptionId(8), "address", &sealed).is_err(), "in another row");
        assert!(key.unseal(id, "target", &sealed).is_err(), "in another column");
        assert!(other.unseal(id, "address", &sealed).is_err(), "under another key");
        for at in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            assert!(key.unseal(id, "address", &bent).is_err(), "bent at {at}");
        }
        assert!(key.unseal(id, "address", &[]).is_err());
    }

    /// RFC 4231, test case 2.
    #[test]
    fn the_mac_is_the_published_one() {
        let mac = hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex::encode(mac), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
