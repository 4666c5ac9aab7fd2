//! Query parameters, read strictly: an unknown, repeated or bad one is refused by name.

mod part;
pub(crate) mod query;

use std::{
    fmt::{self, Display},
    str::FromStr,
};

use axum::{
    extract::{Path, rejection::PathRejection},
    http::Uri,
};
use hashwatch_model::{BlockHash, RegistryVersion, Window};
use jiff::civil::Date;

pub(crate) use self::part::Part;
use crate::error::WebError;

/// The parameters of one request.
pub(crate) struct Params {
    path: String,
    left: Vec<(String, String)>,
    known: Vec<&'static str>,
    /// What is asked, what was left out filled in: the part of a query that has one answer as of a block and a registry.
    question: String,
}

/// A block that an answer is as of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockRef {
    Height(u32),
    Hash(BlockHash),
}

/// The part of the path that names something; one that is not UTF-8 once decoded is refused like any bad value.
pub(crate) fn segment(path: Result<Path<String>, PathRejection>, name: &'static str) -> Result<String, WebError> {
    path.map(|Path(text)| text).map_err(|_| WebError::BadValue { name, reason: "it is not UTF-8".to_owned() })
}

/// A whole number within bounds, in digits alone.
pub(crate) fn whole(text: &str, name: &'static str, bounds: (u32, u32)) -> Result<u32, WebError> {
    let refuse = || WebError::BadValue { name, reason: format!("a whole number from {} to {}", bounds.0, bounds.1) };
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number: u32 = if digits { text.parse().map_err(|_| refuse())? } else { return Err(refuse()) };
    if (bounds.0..=bounds.1).contains(&number) { Ok(number) } else { Err(refuse()) }
}

impl Params {
    /// Reads what stands behind the path of an address.
    pub(crate) fn of(uri: &Uri) -> Params {
        let left = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        Params { path: uri.path().to_owned(), left, known: Vec::new(), question: String::new() }
    }

    /// The same of a page with a form, which sends what was left empty, too: that is forgotten.
    pub(crate) fn of_form(uri: &Uri) -> Params {
        let mut params = Params::of(uri);
        params.left.retain(|(_, value)| !value.is_empty());
        params
    }

    /// Reads a form that was sent.
    pub(crate) fn of_body(path: &str, body: &[u8]) -> Params {
        let left = form_urlencoded::parse(body).into_owned().collect();
        Params { path: path.to_owned(), left, known: Vec::new(), question: String::new() }
    }

    /// The path of the address.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// What was asked so far, as it stands in a query.
    pub(crate) fn question(&self) -> &str {
        &self.question
    }

    /// Notes what a parameter is, given or not.
    pub(crate) fn asked(&mut self, name: &'static str, value: &impl Display) {
        if !self.question.is_empty() {
            self.question.push('&');
        }
        self.question.push_str(name);
        self.question.push('=');
        self.question.extend(form_urlencoded::byte_serialize(value.to_string().as_bytes()));
    }

