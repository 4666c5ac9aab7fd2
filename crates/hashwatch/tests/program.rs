//! The program as it is built. Cargo builds it for this with all that the workspace's tests are built with, so that those from end to
//! end find it beside them.

use std::process::Command;

#[test]
fn it_says_its_name_and_version() {
    let said = Command::new(env!("CARGO_BIN_EXE_hashwatch")).arg("--version").output().expect("it runs");
    assert!(said.status.success());
    assert_eq!(String::from_utf8_lossy(&said.stdout), format!("hashwatch {}\n", env!("CARGO_PKG_VERSION")));
}
