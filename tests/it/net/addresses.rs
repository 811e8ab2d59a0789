//! What is public: our classifier against Python's and ipaddr.js's, with every difference explained.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::process::{Command, Stdio};

use ipnet::IpNet;
use patchbay::net::address::is_global;

/// The special-purpose registries of IANA (2025-10), multicast, and what was withdrawn: where
/// classifiers differ, they differ at these.
const NETS: &str = "
    0.0.0.0/8 0.0.0.0/32 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16
    172.16.0.0/12 192.0.0.0/24 192.0.0.0/29 192.0.0.8/32 192.0.0.9/32 192.0.0.10/32 192.0.0.170/32
    192.0.0.171/32 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.88.99.2/32
    192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4
    240.0.0.0/4 255.255.255.255/32
    ::1/128 ::/128 ::/96 ::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64
    100:0:0:1::/64 2000::/3 2001::/23 2001::/32 2001:1::1/128 2001:1::2/128 2001:1::3/128
    2001:2::/48 2001:3::/32 2001:4:112::/48 2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32
    2002::/16 2620:4f:8000::/48 3ffe::/16 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8";

/// A range that somebody judges otherwise than we do, and why ours is meant. Python is whichever is
/// installed, and versions of it differ; of ipaddr.js there is one.
struct Difference {
    nets: &'static str,
    ours: bool,
    others: &'static [&'static str],
    why: &'static str,
}

const BOTH: &[&str] = &["python", "ipaddr.js"];
const PYTHON: &[&str] = &["python"];
const IPADDR: &[&str] = &["ipaddr.js"];

const DIFFERENCES: [Difference; 9] = [
    Difference {
        nets: "::/3 4000::/2 8000::/1",
        ours: false,
        others: BOTH,
        why: "IANA has handed out nothing but 2000::/3 (IPv6 address space registry), so whatever \
              answers elsewhere is inside somebody's network",
    },
    Difference {
        nets: "::ffff:0:0/96",
        ours: true,
        others: BOTH,
        why: "a socket takes these for the IPv4 address in them, and so do we (RFC 4291, 2.5.5.2)",
    },
    Difference {
        nets: "64:ff9b::/96",
        ours: true,
        others: IPADDR,
        why: "where there is only IPv6, public IPv4 is reached through these (RFC 6052, 2.1)",
    },
    Difference {
        nets: "168.63.129.16/32",
        ours: false,
        others: BOTH,
        why: "Azure's platform services answer here, from inside every virtual machine",
    },
    Difference {
        nets: "192.0.0.0/24",
        ours: false,
        others: PYTHON,
        why: "for protocols alone (RFC 6890), and one cloud has its metadata at 192.0.0.192; \
              Python before 3.13 knows parts of it",
    },
    Difference {
        nets: "192.88.99.0/24 2002::/16",
        ours: false,
        others: PYTHON,
        why: "6to4 and its relays are withdrawn (RFC 7526) and lead to any IPv4 address",
    },
    Difference {
        nets: "192.31.196.0/24 192.52.193.0/24 192.175.48.0/24 2620:4f:8000::/48",
        ours: true,
        others: IPADDR,
        why: "public and routed like others, though for a purpose (AS112, AMT): RFC 7534, 7535, 7450",
    },
    Difference {
        nets: "2001::/23",
        ours: false,
        others: PYTHON,
        why: "for protocols alone (RFC 2928); parts of it are reachable, and no service is there; \
              Python knows them since 3.13",
    },
    Difference {
        nets: "3fff::/20",
        ours: false,
        others: BOTH,
        why: "for documentation (RFC 9637), which is younger than some classifiers",
    },
];

#[test]
fn the_classifier_agrees_with_two_others_on_a_million_addresses() {
    let addresses = addresses();
    assert!(addresses.len() >= 1_000_000);
    let records: Vec<u8> = addresses.iter().flat_map(record).collect();
    let peers = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers");
    let python = asked("python3", &format!("{peers}/addresses.py"), records.clone());
    let javascript = asked("node", &format!("{peers}/addresses.mjs"), records);
    let others = [
        ("python", python.join().unwrap()),
        ("ipaddr.js", javascript.join().unwrap()),
    ];

    let mut met = BTreeSet::new();
    let mut unexplained = Vec::new();
    for (other, verdicts) in &others {
        assert_eq!(verdicts.len(), addresses.len(), "{other} judged");
        for (address, verdict) in addresses.iter().zip(verdicts) {
            let (ours, theirs) = (is_global(*address), *verdict == b'1');
            if ours == theirs {
                continue;
            }
            let known = DIFFERENCES.iter().position(|difference| {
                difference.ours == ours
                    && difference.others.contains(other)
                    && difference.covers(*address)
            });
            match known {
                Some(index) => drop(met.insert(index)),
                None => {
                    unexplained.push(format!("{address}: we say {ours}, {other} says {theirs}"));
                }
            }
        }
    }
    let (count, some) = (unexplained.len(), unexplained.iter().take(40));
    assert!(
        count == 0,
        "{count} differences are not explained: {:#?}",
        some.collect::<Vec<_>>()
    );
    for (index, difference) in DIFFERENCES.iter().enumerate() {
        let (nets, why) = (difference.nets, difference.why);
        assert!(
            met.contains(&index) || difference.others == PYTHON,
            "nobody differs in {nets} any more: {why}"
        );
    }
}