    /// Takes one parameter out as part of the question; none where it is absent.
    pub(crate) fn part<T>(&mut self, name: &'static str) -> Result<Option<T>, WebError>
    where
        T: FromStr + Display,
        T::Err: Display,
    {
        let value = self.take(name)?;
        if let Some(value) = &value {
            self.asked(name, value);
        }
        Ok(value)
    }

    /// The block that the answer is as of.
    pub(crate) fn as_of(&mut self) -> Result<Option<BlockRef>, WebError> {
        self.take("as_of")
    }

    /// A day of this century as `2027-12-31`, and in no other form: two addresses of one answer are one too many.
    pub(crate) fn day(&mut self, name: &'static str) -> Result<Option<Date>, WebError> {
        let Some(text) = self.take::<String>(name)? else { return Ok(None) };
        let found = text.parse::<Date>().ok().filter(|day| day.to_string() == text && text.starts_with("20"));
        let refuse = || WebError::BadValue { name, reason: "a day of this century as 2027-12-31".to_owned() };
        found.map(Some).ok_or_else(refuse)
    }

    /// Takes one parameter out that says how, not what; none where it is absent.
    pub(crate) fn take<T>(&mut self, name: &'static str) -> Result<Option<T>, WebError>
    where
        T: FromStr,
        T::Err: Display,
    {
        self.known.push(name);
        let Some(place) = self.left.iter().position(|(key, _)| key == name) else { return Ok(None) };
        let (_, value) = self.left.remove(place);
        if self.left.iter().any(|(key, _)| key == name) {
            return Err(WebError::RepeatedParameter(name));
        }
        value.parse().map(Some).map_err(|error: T::Err| WebError::BadValue { name, reason: error.to_string() })
    }

    /// Takes out a list: its values stand between commas, in one or in several of that name, as a form with boxes sends them.
    pub(crate) fn list(&mut self, name: &'static str) -> Vec<String> {
        self.known.push(name);
        let (found, left) = std::mem::take(&mut self.left).into_iter().partition(|(key, _)| key == name);
        self.left = left;
        let values = |(_, text): (String, String)| text.split(',').map(str::to_owned).collect::<Vec<_>>();
        Vec::into_iter(found).flat_map(values).collect()
    }

    /// A version of the registry, as answers name it.
    pub(crate) fn registry(&mut self) -> Result<Option<RegistryVersion>, WebError> {
        let version = self.take::<String>("registry")?;
        let is_one = |text: &String| text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        match version {
            Some(text) if !is_one(&text) => {
                let reason = "16 hex digits, as in \"registry_version\"".to_owned();
                Err(WebError::BadValue { name: "registry", reason })
            }
            version => Ok(version.map(RegistryVersion)),
        }
    }

    /// A whole number within bounds, or what it is when absent.
    pub(crate) fn number(&mut self, name: &'static str, bounds: (u32, u32)) -> Result<Option<u32>, WebError> {
        self.take::<String>(name)?.map(|text| whole(&text, name, bounds)).transpose()
    }

    /// The same as part of the question.
    pub(crate) fn count(&mut self, name: &'static str, bounds: (u32, u32)) -> Result<Option<u32>, WebError> {
        let number = self.number(name, bounds)?;
        if let Some(number) = &number {
            self.asked(name, number);
        }
        Ok(number)
    }

    /// The window, or what it is when absent.
    pub(crate) fn window(&mut self, usual: Window) -> Result<Window, WebError> {
        self.window_called("window", usual)
    }

    /// The same, noted as part of the question only where it has an effect.
    pub(crate) fn window_if(&mut self, has_effect: bool, usual: Window) -> Result<Window, WebError> {
        if has_effect { self.window(usual) } else { Ok(self.take("window")?.unwrap_or(usual)) }
    }

    /// A window by another name.
    pub(crate) fn window_called(&mut self, name: &'static str, usual: Window) -> Result<Window, WebError> {
        let window = self.take(name)?.unwrap_or(usual);
        self.asked(name, &window);
        Ok(window)
    }

    /// One of a few words, or the first.
    pub(crate) fn word(&mut self, name: &'static str, words: &[&'static str]) -> Result<&'static str, WebError> {
        let word = self.word_of(name, words)?.unwrap_or(words[0]);
        self.asked(name, &word);
        Ok(word)
    }

    /// One of a few words; none where it is absent.
    pub(crate) fn word_of(
        &mut self,
        name: &'static str,
        words: &[&'static str],
    ) -> Result<Option<&'static str>, WebError> {
        let Some(text) = self.take::<String>(name)? else { return Ok(None) };
        let found = words.iter().find(|word| **word == text);
        let refuse = || WebError::BadValue { name, reason: format!("one of: {}", words.join(", ")) };
        found.copied().map(Some).ok_or_else(refuse)
    }

