//! A name server that answers as attackers' do: what is public now is private a moment later.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex};

use tokio::net::UdpSocket;

use super::network::PUBLIC;

/// Names that have a private address from the start, or among others.
pub const PRIVATE: [&str; 8] = [
    "inside.example.com",
    "loopback.example.com",
    "mixed.example.com",
    "mixed6.example.com",
    "mapped.example.com",
    "nat64.example.com",
    "alias.example.com",
    "metadata.google.internal",
];
/// Public when it is asked for the first time, and on this machine from then on; TTL 0.
pub const REBINDS: &str = "rebinds";

/// `localhost` as it is written in answers.
const LOCALHOST: &[u8] = b"\x09localhost\x00";

const A: u16 = 1;
const CNAME: u16 = 5;
const AAAA: u16 = 28;

/// Answers forever; `asked` counts how often each name was asked for an IPv4 address.
pub async fn serve(socket: UdpSocket, asked: Arc<Mutex<BTreeMap<String, u32>>>) {
    let mut query = [0; 512];
    while let Ok((length, from)) = socket.recv_from(&mut query).await {
        if let Some(answer) = answer(&query[..length], &asked) {
            socket.send_to(&answer, from).await.ok();
        }
    }
}

fn answer(query: &[u8], asked: &Mutex<BTreeMap<String, u32>>) -> Option<Vec<u8>> {
    let (mut labels, mut at) = (Vec::new(), 12);
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(query.get(at..at + length)?).to_lowercase());
        at += length;
    }
    let kind = u16::from_be_bytes([*query.get(at)?, *query.get(at + 1)?]);
    let question = query.get(12..at + 4)?;
    let name = labels.join(".");
    let before = {
        let mut asked = asked.lock().unwrap();
        let count = asked.entry(name.clone()).or_default();
        *count += u32::from(kind == A);
        *count - u32::from(kind == A)
    };
    let records = records(&name, kind, before);
    let code = if labels.ends_with(&["com".to_owned()]) || !records.is_empty() {
        0x80
    } else {
        0x83
    };
    let mut answer = vec![
        query[0],
        query[1],
        0x85,
        code,
        0,
        1,
        0,
        records.len() as u8,
        0,
        0,
        0,
        0,
    ];
    answer.extend_from_slice(question);
    for (kind, data) in records {
        match kind {
            // The address of what the alias stands for.
            A if labels[0] == "alias" => answer.extend_from_slice(LOCALHOST),
            // The name is the question's.
            _ => answer.extend([0xc0, 12]),
        }
        // The answer is worth nothing a moment later.
        answer.extend(kind.to_be_bytes());
        answer.extend([0, 1, 0, 0, 0, 0]);
        answer.extend((data.len() as u16).to_be_bytes());
        answer.extend(data);
    }
    Some(answer)
}

fn records(name: &str, kind: u16, before: u32) -> Vec<(u16, Vec<u8>)> {
    let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let first = name.split('.').next().unwrap_or_default();
    let addresses = match first {
        "public" => PUBLIC.to_vec(),
        "inside" => vec!["10.0.0.1".parse().unwrap()],
        "loopback" | "localhost" => vec![local],
        "mixed" => vec![PUBLIC[0], local],
        "mixed6" => vec![PUBLIC[0], Ipv6Addr::LOCALHOST.into()],
        "mapped" => vec![Ipv4Addr::LOCALHOST.to_ipv6_mapped().into()],
        "nat64" => vec!["64:ff9b::7f00:1".parse().unwrap()],
        "metadata" => vec!["169.254.169.254".parse().unwrap()],
        "alias" => {
            let mut records = vec![(CNAME, LOCALHOST.to_vec())];
            records.extend((kind == A).then(|| (A, vec![127, 0, 0, 1])));
            return records;
        }
        _ if !first.starts_with(REBINDS) => Vec::new(),
        _ if before == 0 => vec![PUBLIC[0]],
        _ => vec![local],
    };
    addresses
        .into_iter()
        .filter_map(|address| match address {
            IpAddr::V4(v4) if kind == A => Some((A, v4.octets().to_vec())),
            IpAddr::V6(v6) if kind == AAAA => Some((AAAA, v6.octets().to_vec())),
            IpAddr::V4(_) | IpAddr::V6(_) => None,
        })
        .collect()
}
