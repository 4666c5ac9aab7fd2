//! Whether a mail may ask an address to confirm. What is too much for an address comes to nothing, and nobody but its mailbox can learn of
//! it.

use crate::{DeliveryError, Subscribers, rows::SecretsRow};

/// What becomes of a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Its mail is sent. It is counted.
    Send,
    /// It comes to nothing.
    Nothing,
}

/// Each wish is counted once, however often its mail is tried, and whichever process tries.
pub(crate) async fn verdict(subscribers: &Subscribers, sealed: &SecretsRow) -> Result<Verdict, DeliveryError> {
    let (tables, limits) = (subscribers.tables(), subscribers.limits());
    let address = sealed.address_mark;
    let asked = tables.confirmations(sealed.id, address).await?;
    if asked.own > 0 {
        return Ok(Verdict::Send);
    }
    let has = tables.of_address(address).await?;
    if asked.of_address >= limits.confirmations_per_address_day || has >= limits.subscriptions_per_address {
        return Ok(Verdict::Nothing);
    }
    // before it is sent: a kill in between costs no mail, and gives none more
    tables.write_confirmation(sealed.id, address).await?;
    Ok(Verdict::Send)
}
