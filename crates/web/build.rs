//! Looks that the site's scripts and styles have been bundled: the binary carries them.

use std::path::Path;

fn main() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    println!("cargo::rerun-if-changed=../../web/dist");
    println!("cargo::rerun-if-changed=../../web/templates");
    for name in ["app.js", "app.css", "theme.js", "server.js"] {
        if !dist.join(name).is_file() {
            println!("cargo::error=web/dist/{name} is missing: run `make assets` first (it needs Node.js)");
        }
    }
}
