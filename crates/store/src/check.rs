//! Looking for damage: the statements of `sql/checks` return no row when the data are sound.

use crate::{error::StoreError, read::Snapshot};

/// Something that is wrong with the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which check found it: the name of its file.
    pub check: &'static str,
    /// What is wrong, and at which height.
    pub finding: String,
}

macro_rules! checks {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../../../sql/checks/", $name, ".sql")))),+]
    };
}

/// Every check, by the name of its file.
pub(crate) const CHECKS: [(&str, &str); 16] = checks![
    "one_block_a_height",
    "links",
    "mark",
    "header_hash",
    "median_time",
    "chainwork",
    "coinbase",
    "reward",
    "opinion_missing",
    "opinion_without_block",
    "branch_without_block",
    "evidence",
    "once",
    "proof_without_block",
    "proof_of_another_size",
    "notices",
];

impl Snapshot {
    /// Runs every check; up to 20 findings each. None when the data are sound.
    pub async fn check(&self) -> Result<Vec<Finding>, StoreError> {
        let mut found = Vec::new();
        for (check, statement) in CHECKS {
            let rows = self.findings(statement).await?;
            found.extend(rows.into_iter().map(|finding| Finding { check, finding }));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::CHECKS;

    #[test]
    fn no_check_is_left_out() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sql/checks");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap().replace(".sql", ""))
            .collect();
        let mut named: Vec<String> = CHECKS.iter().map(|(name, _)| (*name).to_owned()).collect();
        files.sort();
        named.sort();
        assert_eq!(files, named);
    }
}
