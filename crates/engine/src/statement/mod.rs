//! Reading just enough of a statement: its first word, whether it is one statement, and where an insert's rows
//! begin. ClickHouse does the parsing; this only decides how the text is handed over.
//!
//! libchdb is ClickHouse's client and server in one, so it would do on a statement's word what a server never
//! does: write `INTO OUTFILE`, read `FROM INFILE`, run several statements at once. Those are refused here.

mod lexer;
mod rows;

use lexer::{Kind, Token, is_word, tokens};
pub(crate) use rows::{Shape, shape};

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
