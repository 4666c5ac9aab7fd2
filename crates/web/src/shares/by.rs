//! What blocks are counted by: pools, or who stands behind them.

use crate::{error::WebError, params::Params};

/// What shares are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Pool,
    Group,
    Owner,
}

impl By {
    /// All of them.
    pub(crate) const ALL: [By; 3] = [By::Pool, By::Group, By::Owner];

    /// The parameter `by`, or pools.
    pub(crate) fn take(params: &mut Params) -> Result<By, WebError> {
        Ok(By::from_word(params.word("by", &By::ALL.map(By::word))?))
    }

    /// The parameter where it has no effect: a bad one is refused all the same.
    pub(crate) fn ignored(params: &mut Params) -> Result<By, WebError> {
        Ok(params.word_of("by", &By::ALL.map(By::word))?.map_or(By::Pool, By::from_word))
    }

    /// As it stands in a query; nothing for pools, which are what is counted without it.
    pub(crate) fn query(self) -> String {
        if self == By::Pool { String::new() } else { format!("by={}", self.word()) }
    }

    pub(crate) fn from_word(word: &str) -> By {
        match word {
            "group" => By::Group,
            "owner" => By::Owner,
            _ => By::Pool,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            By::Pool => "pool",
            By::Group => "group",
            By::Owner => "owner",
        }
    }
}
