//! Reading just enough of a statement: its first word, whether it is one statement, and where an insert's rows
//! begin. ClickHouse does the parsing; this only decides how the text is handed over.
//!
//! libchdb is ClickHouse's client and server in one, so it would do on a statement's word what a server never
//! does: write `INTO OUTFILE`, read `FROM INFILE`, run several statements at once. Those are refused here.

/// One token, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A bare word or a number.
    Word,
    /// A string, a quoted identifier or a heredoc.
    Quoted,
    Open,
    Close,
    Dot,
    Semicolon,
    Other,
}

#[derive(Debug, Clone, Copy)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

/// An iterator over the tokens of `text`; comments and blanks are skipped. Never fails: what ClickHouse's own
/// lexer would refuse comes out as [`Kind::Other`] and is left for ClickHouse to refuse.
struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
}

impl Tokens<'_> {
    fn position_of(&self, needle: &[u8], from: usize) -> Option<usize> {
        let rest = self.text.get(from..)?;
        rest.windows(needle.len()).position(|window| window == needle).map(|found| from + found)
    }

    /// Past blanks and comments.
    fn skip(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            if rest.starts_with(b"--") || rest.starts_with(b"#!") || rest.starts_with(b"# ") {
                self.at = self.position_of(b"\n", self.at).map_or(self.text.len(), |newline| newline + 1);
            } else if rest.starts_with(b"/*") {
                self.at = self.position_of(b"*/", self.at + 2).map_or(self.text.len(), |end| end + 2);
            } else if rest.first().is_some_and(|byte| byte.is_ascii_whitespace() || *byte == 0x0b) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// The end of a literal that opens with `quote` at `start`: a backslash escapes, a doubled quote is one.
    fn end_of_quoted(&self, start: usize, quote: u8) -> usize {
        let mut at = start + 1;
        while let Some(&byte) = self.text.get(at) {
            match byte {
                b'\\' => at += 2,
                _ if byte == quote && self.text.get(at + 1) == Some(&quote) => at += 2,
                _ if byte == quote => return at + 1,
                _ => at += 1,
            }
        }
        self.text.len()
    }

    /// The end of `$tag$ ... $tag$` opening at `start`, if one does.
    fn end_of_heredoc(&self, start: usize) -> Option<usize> {
        let tag_end = self.text[start + 1..].iter().position(|byte| !is_word(*byte) || *byte == b'$')? + start + 1;
        if self.text.get(tag_end) != Some(&b'$') {
            return None;
        }
        let tag = &self.text[start..=tag_end];
        self.position_of(tag, tag_end + 1).map(|end| end + tag.len())
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$'
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.skip();
        let start = self.at;
        let first = *self.text.get(start)?;
        let (kind, end) = match first {
            b'\'' | b'"' | b'`' => (Kind::Quoted, self.end_of_quoted(start, first)),
            b'$' if self.end_of_heredoc(start).is_some() => {
                (Kind::Quoted, self.end_of_heredoc(start).unwrap_or(start + 1))
            }
            _ if is_word(first) => {
                let length = self.text[start..].iter().position(|byte| !is_word(*byte));
                (Kind::Word, length.map_or(self.text.len(), |length| start + length))
            }
            b'(' | b'[' | b'{' => (Kind::Open, start + 1),
            b')' | b']' | b'}' => (Kind::Close, start + 1),
            b'.' => (Kind::Dot, start + 1),
            b';' => (Kind::Semicolon, start + 1),
            _ => (Kind::Other, start + 1),
        };
        self.at = end.min(self.text.len());
        Some(Token { kind, start, end: self.at })
    }
}

fn tokens(text: &[u8]) -> Tokens<'_> {
    Tokens { text, at: 0 }
}

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

/// Why a statement is not handed to libchdb at all: ClickHouse's code, its name, and the sentence.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: u32,
    pub(crate) name: &'static str,
    pub(crate) reason: &'static str,
}

const fn refusal(code: u32, name: &'static str, reason: &'static str) -> Refusal {
    Refusal { code, name, reason }
}

/// What a server would refuse and libchdb would do.
///
/// # Errors
/// The refusal.
pub(crate) fn check(text: &[u8], shape: &Shape) -> Result<(), Refusal> {
    let statement = match shape {
        Shape::Rows(rows) => &text[..rows.rows_at],
        Shape::Plain => text,
    };
    // the whole text, strings and comments included: no trick of quoting can hide the word
    if contains_word(statement, "outfile") || contains_word(statement, "infile") {
        return Err(refusal(
            48,
            "NOT_IMPLEMENTED",
            "the embedded ClickHouse reads and writes no files for a statement",
        ));
    }
    let mut seen_end = false;
    for token in tokens(statement) {
        match token.kind {
            Kind::Semicolon => seen_end = true,
            _ if seen_end => return Err(refusal(62, "SYNTAX_ERROR", "multi-statements are not allowed")),
            _ => {}
        }
    }
    match first_word(text).as_str() {
        "" => Err(refusal(62, "SYNTAX_ERROR", "empty query")),
        "ATTACH" if contains_word(text, "from") => {
            Err(refusal(48, "NOT_IMPLEMENTED", "ATTACH ... FROM moves directories of this machine into the database"))
        }
        _ => Ok(()),
    }
}

