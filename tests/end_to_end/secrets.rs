//! Passwords where none belong: refused as bad usage, and written nowhere.

use anyhow::Result;
use hashwatch_tests::Hashwatch;

use crate::turn::turn;

const NODE: &str = "http://someone:secretpw@127.0.0.1:1";

#[test]
fn a_password_in_a_url_is_bad_usage_and_is_not_repeated() -> Result<()> {
    let _turn = turn();
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("hashwatch.toml");
    std::fs::write(&config, format!("network = \"regtest\"\n[[node]]\nurl = \"{NODE}\"\nuser = \"x\"\n"))?;
    let config = config.display().to_string();
    let node = ["--rpc-url", "http://127.0.0.1:1", "--rpc-cookie", "/x"];
    let lines: [&[&str]; 6] = [
        &["index", "--once", "--rpc-url", NODE],
        &["run", "--rpc-url", NODE, "--rpc-cookie", "/x"],
        &["run", "--rpc-url", "ftp://someone:secretpw@127.0.0.1"],
        // the variable with the password is not set
        &["index", "--once", "--config", &config],
        &["index", "--once", "--clickhouse-url", "tcp://someone:secretpw@127.0.0.1:1"],
        &["index", "--once", "--clickhouse-url", "http://someone:secretpw@127.0.0.1:1"],
    ];
    let hashwatch = Hashwatch::new()?;
    for line in lines {
        let more: &[&str] = if line.contains(&"--clickhouse-url") { &node } else { &[] };
        let output = hashwatch.command(line[0], [&line[1..], more].concat())?;
        let said = [output.stderr, output.stdout].concat();
        let said = String::from_utf8_lossy(&said);
        assert_eq!(output.status.code(), Some(2), "{line:?}: {said}");
        assert!(!said.contains("secretpw") && said.contains("hashwatch: "), "{line:?}: {said}");
    }
    Ok(())
}
