//! Where a person may make the bot connect: our classifier beside a second reckoning, and URLs as they
//! are checked.

#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use patchbay::net::AddressPolicy;
use patchbay::net::address::is_global;
use url::{Host, Url};

static PUBLIC: LazyLock<AddressPolicy> = LazyLock::new(AddressPolicy::default);

fuzz_target!(|bytes: &[u8]| {
    if let Ok(v6) = <[u8; 16]>::try_from(bytes) {
        same_verdict(IpAddr::from(v6));
        return;
    }
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        same_verdict(IpAddr::from(v4));
        return;
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(url) = text.parse::<Url>() {
        check(&url);
    }
    for scheme in ["https", "http"] {
        if let Ok(url) = format!("{scheme}://{text}").parse::<Url>() {
            check(&url);
        }
    }
});

/// What gets through without an operator's word is https, on a port for that, and public.
fn check(url: &Url) {
    if PUBLIC.check_url(url).is_err() {
        return;
    }
    assert_eq!(url.scheme(), "https", "{url}");
    assert!(matches!(url.port(), None | Some(8443)), "{url}");
    assert!(
        url.username().is_empty() && url.password().is_none(),
        "{url}"
    );
    match url.host().expect("https has a host") {
        Host::Ipv4(v4) => assert!(public_v4(v4.to_bits()), "{url}"),
        Host::Ipv6(v6) => assert!(public_v6(v6.to_bits()), "{url}"),
        Host::Domain(name) => {
            assert!(!is_number(name), "{url}");
            let name = name.trim_end_matches('.');
            let last = name.rsplit('.').next().unwrap_or_default();
            assert!(name.contains('.'), "{url}");
            assert!(!matches!(last, "localhost" | "local" | "internal"), "{url}");
        }
    }
    // Whoever reads the address again reads the same.
    let again: Url = url.as_str().parse().expect("it was written by the parser");
    assert_eq!(again.host(), url.host());
}

/// Whether a C library would read it as an address: at most four numbers, decimal, octal or hexadecimal.
fn is_number(name: &str) -> bool {
    let part = |part: &str| match part.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_hexdigit()),
        None => !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()),
    };
    name.split('.').count() <= 4 && name.split('.').all(part)
}

fn same_verdict(address: IpAddr) {
    let second = match address {
        IpAddr::V4(v4) => public_v4(v4.to_bits()),
        IpAddr::V6(v6) => public_v6(v6.to_bits()),
    };
    assert_eq!(is_global(address), second, "{address}");
    let url = match address {
        IpAddr::V4(v4) => format!("https://{v4}/"),
        IpAddr::V6(v6) => format!("https://[{v6}]/"),
    };
    let url: Url = url.parse().expect("it is an address");
    assert_eq!(PUBLIC.check_url(&url).is_ok(), second, "{url}");
}

/// The first and the last address of each range that is no part of the public internet.
const SPECIAL: [(Ipv4Addr, Ipv4Addr); 15] = [
    range([0, 0, 0, 0], [0, 255, 255, 255]),
    range([10, 0, 0, 0], [10, 255, 255, 255]),
    range([100, 64, 0, 0], [100, 127, 255, 255]),
    range([127, 0, 0, 0], [127, 255, 255, 255]),
    range([168, 63, 129, 16], [168, 63, 129, 16]),
    range([169, 254, 0, 0], [169, 254, 255, 255]),
    range([172, 16, 0, 0], [172, 31, 255, 255]),
    range([192, 0, 0, 0], [192, 0, 0, 255]),
    range([192, 0, 2, 0], [192, 0, 2, 255]),
    range([192, 88, 99, 0], [192, 88, 99, 255]),
    range([192, 168, 0, 0], [192, 168, 255, 255]),
    range([198, 18, 0, 0], [198, 19, 255, 255]),
    range([198, 51, 100, 0], [198, 51, 100, 255]),
    range([203, 0, 113, 0], [203, 0, 113, 255]),
    range([224, 0, 0, 0], [255, 255, 255, 255]),
];

const fn range(first: [u8; 4], last: [u8; 4]) -> (Ipv4Addr, Ipv4Addr) {
    let [a, b, c, d] = first;
    let [w, x, y, z] = last;
    (Ipv4Addr::new(a, b, c, d), Ipv4Addr::new(w, x, y, z))
}

fn public_v4(address: u32) -> bool {
    let address = Ipv4Addr::from_bits(address);
    !SPECIAL
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&address))
}

fn public_v6(address: u128) -> bool {
    let number = |text: &str| text.parse::<Ipv6Addr>().expect("written below").to_bits();
    let within = |first: &str, last: &str| (number(first)..=number(last)).contains(&address);
    let last_four_bytes = address as u32;
    if within("::ffff:0.0.0.0", "::ffff:255.255.255.255")
        || within("64:ff9b::0.0.0.0", "64:ff9b::255.255.255.255")
    {
        return public_v4(last_four_bytes);
    }
    // Only 2000::/3 is handed out, and these parts of it have another purpose.
    address >> 125 == 1
        && !within("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff")
        && !within("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")
        && !within("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
        && !within("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff")
}
