//! Which addresses are refused, and in which spellings.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::Ipv4Net;
use proptest::prelude::*;
use url::Host;

use crate::{AllowList, Target, address::special, error::OutboundError, resolve::is_own};

fn what(address: &str) -> Option<&'static str> {
    special(address.parse().unwrap())
}

/// From the IANA registries of special-purpose addresses, and what clouds say of their metadata.
#[test]
fn addresses_of_no_public_host() {
    for (address, expected) in [
        ("0.0.0.0", "unspecified"),
        ("0.255.0.1", "of this network"),
        ("10.0.0.0", "private"),
        ("10.255.255.255", "private"),
        ("100.64.0.1", "shared behind a carrier's NAT"),
        ("100.127.255.255", "shared behind a carrier's NAT"),
        ("100.100.100.200", "of a cloud's metadata"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("168.63.129.16", "of a cloud's metadata"),
        ("169.254.0.1", "link-local"),
        ("169.254.169.254", "of a cloud's metadata"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.0.0.192", "reserved for protocols"),
        ("192.0.2.1", "for documentation"),
        ("192.88.99.1", "of 6to4 relays"),
        ("192.168.1.1", "private"),
        ("198.18.0.1", "for benchmarks"),
        ("198.19.255.255", "for benchmarks"),
        ("198.51.100.7", "for documentation"),
        ("203.0.113.7", "for documentation"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::127.0.0.1", "reserved"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:0:127.0.0.1", "reserved"),
        ("64:ff9b::10.1.2.3", "private"),
        ("64:ff9b:1::1", "reserved"),
        ("100::1", "reserved"),
        ("2001::1", "reserved for protocols"),
        ("2001:2::1", "reserved for protocols"),
        ("2001:db8::1", "for documentation"),
        ("2002:a9fe:a9fe::1", "of a cloud's metadata"),
        ("2620:1::5efe:192.168.0.1", "private"),
        ("2620:1::200:5efe:127.0.0.1", "loopback"),
        ("3fff:fff::1", "for documentation"),
        ("4000::1", "reserved"),
        ("5f00::1", "reserved"),
        ("fc00::1", "private"),
        ("fd00:ec2::254", "of a cloud's metadata"),
        ("fdff::1", "private"),
        ("fe80::1", "link-local"),
        ("fec0::1", "site-local"),
        ("ff02::1", "multicast"),
    ] {
        assert_eq!(what(address), Some(expected), "{address}");
    }
}

/// Also the neighbours of what is refused.
#[test]
fn addresses_of_public_hosts() {
    for address in [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "168.63.129.15",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2001:4860:4860::8888",
        "2002:808:808::1",
        "2606:4700::1111",
        "2a00::1",
        "2620:1::5efe:8.8.8.8",
    ] {
        assert_eq!(what(address), None, "{address}");
    }
}

/// Loopback, which all machines have, stands for an interface's public address, which this one may not have.
#[test]
fn a_machine_knows_its_own_addresses() {
    for (address, own) in [
        ("127.0.0.1", true),
        ("127.8.8.8", true),
        ("::ffff:127.0.0.1", true),
        ("192.31.196.1", false),
        ("2620:4f:8000::1", false),
    ] {
        assert_eq!(is_own(address.parse().unwrap()), own, "{address}");
    }
}

/// What browsers and libraries take for the same host.
fn spellings(address: Ipv4Addr) -> Vec<String> {
    let [a, b, c, d] = address.octets();
    let number = u32::from(address);
    let tail = number & 0xffff;
    let [high, low] = [number >> 16, tail];
    vec![
        format!("{address}"),
        format!("{number}"),
        format!("0x{number:x}"),
        format!("0{number:o}"),
        format!("0x{a:x}.0x{b:X}.{c}.{d}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("{a}.{}", number & 0xff_ffff),
        format!("{a}.{b}.{tail}"),
        format!("{address}."),
        format!("%{:02x}{}", format!("{a}").as_bytes()[0], &format!("{address}")[1..]),
        format!("{address}").replace('.', "\u{3002}"),
        format!("[::ffff:{address}]"),
        format!("[0:0:0:0:0:FFFF:{high:x}:{low:x}]"),
        format!("[64:ff9b::{address}]"),
        format!("[2002:{high:x}:{low:x}::]"),
        format!("[2002:{high:x}:{low:x}:1:2:3:4:5]"),
    ]
}

fn literal(url: &str) -> IpAddr {
    match Target::parse(url).unwrap().host() {
        Some(Host::Ipv4(address)) => address.into(),
        Some(Host::Ipv6(address)) => address.into(),
        other => panic!("{url} is {other:?}"),
    }
}

const PRIVATE: [&str; 15] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "168.63.129.16/32",
];

proptest! {
    #[test]
    fn a_private_address_is_refused_in_all_its_spellings(block in 0..PRIVATE.len(), place: u32) {
        let net: Ipv4Net = PRIVATE[block].parse().unwrap();
        let address = Ipv4Addr::from(u32::from(net.network()) | (place & u32::from(net.hostmask())));
        for spelling in spellings(address) {
            let found = literal(&format!("http://{spelling}/"));
            prop_assert!(special(found).is_some(), "{} is {}", spelling, found);
        }
    }

    #[test]
    fn a_private_address_of_ipv6_is_refused(
        (first, mask) in prop::sample::select(vec![(0xfc00, 0x1ff_u16), (0xfe80, 0x3f), (0xfec0, 0x3f), (0xff00, 0xff)]), rest: u128
    ) {
        let [high, ..] = Ipv6Addr::from(rest).segments();
        let mut segments = Ipv6Addr::from(rest).segments();
        segments[0] = first | (high & mask);
        let address = Ipv6Addr::from(segments);
        let full: Vec<String> = segments.iter().map(|segment| format!("{segment:04X}")).collect();
        for spelling in [address.to_string(), full.join(":")] {
            prop_assert!(special(literal(&format!("https://[{spelling}]/"))).is_some(), "{}", spelling);
        }
    }

    /// By the letter of RFC 4291: what is assigned to hosts begins with the bits 001.
    #[test]
    fn nothing_outside_of_assigned_space_passes_as_ipv6(bits: u128) {
        let address = Ipv6Addr::from(bits);
        if special(address.into()).is_none() {
            prop_assert!(bits >> 125 == 1 || bits >> 96 == 0x64_ff9b << 64 || bits >> 32 == 0xffff, "{}", address);
        }
    }

    #[test]
    fn an_allowed_block_holds_its_addresses_and_no_others(bits in 8..=32_u8, net: u32, address: u32) {
        let net = Ipv4Net::new(net.into(), bits).unwrap();
        let list = AllowList::parse(&[net.to_string()]).unwrap();
        let address = Ipv4Addr::from(address);
        prop_assert_eq!(list.has_address(address.into()), net.contains(&address));
        prop_assert_eq!(list.has_address(address.to_ipv6_mapped().into()), net.contains(&address));
        prop_assert!(list.has_address(net.broadcast().into()) && !list.has_host("example.org"));
    }
}

#[test]
fn entries_of_an_allow_list() {
    let list = AllowList::parse(&["Feeds.Example.org", "10.0.0.7/8", "::1", "[fd00::1]", "192.0.2.1"]).unwrap();
    assert!(list.has_host("feeds.example.org") && list.has_host("feeds.example.org."));
    assert!(!list.has_host("example.org") && !list.has_host("x.feeds.example.org"));
    for (address, is) in [("10.255.0.1", true), ("11.0.0.1", false), ("::1", true), ("::2", false), ("fd00::1", true)] {
        assert_eq!(list.has_address(address.parse().unwrap()), is, "{address}");
    }
    for entry in ["", "10.1", "0x7f.0.0.1", "http://example.org", "10.0.0.0/33", "a b", "\u{1b}[31m", "*.example.org"] {
        let Err(error) = AllowList::parse(&[entry]) else { panic!("{entry:?} is taken") };
        assert!(matches!(error, OutboundError::Allow { .. }) && !error.to_string().contains('\u{1b}'), "{error}");
    }
}
