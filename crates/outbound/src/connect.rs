//! A connection to one of the addresses that were checked, encrypted where the target says so.

use std::{io, sync::Arc, time::Duration};

use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_rustls::TlsConnector;
use url::Host;

use crate::{OutboundError, Target, resolve::Checked};

/// Either end of what HTTP is spoken over.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// The authorities that the system trusts.
pub(crate) fn system_authorities() -> RootCertStore {
    let mut authorities = RootCertStore::empty();
    // one that cannot be read is one less; without any, every https answer is refused by name
    authorities.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    authorities
}

pub(crate) fn tls(authorities: RootCertStore) -> Result<TlsConnector, OutboundError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = config.with_root_certificates(authorities).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Tries the addresses in turn; each has its share of the time that is left.
pub(crate) async fn connect(
    target: &Target,
    checked: &Checked,
    tls: &TlsConnector,
    within: Duration,
) -> Result<Box<dyn Wire>, OutboundError> {
    let end = Instant::now() + within;
    let mut reason = String::new();
    let addresses = checked.addresses();
    for (tried, address) in addresses.iter().enumerate() {
        let left = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        let share = end.saturating_duration_since(Instant::now()) / left;
        let attempt = async {
            let plain = TcpStream::connect(address).await?;
            plain.set_nodelay(true)?;
            encrypted(target, plain, tls).await
        };
        match timeout(share, attempt).await {
            Ok(Ok(wire)) => return Ok(wire),
            Ok(Err(error)) => reason = error.to_string(),
            // not after how long: it differs by a little each time, and who has told it once tells it once
            Err(_) => reason = format!("nothing from {address} in time"),
        }
    }
    Err(OutboundError::Connect { target: target.to_string(), reason })
}

async fn encrypted(target: &Target, plain: TcpStream, tls: &TlsConnector) -> io::Result<Box<dyn Wire>> {
    if !target.is_encrypted() {
        return Ok(Box::new(plain));
    }
    let name = match target.host() {
        Some(Host::Domain(name)) => ServerName::try_from(name.trim_end_matches('.').to_owned()),
        Some(Host::Ipv4(address)) => Ok(ServerName::IpAddress(address.into())),
        Some(Host::Ipv6(address)) => Ok(ServerName::IpAddress(address.into())),
        None => ServerName::try_from(String::new()),
    };
    let name = name.map_err(|_| io::Error::other("its name cannot stand in a certificate"))?;
    Ok(Box::new(tls.connect(name, plain).await?))
}
