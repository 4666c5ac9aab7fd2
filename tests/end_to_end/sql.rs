//! SQL past the program: what its tables hold, and damage done to them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// Facts without the number of the commit that brought them; opinions; who is stale; the mark. Two stores that hold the
/// same chain give the same text, whatever happened to them on the way.
const CHECKSUM: [&str; 4] = [
    "SELECT 'blocks', count(), min(height), max(height), sum(cityHash64(toString(tuple(*)))), groupBitXor(cityHash64(toString(tuple(*)), 1))
     FROM (SELECT * EXCEPT (commit) FROM hashwatch.blocks)",
    "SELECT 'opinions', count(), sum(cityHash64(toString(tuple(*)))), groupBitXor(cityHash64(toString(tuple(*)), 1))
     FROM (SELECT * EXCEPT (commit) FROM hashwatch.opinions)",
    "SELECT 'stale', count(), sum(cityHash64(hash, height)), groupBitXor(cityHash64(height, hash))
     FROM (SELECT hash, height FROM hashwatch.branches GROUP BY hash, height HAVING argMax(stale, commit))",
    "SELECT 'mark', height, hex(hash), time, median_time, registry_version FROM hashwatch.marks ORDER BY commit DESC LIMIT 1",
];

/// The ClickHouse of a data directory that some process has open.
pub(crate) struct Sql {
    url: String,
    password: String,
}

impl Sql {
    /// By the endpoint that the process left in its data directory.
    pub(crate) fn of(data_dir: &Path) -> Result<Sql> {
        let endpoint = fs::read_to_string(data_dir.join("engine-endpoint")).context("nobody shares this directory")?;
        let (address, password) = endpoint.split_once('\n').context("the endpoint has two lines")?;
        Ok(Sql { url: format!("http://{address}/"), password: password.trim_end().to_owned() })
    }

    /// Runs a statement; rows come as lines, columns parted by tabs.
    pub(crate) fn query(&self, statement: &str) -> Result<String> {
        let request = ureq::post(&self.url).config().http_status_as_error(false).proxy(None).build();
        let request = request.header("X-ClickHouse-User", "default").header("X-ClickHouse-Key", &self.password);
        let mut answer = request.send(statement)?;
        let text = answer.body_mut().read_to_string()?;
        ensure!(answer.status() == 200, "{statement}: {text}");
        Ok(text)
    }

    /// A checksum of everything that follows from the chain.
    pub(crate) fn checksum(&self) -> Result<String> {
        CHECKSUM.iter().map(|statement| self.query(statement)).collect()
    }
}
