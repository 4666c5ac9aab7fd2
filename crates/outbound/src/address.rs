//! Which addresses are no public host's.
//!
//! Sources: the IANA registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890 and its updates), and of IPv6 global
//! unicast space, of which 2000::/3 is all that is assigned. An address that carries an IPv4 address is what that one is.
//! Prefixes by which a network of its own translates to IPv4 (RFC 6052, section 2.2) are known to that network alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// Blocks of IPv4 and what they are for, the narrower before those that hold them.
const IPV4: [(Ipv4Net, &str); 21] = [
    (v4([0, 0, 0, 0], 32), "unspecified"),
    (v4([0, 0, 0, 0], 8), "of this network"),
    (v4([10, 0, 0, 0], 8), "private"),
    (v4([100, 100, 100, 200], 32), "of a cloud's metadata"),
    (v4([100, 64, 0, 0], 10), "shared behind a carrier's NAT"),
    (v4([127, 0, 0, 0], 8), "loopback"),
    (v4([169, 254, 169, 254], 32), "of a cloud's metadata"),
    (v4([169, 254, 0, 0], 16), "link-local"),
    // Azure's, in public space: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
    (v4([168, 63, 129, 16], 32), "of a cloud's metadata"),
    (v4([172, 16, 0, 0], 12), "private"),
    (v4([192, 0, 0, 0], 24), "reserved for protocols"),
    (v4([192, 0, 2, 0], 24), "for documentation"),
    (v4([192, 52, 193, 0], 24), "of multicast relays"),
    (v4([192, 88, 99, 0], 24), "of 6to4 relays"),
    (v4([192, 168, 0, 0], 16), "private"),
    (v4([198, 18, 0, 0], 15), "for benchmarks"),
    (v4([198, 51, 100, 0], 24), "for documentation"),
    (v4([203, 0, 113, 0], 24), "for documentation"),
    (v4([224, 0, 0, 0], 4), "multicast"),
    (v4([255, 255, 255, 255], 32), "broadcast"),
    (v4([240, 0, 0, 0], 4), "reserved"),
];

/// Blocks of IPv6 and what they are for, before the rule that all of it outside of 2000::/3 is no public host's.
const IPV6: [(Ipv6Net, &str); 10] = [
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), "unspecified"),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "loopback"),
    (v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128), "of a cloud's metadata"),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "private"),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "link-local"),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), "site-local"),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "multicast"),
    // Teredo, benchmarks, ORCHID and what else is no host's
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), "reserved for protocols"),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "for documentation"),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "for documentation"),
];

/// All that is assigned to hosts.
const GLOBAL_UNICAST: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
/// IPv4 as sockets of IPv6 name it (RFC 4291, section 2.5.5.2).
const MAPPED: Ipv6Net = v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96);
/// IPv4 by translation (RFC 6052).
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);
/// IPv4 by tunnel (RFC 3056).
const SIX_TO_FOUR: Ipv6Net = v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16);

const fn v4(address: [u8; 4], bits: u8) -> Ipv4Net {
    let [a, b, c, d] = address;
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), bits)
}

const fn v6(address: [u16; 8], bits: u8) -> Ipv6Net {
    let [a, b, c, d, e, f, g, h] = address;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), bits)
}

/// What an address is for, if it is no public host's.
pub(crate) fn special(address: IpAddr) -> Option<&'static str> {
    let address = match address {
        IpAddr::V4(address) => return special_v4(address),
        IpAddr::V6(address) => address,
    };
    if let Some(carried) = carried(address) {
        return special_v4(carried);
    }
    let block = IPV6.iter().find(|(net, _)| net.contains(&address)).map(|(_, what)| *what);
    block.or_else(|| (!GLOBAL_UNICAST.contains(&address)).then_some("reserved"))
}

fn special_v4(address: Ipv4Addr) -> Option<&'static str> {
    IPV4.iter().find(|(net, _)| net.contains(&address)).map(|(_, what)| *what)
}

/// The IPv4 address that one of IPv6 leads to.
pub(crate) fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let octets = address.octets();
    let at = |from: usize| Ipv4Addr::new(octets[from], octets[from + 1], octets[from + 2], octets[from + 3]);
    // ISATAP (RFC 5214, section 6.1), below any prefix
    let isatap = matches!(octets[8..12], [0 | 2, 0, 0x5e, 0xfe]) && GLOBAL_UNICAST.contains(&address);
    if MAPPED.contains(&address) || NAT64.contains(&address) {
        Some(at(12))
    } else if SIX_TO_FOUR.contains(&address) {
        Some(at(2))
    } else {
        isatap.then(|| at(12))
    }
}
