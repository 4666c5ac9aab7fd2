//! What an operator lets be reached although it is no public host.

use std::net::IpAddr;

use ipnet::IpNet;
use url::Host;

use crate::{OutboundError, Target, address::carried};

/// Hosts by name, and blocks of addresses. Empty, it allows nothing but public hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowList {
    hosts: Vec<String>,
    blocks: Vec<IpNet>,
}

impl AllowList {
    /// Reads entries such as `feeds.example.org` (that name alone, wherever it leads), `10.1.2.3`, `::1` or `10.0.0.0/8`.
    ///
    /// # Errors
    /// The first entry that is none of these.
    pub fn parse<T: AsRef<str>>(entries: &[T]) -> Result<AllowList, OutboundError> {
        let mut list = AllowList::default();
        for entry in entries.iter().map(AsRef::as_ref) {
            let refuse = || OutboundError::Allow { entry: entry.escape_debug().take(80).collect() };
            if let Ok(block) = entry.parse::<IpNet>() {
                list.blocks.push(block.trunc());
            } else if let Ok(address) = entry.parse::<IpAddr>() {
                list.blocks.push(address.into());
            } else {
                match Host::parse(entry) {
                    // a name that holds others, as *.example.org, is none
                    Ok(Host::Domain(name)) if !name.contains('*') => {
                        list.hosts.push(name.trim_end_matches('.').to_owned());
                    }
                    Ok(Host::Ipv6(address)) => list.blocks.push(IpAddr::from(address).into()),
                    // an address in an odd spelling, such as 10.1: say it plainly
                    Ok(Host::Ipv4(_) | Host::Domain(_)) | Err(_) => return Err(refuse()),
                }
            }
        }
        Ok(list)
    }

    /// Whether the host of a target is in it, by name or as an address: as far as its text alone goes.
    pub fn names(&self, target: &Target) -> bool {
        match target.host() {
            Some(Host::Domain(name)) => self.has_host(name),
            Some(Host::Ipv4(address)) => self.has_address(address.into()),
            Some(Host::Ipv6(address)) => self.has_address(address.into()),
            None => false,
        }
    }

    pub(crate) fn has_host(&self, name: &str) -> bool {
        let name = name.trim_end_matches('.');
        self.hosts.iter().any(|host| host == name)
    }

    /// Also where the address is of IPv6 and leads to one of IPv4 that is allowed.
    pub(crate) fn has_address(&self, address: IpAddr) -> bool {
        let within = |address: IpAddr| self.blocks.iter().any(|block| block.contains(&address));
        let leads_to = match address {
            IpAddr::V6(address) => carried(address),
            IpAddr::V4(_) => None,
        };
        within(address) || leads_to.is_some_and(|address| within(address.into()))
    }
}
