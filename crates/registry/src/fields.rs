//! Takes a TOML table apart key by key and remembers all that is wrong with it, where serde would stop at the first.

use toml::{Table, Value};

use crate::problem::{Problem, Reason};

/// The entries that a file is made of, and the problems met so far.
#[derive(Default)]
pub(crate) struct Problems {
    file: String,
    found: Vec<Problem>,
}

impl Problems {
    /// What follows is of this file.
    pub(crate) fn file(&mut self, file: &str) {
        file.clone_into(&mut self.file);
    }

    /// Notes a problem.
    pub(crate) fn add(&mut self, entry: &str, reason: Reason) {
        self.found.push(Problem { file: self.file.clone(), entry: entry.to_owned(), reason });
    }

    /// Notes the problem, if it is one.
    pub(crate) fn ok<T>(&mut self, entry: &str, result: Result<T, Reason>) -> Option<T> {
        result.map_err(|reason| self.add(entry, reason)).ok()
    }

    /// All of them.
    pub(crate) fn into_inner(self) -> Vec<Problem> {
        self.found
    }
}

/// A table whose keys are taken out one by one; what is left at the end is unknown.
pub(crate) struct Fields {
    table: Table,
    /// What the table is called in problems.
    pub(crate) entry: String,
}

impl Fields {
    /// A table to take apart.
    pub(crate) fn new(entry: String, table: Table) -> Self {
        Fields { table, entry }
    }

    /// A text that may be missing.
    pub(crate) fn text(&mut self, key: &'static str, problems: &mut Problems) -> Option<String> {
        match self.table.remove(key)? {
            Value::String(text) => Some(text),
            _ => self.wrong(key, "a text", problems),
        }
    }

    /// A text that must be there.
    pub(crate) fn required(&mut self, key: &'static str, problems: &mut Problems) -> Option<String> {
        if !self.table.contains_key(key) {
            problems.add(&self.entry, Reason::Missing(key));
        }
        self.text(key, problems)
    }

    /// A whole number that may be missing.
    pub(crate) fn integer(&mut self, key: &'static str, problems: &mut Problems) -> Option<i64> {
        match self.table.remove(key)? {
            Value::Integer(number) => Some(number),
            _ => self.wrong(key, "a whole number", problems),
        }
    }

    /// A whole number that must be there.
    pub(crate) fn required_integer(&mut self, key: &'static str, problems: &mut Problems) -> Option<i64> {
        if !self.table.contains_key(key) {
            problems.add(&self.entry, Reason::Missing(key));
        }
        self.integer(key, problems)
    }

    /// A table of whole numbers that must be there, with its keys.
    pub(crate) fn required_integers(
        &mut self,
        key: &'static str,
        problems: &mut Problems,
    ) -> Option<Vec<(String, i64)>> {
        let numbers = match self.table.remove(key) {
            None => {
                problems.add(&self.entry, Reason::Missing(key));
                return None;
            }
            Some(Value::Table(table)) => {
                table.into_iter().map(|(name, value)| Some((name, value.as_integer()?))).collect()
            }
            Some(_) => None,
        };
        numbers.or_else(|| self.wrong(key, "a table of whole numbers", problems))
    }

    /// A number that may be missing.
    pub(crate) fn number(&mut self, key: &'static str, problems: &mut Problems) -> Option<f64> {
        match self.table.remove(key)? {
            Value::Float(number) => Some(number),
            #[allow(
                clippy::cast_precision_loss,
                reason = "every bound lies far below the first integer that a float rounds"
            )]
            Value::Integer(number) => Some(number as f64),
            _ => self.wrong(key, "a number", problems),
        }
    }

    /// Whether a key is there.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Leaves keys to whoever else reads the same file.
    pub(crate) fn leave(&mut self, keys: &[&str]) {
        keys.iter().for_each(|key| drop(self.table.remove(*key)));
    }

    /// Yes or no; no where missing.
    pub(crate) fn flag(&mut self, key: &'static str, problems: &mut Problems) -> bool {
        match self.table.remove(key) {
            None => false,
            Some(Value::Boolean(is)) => is,
            Some(_) => self.wrong(key, "true or false", problems).unwrap_or(false),
        }
    }

    /// A table that may be missing.
    pub(crate) fn table(&mut self, key: &'static str, problems: &mut Problems) -> Option<Fields> {
        match self.table.remove(key)? {
            Value::Table(table) => Some(Fields::new(format!("{}, {key}", self.entry), table)),
            _ => self.wrong(key, "a table", problems),
        }
    }

    /// A list of texts; empty where missing.
    pub(crate) fn texts(&mut self, key: &'static str, problems: &mut Problems) -> Vec<String> {
        self.list(key, "a list of texts", problems, |value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })
    }

    /// A list of tables; empty where missing. Each is called after its place until its name is known.
    pub(crate) fn tables(&mut self, key: &'static str, problems: &mut Problems) -> Vec<Fields> {
        let tables = self.list(key, "a list of tables", problems, |value| match value {
            Value::Table(table) => Some(table),
            _ => None,
        });
        let prefix = if self.entry == FILE { String::new() } else { format!("{}, ", self.entry) };
        let named = |(index, table)| Fields::new(format!("{prefix}{key} {}", index + 1), table);
        tables.into_iter().enumerate().map(named).collect()
    }

    /// Complains of all keys that nobody asked for.
    pub(crate) fn finish(self, problems: &mut Problems) {
        for key in self.table.keys() {
            problems.add(&self.entry, Reason::UnknownKey(key.chars().take(100).collect()));
        }
    }

    fn list<T>(
        &mut self,
        key: &'static str,
        expected: &'static str,
        problems: &mut Problems,
        take: impl Fn(Value) -> Option<T>,
    ) -> Vec<T> {
        let items = match self.table.remove(key) {
            None => return Vec::new(),
            Some(Value::Array(values)) => values.into_iter().map(take).collect(),
            Some(_) => None,
        };
        items.or_else(|| self.wrong(key, expected, problems)).unwrap_or_default()
    }

    fn wrong<T>(&self, key: &'static str, expected: &'static str, problems: &mut Problems) -> Option<T> {
        problems.add(&self.entry, Reason::WrongType { key, expected });
        None
    }
}

/// What the whole file is called in problems.
pub(crate) const FILE: &str = "file";
