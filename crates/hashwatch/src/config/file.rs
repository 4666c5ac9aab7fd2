//! The TOML file as an operator writes it: its sections, and what is wrong with it, told without what may be a key.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    BadUsage, hashing::AUTO, market::MarketSection, pivots::PivotsSection, site::SiteSection,
    subscriptions::AlertsSection,
};

/// Where pages are served unless told otherwise.
pub(super) const LISTEN: &str = "127.0.0.1:8480";

/// The file, as an operator writes it. `deploy/hashwatch.example.toml` is its manual.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) network: Option<String>,
    pub(super) data: Option<PathBuf>,
    pub(super) listen: Option<SocketAddr>,
    pub(super) site: SiteSection,
    pub(super) blocks_dir: Option<PathBuf>,
    pub(super) start: Option<StartSection>,
    pub(super) node: Vec<NodeSection>,
    pub(super) store: StoreSection,
    pub(super) engine: EngineSection,
    pub(super) follow: FollowSection,
    pub(super) verify: VerifySection,
    pub(super) registry: RegistrySection,
    pub(super) pivots: PivotsSection,
    pub(super) market: MarketSection,
    pub(super) alerts: AlertsSection,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StartSection {
    pub(super) height: u32,
    pub(super) hash: String,
}

/// One node to follow.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NodeSection {
    /// What it is called on the page.
    pub(crate) name: Option<String>,
    /// Its JSON-RPC.
    pub(crate) url: String,
    /// Its cookie file.
    pub(crate) cookie: Option<PathBuf>,
    /// Its user; the password comes from the variable that `password_env` names.
    pub(crate) user: Option<String>,
    /// Name of an environment variable.
    pub(crate) password_env: Option<String>,
    /// Its directory of blk*.dat on this machine; without it the one beside the cookie, where it can be read.
    pub(crate) blocks_dir: Option<PathBuf>,
    /// How blocks come from it: `auto` without it.
    pub(crate) route: Option<String>,
}

/// A ClickHouse server, or where in it hashwatch keeps its tables.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StoreSection {
    /// A server; the embedded engine without one.
    pub(crate) url: Option<String>,
    /// Database in it.
    pub(crate) database: String,
}

impl Default for StoreSection {
    fn default() -> Self {
        StoreSection { url: None, database: "hashwatch".to_owned() }
    }
}

/// The embedded engine.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct EngineSection {
    /// The libchdb to load.
    pub(crate) libchdb: Option<PathBuf>,
}

/// How blocks are followed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FollowSection {
    /// For one call to a node.
    pub(crate) timeout_seconds: u64,
    /// Between two tries after a refusal or a failure.
    pub(crate) retry_seconds: u64,
    /// Blocks written at a time while catching up.
    pub(crate) batch: u32,
    /// Blocks below the tip, the tip among them, that are read whole, so that their coinbases are proven.
    pub(crate) whole: u32,
}

impl Default for FollowSection {
    fn default() -> Self {
        FollowSection { timeout_seconds: 30, retry_seconds: 5, batch: 20_000, whole: 144 }
    }
}

/// How blocks are verified.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct VerifySection {
    /// The backend to hash with, by name, or `auto`.
    pub(super) backend: String,
}

impl Default for VerifySection {
    fn default() -> Self {
        VerifySection { backend: AUTO.to_owned() }
    }
}

/// Who is who.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RegistrySection {
    /// A file of entries beside the built-in ones.
    pub(crate) overlay: Option<PathBuf>,
}

pub(super) fn read_file(path: &Path) -> anyhow::Result<File> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| BadUsage(format!("cannot read the configuration {}: {error}", path.display())))?;
    let file = toml::from_str(&text);
    Ok(file.map_err(|error| BadUsage(format!("{}{}", path.display(), keyless(error, &text))))?)
}

