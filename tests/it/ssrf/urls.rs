//! The addresses inside, in every notation that is known to fool a check.

use std::net::IpAddr;

/// A URL that must lead nowhere.
pub struct Vector {
    pub url: String,
    /// Where a client without a guard goes; nowhere when the URL is none.
    pub leads_to: Option<IpAddr>,
}

/// Hosts, and the address that each comes to.
pub const HOSTS: [(&str, &str); 42] = [
    ("127.0.0.1", "127.0.0.1"),
    ("2130706433", "127.0.0.1"),
    ("0x7f000001", "127.0.0.1"),
    ("0177.0.0.1", "127.0.0.1"),
    ("127.1", "127.0.0.1"),
    ("127.0.0.1.", "127.0.0.1"),
    ("127.8.9.10", "127.8.9.10"),
    ("0", "127.0.0.1"),
    ("0.0.0.0", "127.0.0.1"),
    ("0251.0376.0251.0376", "169.254.169.254"),
    ("0xA9FEA9FE", "169.254.169.254"),
    ("169.254.169.254", "169.254.169.254"),
    ("168.63.129.16", "168.63.129.16"),
    ("100.100.100.200", "100.100.100.200"),
    ("192.0.0.192", "192.0.0.192"),
    ("10.0.0.1", "10.0.0.1"),
    ("172.16.0.1", "172.16.0.1"),
    ("192.168.0.1", "192.168.0.1"),
    ("198.18.0.1", "198.18.0.1"),
    ("[::]", "::1"),
    ("[::1]", "::1"),
    ("[0:0:0:0:0:0:0:1]", "::1"),
    ("[::ffff:169.254.169.254]", "169.254.169.254"),
    ("[::ffff:7f00:1]", "127.0.0.1"),
    ("[64:ff9b::7f00:1]", "64:ff9b::7f00:1"),
    ("[64:ff9b:1::7f00:1]", "64:ff9b:1::7f00:1"),
    ("[2002:7f00:1::]", "2002:7f00:1::"),
    ("[2001:0:1:2:3:4:80ff:fffe]", "2001:0:1:2:3:4:80ff:fffe"),
    ("[::127.0.0.1]", "::127.0.0.1"),
    ("[::ffff:0:127.0.0.1]", "::ffff:0:127.0.0.1"),
    ("[fd00:ec2::254]", "fd00:ec2::254"),
    ("[fc00::1]", "fc00::1"),
    ("[fec0::1]", "fec0::1"),
    ("localhost", "127.0.0.1"),
    ("localhost.", "127.0.0.1"),
    ("LOCALHOST", "127.0.0.1"),
    ("metadata.google.internal", "169.254.169.254"),
    ("１２７.０.０.１", "127.0.0.1"),
    ("①②⑦.⓪.⓪.①", "127.0.0.1"),
    ("127。0。0。1", "127.0.0.1"),
    ("loc\u{ad}alhost", "127.0.0.1"),
    ("%31%32%37.0.0.1", "127.0.0.1"),
];

/// Whole URLs: more than the host is odd about them.
const ODD: [(&str, &str); 13] = [
    ("http://user:pass@127.0.0.1/", "127.0.0.1"),
    ("http://public.example.com@127.0.0.1/", "127.0.0.1"),
    ("http://127.0.0.1\\@public.example.com/", "127.0.0.1"),
    ("http://127.0.0.1#@public.example.com/", "127.0.0.1"),
    ("http://127.0.0.1?@public.example.com/", "127.0.0.1"),
    ("http:\\\\127.0.0.1\\", "127.0.0.1"),
    ("http:127.0.0.1", "127.0.0.1"),
    ("http://127.0.\t0.1/", "127.0.0.1"),
    ("http://local\r\nhost/", "127.0.0.1"),
    ("http://127.0.0.1:22/", "127.0.0.1"),
    ("http://127.0.0.1:25/", "127.0.0.1"),
    ("http://127.0.0.1:6379/", "127.0.0.1"),
    ("https://[::1]:8443/", "::1"),
];

/// Not a URL, or none that HTTP goes to.
const NOWHERE: [&str; 12] = [
    "https://425.510.425.510/",
    "https://[fe80::1%25eth0]/",
    "https://127.0.0.1:0x50/",
    "https://127.0.0.1\0.example.com/",
    "https://exa mple.com/",
    "gopher://127.0.0.1:6379/_INFO",
    "dict://127.0.0.1:6379/INFO",
    "ftp://127.0.0.1/",
    "file:///etc/passwd",
    "jar:http://127.0.0.1!/",
    "unix:///var/run/docker.sock",
    "//127.0.0.1/",
];

/// All of them, over http and https.
pub fn vectors() -> Vec<Vector> {
    let leading = |url: String, to: &str| Vector {
        url,
        leads_to: Some(to.parse().unwrap()),
    };
    let schemes = ["http", "https"];
    let hosts = HOSTS
        .iter()
        .flat_map(|(host, to)| schemes.map(|scheme| leading(format!("{scheme}://{host}/"), to)));
    let odd = ODD.iter().map(|(url, to)| leading((*url).to_owned(), to));
    let nowhere = NOWHERE.iter().map(|url| Vector {
        url: (*url).to_owned(),
        leads_to: None,
    });
    hosts.chain(odd).chain(nowhere).collect()
}
