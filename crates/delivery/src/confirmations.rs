//! Whether a mail may ask an address to confirm.
//!
//! What is too much for an address comes to nothing, and nobody but its mailbox can learn of it. What is too much for a domain, or for us,
//! waits: whoever brings it about keeps others waiting, not out.

use crate::{DeliveryError, Subscribers, rows::SecretsRow};

/// What becomes of a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Its mail is sent. It is counted.
    Send,
    /// It waits for others of its domain.
    Domain,
    /// It waits, as all others do.
    All,
    /// It comes to nothing.
    Nothing,
}

/// Each wish is counted once, however often its mail is tried, and whichever process tries.
pub(crate) async fn verdict(subscribers: &Subscribers, sealed: &SecretsRow) -> Result<Verdict, DeliveryError> {
    let (tables, limits) = (subscribers.tables(), subscribers.limits());
    // what does not open fails when it is sent
    let Ok(secrets) = subscribers.opened(sealed) else { return Ok(Verdict::Send) };
    let (address, domain) = (sealed.address_mark, subscribers.inner.key.domain_mark(secrets.address.text()));
    let asked = tables.confirmations(sealed.id, address, domain).await?;
    if asked.own > 0 {
        return Ok(Verdict::Send);
    }
    let has = tables.of_address(address).await?;
    if asked.of_address >= limits.confirmations_per_address_day || has >= limits.subscriptions_per_address {
        return Ok(Verdict::Nothing);
    }
    if domain.is_some() && asked.of_domain >= limits.confirmations_per_domain_day {
        return Ok(Verdict::Domain);
    }
    if asked.of_all >= limits.confirmations_per_hour {
        return Ok(Verdict::All);
    }
    // before it is sent: a kill in between costs no mail, and gives none more
    tables.write_confirmation(sealed.id, address, domain).await?;
    Ok(Verdict::Send)
}