    /// Refuses whatever was not taken.
    pub(crate) fn finish(self) -> Result<(), WebError> {
        match self.left.first() {
            None => Ok(()),
            Some((name, _)) => {
                Err(WebError::UnknownParameter { name: name.chars().take(40).collect(), known: self.known.join(", ") })
            }
        }
    }
}

impl fmt::Display for BlockRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BlockRef::Height(height) => write!(f, "{height}"),
            BlockRef::Hash(hash) => write!(f, "{hash}"),
        }
    }
}

impl FromStr for BlockRef {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WHAT: &str = "a height, or a block hash of 64 hex digits";
        if text.len() == 64 {
            return text.parse().map(BlockRef::Hash).map_err(|_| WHAT);
        }
        if text.is_empty() || text.len() > 9 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(WHAT);
        }
        text.parse().map(BlockRef::Height).map_err(|_| WHAT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Params {
        Params::of(&format!("/x?{query}").parse().unwrap())
    }

    #[test]
    fn a_question_says_what_was_left_out() {
        let mut params = asked("pool=a%26b&limit=5&format=csv");
        let (window, by) = (params.window(Window::Days(7)).unwrap(), params.word("by", &["pool", "group"]).unwrap());
        assert_eq!((window, by), (Window::Days(7), "pool"));
        assert_eq!(params.part::<String>("pool").unwrap().as_deref(), Some("a&b"));
        assert_eq!(params.count("limit", (1, 10)).unwrap(), Some(5));
        assert_eq!((params.path(), params.question()), ("/x", "window=1w&by=pool&pool=a%26b&limit=5"));
    }

    #[test]
    fn lists_stand_in_one_or_in_several() {
        let mut params = asked("leave=a,b&by=x&leave=c&leave=");
        assert_eq!(params.list("leave"), ["a", "b", "c", ""], "what is empty is for others to refuse");
        assert_eq!((params.list("leave").len(), params.take::<String>("by").unwrap().as_deref()), (0, Some("x")));
        assert!(params.finish().is_ok());
    }

    #[test]
    fn days_have_one_form() {
        let day = |text: &str| asked(&format!("on={text}")).day("on");
        assert_eq!(day("2027-12-31").unwrap(), Some(jiff::civil::date(2027, 12, 31)));
        assert_eq!(asked("of=x").day("on").unwrap(), None);
        for text in ["", "20271231", "2027-12-31T00:00", "%2B002027-12-31", "2027-02-30", "1999-12-31", "9999-12-31"] {
            assert!(matches!(day(text), Err(WebError::BadValue { name: "on", .. })), "{text}");
        }
    }

    #[test]
    fn every_slip_is_named() {
        let mut params = asked("window=1w&limit=5&limit=6&wat=%3Cb%3E");
        assert!(matches!(params.window(Window::All), Ok(Window::Days(7))));
        assert!(matches!(params.number("limit", (1, 10)), Err(WebError::RepeatedParameter("limit"))));
        let mut params = asked("limit=11");
        assert!(params.number("limit", (1, 10)).is_err());
        for text in ["limit=-1", "limit=+1", "limit=1.0", "limit=", "limit=99999999999", "limit=%00"] {
            assert!(asked(text).number("limit", (1, 10)).is_err(), "{text}");
        }
        let params = asked("wat=1");
        assert!(matches!(params.finish(), Err(WebError::UnknownParameter { name, .. }) if name == "wat"));
    }

    #[test]
    fn blocks_are_named_by_height_or_hash() {
        assert_eq!("0".parse(), Ok(BlockRef::Height(0)));
        assert_eq!("999999999".parse(), Ok(BlockRef::Height(999_999_999)));
        assert!("1000000000".parse::<BlockRef>().is_err());
        assert!("ab".repeat(32).parse::<BlockRef>().is_ok());
        assert!("zz".repeat(32).parse::<BlockRef>().is_err());
        assert!("-1".parse::<BlockRef>().is_err());
    }
}
