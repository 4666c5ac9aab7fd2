//! What libchdb is started with: its configuration, and what a statement is allowed to touch.
//!
//! Left alone, libchdb reads a `config.xml` from the current directory or the home directory, and lets any
//! statement read every file of the machine and any address of the network. Both end here: it is given a
//! configuration of ours, and its one user holds the rights a database needs and none on files, URLs or hosts.
//! What no grant governs (`INTO OUTFILE`, `FROM INFILE`, the scalar function `file`) is [`crate::statement`]'s.

use crate::error::EngineError;
use crate::lock::Layout;
use std::ffi::CString;
use std::path::Path;

const CONFIG: &str = "<clickhouse>\n    <!-- written by hashwatch at every start -->\n</clickhouse>\n";

/// The role of read-only access. All others have both.
pub(crate) const READER: &str = "reader";

/// The one user. It has no password: the door is the HTTP interface, not this. No grant on SOURCES (FILE, URL,
/// REMOTE, S3 ...), on BACKUP (files too) or on users. Its rights are those of its roles, of which read-only access takes
/// up [`READER`] alone: that one may read what there is, but no database whose name begins with `subscribers_`, which is to
/// it as if it were not there.
const USERS: &str = "<clickhouse>
    <!-- written by hashwatch at every start -->
    <profiles><default/></profiles>
    <quotas><default/></quotas>
    <roles>
        <everything>
            <grants>
                <query>GRANT SHOW, SELECT, INSERT, ALTER, CREATE, DROP, UNDROP TABLE, TRUNCATE, OPTIMIZE, CHECK, KILL QUERY, SYSTEM, dictGet, INTROSPECTION, TABLE ENGINE ON *.*</query>
            </grants>
        </everything>
        <reader>
            <grants>
                <query>GRANT SHOW, SELECT, dictGet ON *.*</query>
                <query>REVOKE ALL ON subscribers_*.*</query>
            </grants>
        </reader>
    </roles>
    <users>
        <default>
            <password></password>
            <networks><ip>::/0</ip></networks>
            <profile>default</profile>
            <quota>default</quota>
            <grants>
                <query>GRANT everything, reader</query>
            </grants>
        </default>
    </users>
</clickhouse>
";

/// Writes the two files and gives the command line that makes libchdb read them.
///
/// # Errors
/// [`EngineError::DataDirectory`] or [`EngineError::DiskFull`].
pub(crate) fn prepare(layout: &Layout) -> Result<Vec<CString>, EngineError> {
    for (path, text) in [(&layout.config, CONFIG), (&layout.users, USERS)] {
        std::fs::write(path, text).map_err(|source| EngineError::data_directory("write", path, source))?;
    }
    let option = |name: &str, path: &Path| {
        let mut argument = format!("--{name}=").into_bytes();
        argument.extend_from_slice(path.as_os_str().as_encoded_bytes());
        CString::new(argument).map_err(|_| EngineError::UnusablePath { path: path.to_path_buf() })
    };
    Ok(vec![
        c"clickhouse".to_owned(),
        option("config-file", &layout.config)?,
        option("users_config", &layout.users)?,
        option("path", &layout.clickhouse)?,
    ])
}
