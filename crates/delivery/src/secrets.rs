//! What leads to a subscriber, opened. It is never shown.

use std::fmt;

use crate::{
    DeliveryError, Key, SubscriptionId,
    address::Address,
    key::random,
    table::SecretsRow,
    token::{Purpose, Token},
};

/// The plain text of a row of the table secrets.
#[derive(Clone)]
pub(crate) struct Secrets {
    pub(crate) address: Address,
    /// A webhook's URL; empty for mail.
    pub(crate) target: String,
    /// 64 hexadecimal digits; the text is the key.
    pub(crate) signing_key: String,
    pub(crate) seed: [u8; 32],
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

impl Secrets {
    pub(crate) fn new(address: Address, target: String) -> Result<Secrets, DeliveryError> {
        Ok(Secrets { address, target, signing_key: hex::encode(random::<32>()?), seed: random()? })
    }

    pub(crate) fn token(&self, purpose: Purpose) -> Token {
        Token::of(&self.seed, purpose)
    }

    pub(crate) fn seal(&self, key: &Key, id: SubscriptionId, version: u64) -> Result<SecretsRow, DeliveryError> {
        Ok(SecretsRow {
            id: id.0,
            version,
            address: key.seal(id, "address", self.address.text().as_bytes())?,
            target: key.seal(id, "target", self.target.as_bytes())?,
            signing_key: key.seal(id, "signing_key", self.signing_key.as_bytes())?,
            seed: key.seal(id, "seed", &self.seed)?,
            address_mark: key.address_mark(self.address.text()),
            confirm_hash: self.token(Purpose::Confirm).hash(),
            manage_hash: self.token(Purpose::Manage).hash(),
            unsubscribe_hash: self.token(Purpose::Unsubscribe).hash(),
        })
    }

    pub(crate) fn open(key: &Key, row: &SecretsRow) -> Result<Secrets, DeliveryError> {
        let id = SubscriptionId(row.id);
        let damaged = |reason| DeliveryError::Damaged { id: id.to_string(), reason };
        let text = |purpose, sealed: &[u8]| {
            String::from_utf8(key.unseal(id, purpose, sealed)?).map_err(|_| damaged("what is sealed is no text"))
        };
        let address = text("address", &row.address)?;
        let seed = key.unseal(id, "seed", &row.seed)?;
        Ok(Secrets {
            address: Address::parse(&address).ok_or_else(|| damaged("its address is none"))?,
            target: text("target", &row.target)?,
            signing_key: text("signing_key", &row.signing_key)?,
            seed: seed.try_into().map_err(|_| damaged("its seed is none"))?,
        })
    }
}