/// What is wrong with the file, with which setting and in which line. Neither the line nor a text in it is shown: URLs hold keys.
fn keyless(mut error: toml::de::Error, text: &str) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or_else(String::new, |before| format!(", line {}", 1 + before.matches('\n').count()));
    // without the text, the library names the setting instead of showing its line
    error.set_input(None);
    let whole = error.to_string();
    let setting = whole.strip_prefix(error.message()).unwrap_or_default().trim().replace("in `", ", `");
    let said = error.message();
    let quoted = said.find('"').zip(said.rfind('"')).filter(|(from, to)| from < to);
    let said = quoted.map_or_else(|| said.to_owned(), |(from, to)| format!("{}…{}", &said[..=from], &said[to..]));
    format!("{line}{setting}: {said}")
}

#[cfg(test)]
mod tests {
    use hashwatch_alerts::{Rule, Rules};

    use super::*;

    const MANUAL: &str = include_str!("../../../../deploy/hashwatch.example.toml");

    /// The example as it stands changes nothing, and says what the defaults are.
    #[test]
    fn the_manual_holds_the_defaults() {
        let file: File = toml::from_str(MANUAL).unwrap();
        assert_eq!(file.listen, LISTEN.parse().ok());
        assert_eq!(file.store.database, StoreSection::default().database);
        let (said, meant) = (file.follow, FollowSection::default());
        assert_eq!(
            (said.timeout_seconds, said.retry_seconds, said.batch, said.whole),
            (meant.timeout_seconds, meant.retry_seconds, meant.batch, meant.whole)
        );
        assert_eq!(file.verify.backend, VerifySection::default().backend);
        assert!(file.node.is_empty() && file.network.is_none() && file.start.is_none());
        assert_eq!(format!("{:?}", file.site), format!("{:?}", SiteSection::default()));
        assert_eq!(format!("{:?}", file.pivots), format!("{:?}", PivotsSection::default()));
        assert_eq!(format!("{:?}", file.market), format!("{:?}", MarketSection::default()));
        assert_eq!(format!("{:?}", file.alerts), format!("{:?}", AlertsSection::default()));
    }

    /// With every comment that holds a setting taken off, it still reads: no setting is misspelt.
    #[test]
    fn every_setting_of_the_manual_is_one() {
        let is_setting = |line: &str| {
            line.starts_with("# [")
                || line.split_once(" = ").is_some_and(|(key, _)| {
                    key.starts_with("# ") && key[2..].bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
                })
        };
        let all: Vec<&str> = MANUAL.lines().map(|line| if is_setting(line) { &line[2..] } else { line }).collect();
        let file: File = toml::from_str(&all.join("\n")).unwrap();
        assert_eq!(file.node.len(), 2);
        assert!(file.network.is_some() && file.data.is_some() && file.blocks_dir.is_some() && file.start.is_some());
        assert!(file.store.url.is_some() && file.engine.libchdb.is_some() && file.registry.overlay.is_some());
        assert!(file.site.address().unwrap().is_some() && !file.site.proxies.is_empty());
        assert_ne!(format!("{:?}", file.pivots), format!("{:?}", PivotsSection::default()));
        assert_ne!(format!("{:?}", file.market), format!("{:?}", MarketSection::default()));
        // every default is written down, beside what has none
        let defaults = Rules::default();
        let differs = |rule: &Rule| file.alerts.rules.of(*rule) != defaults.of(*rule);
        assert_eq!(Rule::ALL.into_iter().filter(differs).collect::<Vec<_>>(), [Rule::AttackCost]);
    }

    #[test]
    fn unknown_keys_are_refused_by_name() {
        let error = toml::from_str::<File>("nodes = []").unwrap_err().to_string();
        assert!(error.contains("nodes"), "{error}");
    }

    #[test]
    fn what_is_wrong_with_the_file_is_told_without_its_keys() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hashwatch.toml");
        for (line, what) in [
            ("feeds = [{ name = \"a\", url = \"https://example.org/?key=hunter2\", link = 1 }]", "link"),
            ("feeds = \"https://example.org/?key=\\\"hunter2\"", "string"),
            ("feeds = [{ name = \"a\", url = \"https://example.org/?key=hunter2\" }", "array"),
            ("every = \"https://example.org/?key=hunter2", "string"),
        ] {
            std::fs::write(&path, format!("[pivots]\n{line}\n")).unwrap();
            let error = format!("{:#}", read_file(&path).unwrap_err());
            assert!(error.contains("hashwatch.toml, line ") && error.contains(what), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