impl Difference {
    fn covers(&self, address: IpAddr) -> bool {
        nets(self.nets).any(|net| net.contains(&address))
    }
}

/// Addresses that carry an IPv4 one are as public as that one.
#[test]
fn carried_addresses_are_judged_by_themselves() {
    let mut random = Random(7);
    for _ in 0..100_000 {
        let carried = random.within(&"0.0.0.0/0".parse().unwrap());
        let IpAddr::V4(v4) = carried else {
            unreachable!()
        };
        let [a, b, c, d] = v4.octets();
        let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        for carrier in [
            v4.to_ipv6_mapped(),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
        ] {
            assert_eq!(is_global(carrier.into()), is_global(carried), "{carrier}");
        }
        for carrier in [
            Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            Ipv6Addr::new(0x2001, 0, 0x4136, 0xe378, 0, 0, !high, !low),
            Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low),
        ] {
            assert!(!is_global(carrier.into()), "{carrier}");
        }
    }
}

/// Both sides of every boundary, and a million more: everywhere, and inside the special ranges.
fn addresses() -> Vec<IpAddr> {
    let nets: Vec<IpNet> = nets(NETS).collect();
    let mut addresses: Vec<IpAddr> = nets.iter().flat_map(boundaries).collect();
    let everywhere: [IpNet; 3] = ["0.0.0.0/0", "::/0", "2000::/3"].map(|net| net.parse().unwrap());
    let mut random = Random(1);
    for round in 0..500_000 {
        addresses.push(random.within(&everywhere[round % everywhere.len()]));
        addresses.push(random.within(&nets[round % nets.len()]));
    }
    addresses
}

fn nets(text: &str) -> impl Iterator<Item = IpNet> {
    text.split_whitespace().map(|net| net.parse().unwrap())
}

fn boundaries(net: &IpNet) -> Vec<IpAddr> {
    let (first, last): (u128, u128) = match net {
        IpNet::V4(net) => (
            net.network().to_bits().into(),
            net.broadcast().to_bits().into(),
        ),
        IpNet::V6(net) => (net.network().to_bits(), net.broadcast().to_bits()),
    };
    // What is before the first address of all, or after the last, is none.
    let address = |bits: u128| match net {
        IpNet::V4(_) => u32::try_from(bits)
            .ok()
            .map(|bits| Ipv4Addr::from_bits(bits).into()),
        IpNet::V6(_) => Some(Ipv6Addr::from_bits(bits).into()),
    };
    let bits = [
        first.checked_sub(1),
        Some(first),
        Some(last),
        last.checked_add(1),
    ];
    bits.into_iter().flatten().filter_map(address).collect()
}

/// SplitMix64: the same addresses every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn within(&mut self, net: &IpNet) -> IpAddr {
        let bits = u128::from(self.next()) << 64 | u128::from(self.next());
        match net {
            IpNet::V4(net) => {
                let host = bits as u32 & net.hostmask().to_bits();
                Ipv4Addr::from_bits(net.network().to_bits() | host).into()
            }
            IpNet::V6(net) => {
                let host = bits & net.hostmask().to_bits();
                Ipv6Addr::from_bits(net.network().to_bits() | host).into()
            }
        }
    }
}

fn record(address: &IpAddr) -> [u8; 17] {
    let mut record = [0; 17];
    match address {
        IpAddr::V4(v4) => {
            record[0] = 4;
            record[13..].copy_from_slice(&v4.octets());
        }
        IpAddr::V6(v6) => {
            record[0] = 6;
            record[1..].copy_from_slice(&v6.octets());
        }
    }
    record
}

/// A verdict for each record, from a program of somebody else's making.
fn asked(program: &str, script: &str, records: Vec<u8>) -> std::thread::JoinHandle<Vec<u8>> {
    let mut child = Command::new(program)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} does not start: {error}"));
    std::thread::spawn(move || {
        // Both read everything before they write anything.
        child.stdin.take().unwrap().write_all(&records).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        output.stdout
    })
}
