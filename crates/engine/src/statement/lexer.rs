//! Words, quotes and brackets of a statement, as ClickHouse's own lexer sees them; no more than is needed here.

/// One token, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
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
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// An iterator over the tokens of `text`; comments and blanks are skipped. Never fails: what ClickHouse's own
/// lexer would refuse comes out as [`Kind::Other`] and is left for ClickHouse to refuse.
pub(super) struct Tokens<'a> {
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

pub(super) const fn is_word(byte: u8) -> bool {
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

pub(super) fn tokens(text: &[u8]) -> Tokens<'_> {
    Tokens { text, at: 0 }
}
