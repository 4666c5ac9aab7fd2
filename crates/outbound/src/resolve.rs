//! From a host to the addresses that may be connected to. The only way to [`Checked`].

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    pin::Pin,
};

use url::Host;

use crate::{AllowList, OutboundError, Target, address::special, lookups};

/// Addresses of one host that are looked at and tried.
const MOST_ADDRESSES: usize = 16;

pub(crate) type Resolving<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Names to addresses.
pub(crate) trait Resolve: Send + Sync {
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a>;
}

/// As the machine does it.
pub(crate) struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a> {
        Box::pin(lookups::SYSTEM.resolve(name))
    }
}

/// Addresses that have passed: what is connected to is never looked up again.
#[derive(Debug)]
pub(crate) struct Checked(Vec<SocketAddr>);

impl Checked {
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.0
    }
}

/// Resolves the host, unless it is an address, and looks at each address. One that is no public host's refuses them all: an
/// honest name has none, and one that mixes them is made to get through.
pub(crate) async fn check(
    target: &Target,
    allowed: &AllowList,
    resolver: &dyn Resolve,
) -> Result<Checked, OutboundError> {
    let no_host = |reason: &str| OutboundError::Resolve { target: target.to_string(), reason: reason.to_owned() };
    let (addresses, trusted) = match target.host() {
        Some(Host::Ipv4(address)) => (vec![IpAddr::from(address)], false),
        Some(Host::Ipv6(address)) => (vec![IpAddr::from(address)], false),
        Some(Host::Domain(name)) => {
            let found = resolver.resolve(name).await.map_err(|error| no_host(&error.to_string()))?;
            (found, allowed.has_host(name))
        }
        None => return Err(no_host("there is none")),
    };
    if addresses.is_empty() || addresses.len() > MOST_ADDRESSES {
        return Err(no_host(if addresses.is_empty() { "it has no address" } else { "it has too many addresses" }));
    }
    for address in addresses.iter().filter(|address| !trusted && !allowed.has_address(**address)) {
        let own = || is_own(*address).then_some("this machine's own");
        if let Some(what) = special(*address).or_else(own) {
            return Err(OutboundError::Refused { target: target.to_string(), address: *address, what });
        }
    }
    Ok(Checked(addresses.into_iter().map(|address| SocketAddr::new(address, target.port())).collect()))
}

/// Whether it is an address of this machine, public as it may look: what listens there is often kept from the world by a packet
/// filter alone, which lets the machine itself through.
pub(crate) fn is_own(address: IpAddr) -> bool {
    let binds = |address: IpAddr| UdpSocket::bind((address, 0)).is_ok();
    // where any address can be bound (the kernel's ip_nonlocal_bind), so can one of documentation, and it shows nothing
    let nobodys = match address {
        IpAddr::V4(_) => IpAddr::from(Ipv4Addr::new(192, 0, 2, 1)),
        IpAddr::V6(_) => IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
    };
    binds(address) && !binds(nobodys)
}
