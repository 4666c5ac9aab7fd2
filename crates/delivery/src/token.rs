//! What the links in a mail hold: 256 bits, of which the store keeps a hash.
//!
//! Each subscription has a seed of 32 random bytes, which is sealed like its address; its tokens are HMAC-SHA256 of a name under that
//! seed. So each mail can carry the links anew while no token is kept, and with the seed all of them are gone.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::key::hmac;

/// What a token opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Confirm,
    Manage,
    Unsubscribe,
}

/// A token, as its link has it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token([u8; 32]);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    pub(crate) fn of(seed: &[u8], purpose: Purpose) -> Token {
        let name: &[u8] = match purpose {
            Purpose::Confirm => b"confirm",
            Purpose::Manage => b"manage",
            Purpose::Unsubscribe => b"unsubscribe",
        };
        Token(hmac(seed, name))
    }

    /// Reads what stood in a link; none where it is no token at all.
    pub(crate) fn read(text: &str) -> Option<Token> {
        let bytes = (text.len() == 43).then(|| BASE64_URL_SAFE_NO_PAD.decode(text).ok())??;
        bytes.try_into().ok().map(Token)
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> [u8; 32] {
        self.0
    }

    pub(crate) fn text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What the store keeps, and looks it up by.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// Whether it is the one of this hash, in a time that tells nothing.
    pub(crate) fn is(&self, hash: &[u8; 32]) -> bool {
        self.hash().ct_eq(hash).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_is_written_and_not_otherwise() {
        let token = Token::of(&[3; 32], Purpose::Manage);
        let text = token.text();
        assert_eq!(text.len(), 43);
        assert_eq!(Token::read(&text), Some(token.clone()));
        assert!(token.is(&token.hash()) && !token.is(&[0; 32]));
        for wrong in ["", &text[1..], &format!("{text}="), &format!("{text}A"), &text.replace(&text[..1], "+")] {
            assert_eq!(Token::read(wrong), None, "{wrong}");
        }
        assert_ne!(token, Token::of(&[3; 32], Purpose::Unsubscribe));
        assert_ne!(token, Token::of(&[4; 32], Purpose::Manage));
        assert!(!format!("{token:?}").contains(&text));
    }
}