/// What read-only access refuses besides all that ClickHouse's own `readonly` does.
///
/// # Errors
/// The refusal.
pub(crate) fn check_read_only(text: &[u8]) -> Result<(), Refusal> {
    const READS: [&str; 7] = ["SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN"];
    let first = first_word(text);
    if !READS.contains(&first.as_str()) && first != "(" {
        return Err(refusal(164, "READONLY", "this access is read-only"));
    }
    // the scalar functions file() and catboostEvaluate() read any file, and no grant of ClickHouse's stops them;
    // a quoted name could spell them with escapes
    let escaped_name = text.contains(&b'\\') && text.iter().any(|byte| matches!(byte, b'`' | b'"'));
    if contains_word(text, "file") || contains_word(text, "catboostEvaluate") || escaped_name {
        return Err(refusal(
            164,
            "READONLY",
            "read-only access reads no files (and takes no escapes beside quoted names)",
        ));
    }
    Ok(())
}

/// Whether running it can leave nothing behind in the session (no setting, database or temporary table).
pub(crate) fn leaves_session_clean(text: &[u8]) -> bool {
    ["SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "INSERT"].contains(&first_word(text).as_str())
}

/// The first token, in capitals when it is a word.
fn first_word(text: &[u8]) -> String {
    tokens(text)
        .next()
        .map_or_else(String::new, |token| String::from_utf8_lossy(&text[token.start..token.end]).to_ascii_uppercase())
}

/// Whether `word` stands anywhere in the raw text, in any case, with no word character beside it.
fn contains_word(text: &[u8], word: &str) -> bool {
    text.windows(word.len()).enumerate().any(|(at, window)| {
        window.eq_ignore_ascii_case(word.as_bytes())
            && !at.checked_sub(1).and_then(|before| text.get(before)).is_some_and(|byte| is_word(*byte))
            && !text.get(at + word.len()).is_some_and(|byte| is_word(*byte))
    })
}

/// The format that the statement itself names for its answer, if any.
pub(crate) fn output_format(text: &[u8]) -> Option<String> {
    let tokens: Vec<Token> = tokens(text).collect();
    let word =
        |token: &Token| (token.kind == Kind::Word).then(|| String::from_utf8_lossy(&text[token.start..token.end]));
    tokens
        .windows(2)
        .rev()
        .take(8)
        .find_map(|pair| {
            word(&pair[0]).is_some_and(|first| first.eq_ignore_ascii_case("FORMAT")).then(|| word(&pair[1])).flatten()
        })
        .map(std::borrow::Cow::into_owned)
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

    #[test]
    fn only_one_statement_without_files_passes() {
        let check = |sql: &str| check(sql.as_bytes(), &shape(sql.as_bytes())).map_err(|refusal| refusal.code);
        for good in
            ["SELECT ';' -- ; x\n", "SELECT 1; ;", "SELECT `a;b`, $x$;$x$", "INSERT INTO t VALUES ('infile; x'); "]
        {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        let bad = [
            ("SELECT 1; DROP TABLE t", 62),
            ("  -- nothing", 62),
            ("SELECT 1 INTO OUTFILE 'x'", 48),
            ("INSERT INTO t FROM/**/InFile 'x'", 48),
            ("ATTACH TABLE t FROM 'x' (a Int8) ENGINE = MergeTree ORDER BY a", 48),
        ];
        for (sql, code) in bad {
            assert_eq!(check(sql), Err(code), "{sql}");
        }
    }

    #[test]
    fn read_only_access_only_reads_and_never_files() {
        for good in
            ["SELECT profile, files FROM t", "with 1 as x select x", "(SELECT 1)", "SHOW TABLES", "SELECT 'a\\'b'"]
        {
            assert_eq!(check_read_only(good.as_bytes()), Ok(()), "{good}");
        }
        for bad in [
            "INSERT INTO t VALUES (1)",
            "SET readonly = 0",
            "USE x",
            "CREATE TEMPORARY TABLE x (a Int8)",
            "DROP TABLE t",
            "SELECT file('x')",
            "SELECT `file`('x')",
            "SELECT arrayMap(File, ['x'])",
            "SELECT \"f\\x69le\"('x')",
            "SELECT * FROM file/**/('x')",
        ] {
            assert_eq!(check_read_only(bad.as_bytes()).map_err(|refusal| refusal.code), Err(164), "{bad}");
        }
    }

    #[test]
    fn no_text_breaks_the_lexer() {
        for text in [
            "'",
            "\"\\",
            "`",
            "$a$",
            "/*",
            "--",
            "$",
            "\u{201c}file\u{201d}",
            "INSERT INTO t FORMAT",
            "INSERT INTO t(a FORMAT CSV",
            "''''",
            "$a$ $a",
        ] {
            let shape = shape(text.as_bytes());
            let _ = check(text.as_bytes(), &shape);
            let _ = output_format(text.as_bytes());
        }
        assert_eq!(output_format(b"SELECT 1 FORMAT JSONCompact;").as_deref(), Some("JSONCompact"));
        assert_eq!(output_format(b"SELECT 1"), None);
    }
}
