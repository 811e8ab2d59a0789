//! The addresses and URLs that attackers try, and the ones that people need.

use super::*;

fn policy(allow: &[&str]) -> AddressPolicy {
    AddressPolicy::new(allow.iter().map(|text| text.parse().unwrap()).collect())
}

fn verdict(policy: &AddressPolicy, url: &str) -> Result<(), Kind> {
    let url = url.parse::<Url>().map_err(|_| Kind::Invalid)?;
    policy.check_url(&url).map_err(|error| error.kind().clone())
}

#[test]
fn disguised_private_addresses_are_refused() {
    let hosts = "
        127.0.0.1 2130706433 0x7f000001 0177.0.0.1 127.1 0 0.0.0.0 0251.0376.0251.0376 0xA9FEA9FE
        127.0.0.1. [::] [::1] [::ffff:169.254.169.254] [::ffff:7f00:1] [64:ff9b::7f00:1]
        [2002:7f00:1::] [::127.0.0.1] [fd00:ec2::254] 168.63.129.16 100.100.100.200 192.0.0.192
        169.254.169.254 metadata.google.internal localhost localhost. LOCALHOST a.localhost
        printer.local intranet １２７.０.０.１ ①②⑦.⓪.⓪.① 127。0。0。1 ok@127.0.0.1 10.0.0.1 192.168.0.1";
    for host in hosts.split_whitespace() {
        let found = verdict(&policy(&[]), &format!("https://{host}/"));
        let expected = match host.contains('@') {
            true => Err(Kind::Invalid),
            false => Err(Kind::Denied("private network")),
        };
        assert_eq!(found, expected, "{host}");
    }
}

#[test]
fn urls_that_are_not_plain_https_are_refused() {
    for url in [
        "http://example.com/",
        "ftp://example.com/",
        "gopher://example.com/",
        "file:///etc/passwd",
        "dict://example.com/",
        "jar:https://example.com/!/",
        "javascript:alert(1)",
        "data:text/plain,x",
        "https://user@example.com/",
        "https://:pass@example.com/",
        "https://425.510.425.510/",
        "https://[fe80::1%25eth0]/",
        "https://exa mple.com/",
        "https://exa\0mple.com/",
    ] {
        assert_eq!(verdict(&policy(&[]), url), Err(Kind::Invalid), "{url}");
    }
    for url in [
        "https://127.0.0.1\\@example.com/",
        "https://127.0.0.1#@example.com/",
        "https://127.0.\t0.1/",
        "https://local\r\nhost/",
    ] {
        let expected = Err(Kind::Denied("private network"));
        assert_eq!(verdict(&policy(&[]), url), expected, "{url}");
    }
    for port in [0, 22, 25, 80, 5432, 6379] {
        let url = format!("https://example.com:{port}/");
        let expected = Err(Kind::Denied("port"));
        assert_eq!(verdict(&policy(&[]), &url), expected, "{url}");
    }
}

#[test]
fn public_https_is_allowed() {
    for url in [
        "https://api.github.com/user",
        "https://ghe.example.com:8443/api/v3",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/",
        "HTTPS://EXAMPLE.COM",
    ] {
        assert_eq!(verdict(&policy(&[]), url), Ok(()), "{url}");
    }
}

#[test]
fn listed_hosts_are_allowed_on_their_port_alone() {
    let policy = policy(&[
        "127.0.0.1:8080",
        "localhost:11434",
        "10.1.2.0/24:443",
        "[fd00::/8]:443",
        "tool.internal:*",
        "example.com:3000",
    ]);
    for url in [
        "http://127.0.0.1:8080/",
        "http://[::ffff:127.0.0.1]:8080/",
        "http://LOCALHOST.:11434/",
        "https://10.1.2.77/",
        "https://[fd12::1]/",
        "http://tool.internal/",
        "https://tool.internal:9999/",
        "https://example.com:3000/",
    ] {
        assert_eq!(verdict(&policy, url), Ok(()), "{url}");
    }
    for url in [
        "http://127.0.0.1/",
        "https://127.0.0.1:8081/",
        "https://localhost:8080/",
        "https://10.1.3.1/",
        "https://10.1.2.77:8443/",
        "https://[fd12::1]:8443/",
        "https://other.internal/",
        "https://example.com:3001/",
        "http://example.com/",
    ] {
        assert!(verdict(&policy, url).is_err(), "{url}");
    }
}

#[test]
fn entries_are_a_host_and_a_port() {
    for text in [
        "127.0.0.1:5432",
        "[::1]:*",
        "10.0.0.0/8:443",
        "db.internal:5432",
    ] {
        assert!(text.parse::<AllowedHost>().is_ok(), "{text}");
    }
    for text in [
        "",
        "localhost",
        ":80",
        "localhost:",
        "localhost:99999",
        "a b:80",
        "10.0.0.0/40:1",
    ] {
        assert!(text.parse::<AllowedHost>().is_err(), "{text}");
    }
    assert_eq!(
        "0x7f.1:80".parse::<AllowedHost>(),
        "127.0.0.1:80".parse::<AllowedHost>()
    );
}

#[test]
fn a_name_is_refused_when_any_of_its_addresses_is_private() {
    let admit = |policy: &AddressPolicy, addresses: &[&str]| {
        let addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
        policy.admit("db.example.com", 5432, addresses).is_ok()
    };
    let open = policy(&[]);
    assert!(admit(&open, &["93.184.216.34", "2606:2800:220:1::1"]));
    assert!(!admit(&open, &[]));
    assert!(!admit(&open, &["127.0.0.1"]));
    assert!(!admit(&open, &["93.184.216.34", "10.0.0.1"]));
    assert!(!admit(&open, &["93.184.216.34", "::ffff:10.0.0.1"]));
    let listed = policy(&["10.0.0.0/8:5432"]);
    assert!(admit(&listed, &["93.184.216.34", "10.0.0.1"]));
    assert!(!admit(&listed, &["10.0.0.1", "192.168.0.1"]));
    assert!(!admit(&policy(&["10.0.0.0/8:5433"]), &["10.0.0.1"]));
    assert!(admit(&policy(&["db.example.com:5432"]), &["192.168.0.1"]));
}

#[tokio::test]
async fn literal_and_local_hosts_are_judged_without_asking_anyone() {
    let kind = async |policy: &AddressPolicy, host: &str| {
        let found = policy.resolve(host, 5432).await;
        found.map_err(|error| error.kind().clone())
    };
    let open = policy(&[]);
    for host in [
        "127.0.0.1",
        "2130706433",
        "::1",
        "[::1]",
        "localhost",
        "db",
        "x.internal",
    ] {
        let expected = Err(Kind::Denied("private network"));
        assert_eq!(kind(&open, host).await, expected, "{host}");
    }
    for host in ["", "a b", "fe80::1%eth0", "/tmp/socket"] {
        assert_eq!(kind(&open, host).await, Err(Kind::Invalid), "{host}");
    }
    let listed = policy(&["127.0.0.1:5432", "localhost:5432"]);
    let found = kind(&listed, "127.1").await;
    assert_eq!(found, Ok(vec!["127.0.0.1:5432".parse().unwrap()]));
    assert!(kind(&listed, "localhost").await.is_ok());
}
