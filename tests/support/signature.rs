//! Webhooks' signatures, as docs/subscriptions.md says that a receiver looks at them: with openssl, not with our own code.

use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};

/// How old a signature may be.
const TOLERANCE: Duration = Duration::from_secs(300);

/// Whether a header `Hashwatch-Signature` is that of the body under a key, and of now.
pub fn is_signed(header: &str, body: &str, key: &str) -> Result<bool> {
    let fields = header.strip_prefix("t=").and_then(|rest| rest.split_once(",v1="));
    let (time, mac) = fields.with_context(|| format!("no signature: {header:?}"))?;
    let script = r#"printf '%s.%s' "$1" "$2" | openssl dgst -sha256 -hmac "$3" -r | cut -d' ' -f1"#;
    let output = Command::new("bash").args(["-c", script, "-", time, body, key]).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let age = UNIX_EPOCH.elapsed()?.abs_diff(Duration::from_secs(time.parse()?));
    Ok(String::from_utf8(output.stdout)?.trim() == mac && age <= TOLERANCE)
}
