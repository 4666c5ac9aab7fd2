//! Where an insert's rows begin, and the statement that reads them from a file instead.

use super::lexer::{Kind, Token, tokens};

/// How a statement is handed to libchdb.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// As it is.
    Plain,
    /// An insert whose rows come apart from the statement.
    Rows(RowsClause),
}

/// `INSERT INTO t (a, b) [SETTINGS ...] FORMAT f <rows>`: where its parts lie in the text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RowsClause {
    /// Where `FROM INFILE` belongs: after the columns, before SETTINGS and FORMAT.
    infile_at: usize,
    /// Where the statement proper ends (before FORMAT or VALUES).
    clause_at: usize,
    /// The format's name.
    format: String,
    /// Where rows in the text itself begin; the text's length where there are none.
    pub(crate) rows_at: usize,
    /// Whether it was `VALUES`, whose rows ClickHouse reads from the statement itself as well.
    pub(crate) values: bool,
}

impl RowsClause {
    /// The statement that reads its rows from the file `path`.
    pub(crate) fn rows_from(&self, text: &[u8], path: &str) -> Vec<u8> {
        let quoted = path.replace('\\', "\\\\").replace('\'', "\\'");
        let mut sql = text[..self.infile_at].to_vec();
        sql.extend_from_slice(format!(" FROM INFILE '{quoted}' COMPRESSION 'none' ").as_bytes());
        sql.extend_from_slice(&text[self.infile_at..self.clause_at]);
        sql.extend_from_slice(format!(" FORMAT {}", self.format).as_bytes());
        sql
    }
}

/// Finds out whether `text` is an insert of rows that follow it.
pub(crate) fn shape(text: &[u8]) -> Shape {
    let word = |token: &Token, word: &str| {
        token.kind == Kind::Word && text[token.start..token.end].eq_ignore_ascii_case(word.as_bytes())
    };
    let mut tokens = tokens(text).peekable();
    if !tokens.next().is_some_and(|token| word(&token, "INSERT")) {
        return Shape::Plain;
    }
    for optional in ["INTO", "TABLE", "FUNCTION"] {
        tokens.next_if(|token| word(token, optional));
    }
    // the table's name may be any word, FORMAT too
    tokens.next();
    while tokens.next_if(|token| token.kind == Kind::Dot).is_some() {
        tokens.next();
    }
    let (mut depth, mut settings_at) = (0_usize, None);
    while let Some(token) = tokens.next() {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            Kind::Word if depth > 0 => {}
            Kind::Word if word(&token, "SETTINGS") => settings_at = settings_at.or(Some(token.start)),
            Kind::Word if word(&token, "VALUES") => {
                return Shape::Rows(RowsClause {
                    infile_at: settings_at.unwrap_or(token.start),
                    clause_at: token.start,
                    format: "Values".to_owned(),
                    rows_at: start_of_rows(text, token.end),
                    values: true,
                });
            }
            Kind::Word if word(&token, "FORMAT") => {
                let Some(format) = tokens.next().filter(|format| format.kind == Kind::Word) else {
                    return Shape::Plain;
                };
                let name = String::from_utf8_lossy(&text[format.start..format.end]).into_owned();
                return Shape::Rows(RowsClause {
                    infile_at: settings_at.unwrap_or(token.start),
                    clause_at: token.start,
                    values: name.eq_ignore_ascii_case("Values"),
                    format: name,
                    rows_at: start_of_rows(text, format.end),
                });
            }
            Kind::Word if ["SELECT", "WITH", "FROM", "WATCH"].iter().any(|other| word(&token, other)) => {
                return Shape::Plain;
            }
            _ => {}
        }
    }
    Shape::Plain
}

/// ClickHouse's rule for rows in the statement's own text: blanks after the format's name are skipped, then one
/// `;`, then one line end.
fn start_of_rows(text: &[u8], from: usize) -> usize {
    let mut at = from;
    let skip_blanks = |mut at: usize| {
        while matches!(text.get(at), Some(b' ' | b'\t' | 0x0c)) {
            at += 1;
        }
        at
    };
    at = skip_blanks(at);
    if text.get(at) == Some(&b';') {
        at = skip_blanks(at + 1);
    }
    if text.get(at) == Some(&b'\r') {
        at += 1;
    }
    if text.get(at) == Some(&b'\n') {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows_from(sql: &str) -> Option<(String, String)> {
        match shape(sql.as_bytes()) {
            Shape::Plain => None,
            Shape::Rows(rows) => Some((
                String::from_utf8(rows.rows_from(sql.as_bytes(), "/d/r")).unwrap(),
                sql[rows.rows_at..].to_owned(),
            )),
        }
    }

    #[test]
    fn rows_of_an_insert_are_told_from_its_statement() {
        let file = "FROM INFILE '/d/r' COMPRESSION 'none' ";
        let cases = [
            ("INSERT INTO t(`a`,`b`) FORMAT RowBinary", format!("INSERT INTO t(`a`,`b`)  {file} FORMAT RowBinary"), ""),
            ("insert into db.t format CSV\r\n\n1;2", format!("insert into db.t  {file} FORMAT CSV"), "\n1;2"),
            (
                "INSERT INTO t (a) SETTINGS x='FORMAT' FORMAT TSV",
                format!("INSERT INTO t (a)  {file}SETTINGS x='FORMAT'  FORMAT TSV"),
                "",
            ),
            ("INSERT INTO format FORMAT TSV ;\n1", format!("INSERT INTO format  {file} FORMAT TSV"), "1"),
            ("INSERT INTO `t(x)`.\"y`\" VALUES (1)", format!("INSERT INTO `t(x)`.\"y`\"  {file} FORMAT Values"), "(1)"),
            (
                "/* c */ INSERT -- x\n INTO t FORMAT JSON",
                format!("/* c */ INSERT -- x\n INTO t  {file} FORMAT JSON"),
                "",
            ),
        ];
        for (sql, expected, rows) in cases {
            let (statement, found) = rows_from(sql).unwrap_or_else(|| panic!("{sql}"));
            let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(squeezed(&statement), squeezed(&expected), "{sql}");
            assert_eq!(found, rows, "{sql}");
        }
        for sql in ["INSERT INTO t SELECT 1 FORMAT CSV", "SELECT 1 FORMAT CSV", "INSERT INTO t", "", "INSERT"] {
            assert_eq!(rows_from(sql), None, "{sql}");
        }
    }
}
