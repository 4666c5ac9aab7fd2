//! Whose link it is, and what its holder sees.

use crate::{
    Channel, ChannelKind, DeliveryError, Managed, State, Subscribers, SubscriptionId, filter,
    rows::{SecretsRow, SubscriptionRow},
    token::{Purpose, Token},
};

impl Subscribers {
    /// Whose token this is, where it is for one of these purposes.
    pub(crate) async fn holder(
        &self,
        token: &str,
        purposes: &[Purpose],
    ) -> Result<Option<(SubscriptionRow, SecretsRow)>, DeliveryError> {
        let Some(token) = Token::read(token) else { return Ok(None) };
        let sealed = self.inner.tables.by_token(token.hash()).await?;
        let is = |sealed: &SecretsRow, purpose: &Purpose| match purpose {
            Purpose::Confirm => token.is(&sealed.confirm_hash),
            Purpose::Manage => token.is(&sealed.manage_hash),
            Purpose::Unsubscribe => token.is(&sealed.unsubscribe_hash),
        };
        let Some(sealed) = sealed.into_iter().find(|sealed| purposes.iter().any(|purpose| is(sealed, purpose))) else {
            return Ok(None);
        };
        let row = self.inner.tables.subscription(sealed.id).await?;
        Ok(row.filter(|row| row.state != State::Gone.name()).map(|row| (row, sealed)))
    }

    pub(crate) fn shown(&self, row: &SubscriptionRow, sealed: &SecretsRow) -> Result<Managed, DeliveryError> {
        let secrets = self.opened(sealed)?;
        let damaged = |reason| DeliveryError::Damaged { id: SubscriptionId(row.id).to_string(), reason };
        let kind = ChannelKind::from_name(&row.channel).ok_or_else(|| damaged("it has no channel"))?;
        let channel = match kind {
            ChannelKind::Mail => Channel::Mail,
            ChannelKind::Digest => Channel::Digest,
            ChannelKind::Webhook(format) => Channel::Webhook { url: secrets.target.clone(), format },
        };
        let webhook = matches!(kind, ChannelKind::Webhook(_));
        Ok(Managed {
            id: SubscriptionId(row.id),
            token: secrets.token(Purpose::Manage).text(),
            address_hint: secrets.address.hint(),
            filter: filter::from_text(&row.filter).ok_or_else(|| damaged("its filter cannot be read"))?,
            channel,
            signing_key: if webhook { secrets.signing_key } else { String::new() },
        })
    }
}
