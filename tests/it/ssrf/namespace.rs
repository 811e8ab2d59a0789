//! A test that runs in a network of its own, where every address there is belongs to the test.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Set for the test inside: a folder with what it needs.
const INSIDE: &str = "PATCHBAY_TEST_INSIDE";

/// A machine where nobody may make a network says so with this; without it such a test fails.
const CANNOT: &str = "PATCHBAY_TEST_NO_NAMESPACES";

/// How a network namespace is made: as root, or as root of a user namespace.
const WAYS: [&[&str]; 2] = [
    &["--net", "--mount"],
    &["--user", "--map-root-user", "--net", "--mount"],
];

/// Makes every address local, and asks of all names in there the test's own name server.
const SET_UP: &str = r#"
    ip link set lo up
    ip route add local 0.0.0.0/0 dev lo
    ip -6 route add local ::/0 dev lo
    for file in resolv.conf nsswitch.conf hosts; do
        test ! -e /etc/$file || mount --bind "$1/$file" /etc/$file
    done
    shift
    exec "$@"
"#;

/// What the environment says that must change nothing.
const MISLEADING: [(&str, &str); 12] = [
    ("HTTP_PROXY", "http://127.0.0.1:3128"),
    ("HTTPS_PROXY", "http://127.0.0.1:3128"),
    ("ALL_PROXY", "http://127.0.0.1:3128"),
    ("http_proxy", "http://127.0.0.1:3128"),
    ("https_proxy", "http://127.0.0.1:3128"),
    ("all_proxy", "http://127.0.0.1:3128"),
    ("PGHOST", "127.0.0.1"),
    ("PGHOSTADDR", "127.0.0.1"),
    ("PGPORT", "6379"),
    ("PGUSER", "somebody"),
    ("PGSSLMODE", "disable"),
    ("PGOPTIONS", "-c search_path=elsewhere"),
];

/// Runs `inside` in a network of its own: starts the test `name` of this binary once more, there.
pub fn inside<T: Future<Output = ()>>(name: &str, inside: impl FnOnce(Folder) -> T) {
    if let Some(folder) = variable(INSIDE) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(inside(Folder(folder)));
        return;
    }
    let Some(way) = WAYS.into_iter().find(|way| works(way)) else {
        assert!(
            variable(CANNOT).is_some(),
            "This test needs a network namespace, and neither root nor `unshare --user` may make one here: \
             run it as root or with user namespaces allowed, or set {CANNOT}=1 if this machine cannot have them."
        );
        eprintln!("not run: {CANNOT} is set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    furnish(folder.path());
    let status = Command::new("unshare")
        .args(way)
        .args(["sh", "-euc", SET_UP, "sh"])
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(INSIDE, folder.path())
        .env("SSL_CERT_FILE", folder.path().join("cert.pem"))
        .env("PGSSLROOTCERT", folder.path().join("cert.pem"))
        .env_remove("SSL_CERT_DIR")
        .envs(MISLEADING)
        .status()
        .unwrap();
    assert!(status.success(), "it failed in its own network, see above");
}

/// What a test inside has beside its network.
pub struct Folder(OsString);

impl Folder {
    /// The certificate that the public server shows, and its key.
    pub fn certificate(&self) -> (Vec<u8>, Vec<u8>) {
        let read = |name| fs::read(Path::new(&self.0).join(name)).unwrap();
        (read("cert.pem"), read("key.pem"))
    }
}

fn works(way: &[&str]) -> bool {
    let trying = Command::new("unshare")
        .args(way)
        .args(["ip", "link", "set", "lo", "up"])
        .stderr(Stdio::null())
        .status();
    trying.is_ok_and(|status| status.success())
}

fn furnish(folder: &Path) {
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write(
        "resolv.conf",
        "nameserver 192.0.2.53\noptions timeout:1 attempts:2\n",
    );
    write("nsswitch.conf", "hosts: files dns\n");
    write("hosts", "127.0.0.1 localhost\n");
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
        ])
        .args([
            "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2",
        ])
        .args(["-subj", "/CN=public.example.com"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args([
            "-addext",
            "subjectAltName=DNS:*.example.com,IP:93.184.216.34",
        ])
        .current_dir(folder)
        .stderr(Stdio::null())
        .status();
    assert!(made.unwrap().success(), "openssl makes no certificate");
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}
