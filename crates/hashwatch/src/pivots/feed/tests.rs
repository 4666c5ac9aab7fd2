//! Feeds as they are found, and such as are made to do harm.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn rss(items: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<rss version=\"2.0\"><channel><title>Wire</title><link>https://example.org/</link>\
         <description>News</description>{items}</channel></rss>"
    )
}

fn refusal(document: impl AsRef<[u8]>) -> String {
    entries(document.as_ref()).unwrap_err()
}

#[test]
fn rss_as_newswires_send_it() {
    let feed = rss("<item><title>IREN &amp; Co sign <![CDATA[<b>200 MW</b>]]></title>\
                    <link>https://example.org/1?utm_source=feed&amp;id=7#top</link><guid isPermaLink=\"false\">g-1</guid>\
                    <pubDate>Fri, 27 Nov 2026 12:30:00 GMT</pubDate>\
                    <description><![CDATA[<p>An <i>AI</i> lease&nbsp;of ten years.</p>]]></description></item>");
    let found = entries(feed.as_bytes()).unwrap();
    assert_eq!(
        found,
        [Entry {
            id: "g-1".to_owned(),
            title: "IREN & Co sign 200 MW".to_owned(),
            text: "An AI lease of ten years.".to_owned(),
            link: Some("https://example.org/1?id=7".to_owned()),
            published: Some(1_795_782_600),
        }]
    );
}

#[test]
fn atom_as_the_sec_sends_it() {
    let feed = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Filings</title>\
                <id>f</id><updated>2026-11-27T08:00:00-05:00</updated><entry><title>8-K - IREN Ltd (0001878848) (Filer)</title>\
                <link rel=\"self\" href=\"https://example.org/self\"/>\
                <link rel=\"alternate\" type=\"text/html\" href=\"https://example.org/a.htm\"/>\
                <summary type=\"html\">&lt;b&gt;Filed:&lt;/b&gt; 2026-11-27</summary><updated>2026-11-27T07:30:00-05:00</updated>\
                <id>urn:tag:sec.gov,2008:accession-number=1</id></entry></feed>";
    let found = entries(feed.as_bytes()).unwrap();
    assert_eq!((found.len(), found[0].link.as_deref()), (1, Some("https://example.org/a.htm")));
    assert_eq!((found[0].text.as_str(), found[0].published), ("Filed: 2026-11-27", Some(1_795_782_600)));
}

#[test]
fn old_and_foreign_forms() {
    let declared = "<?xml version=\"1.0\"?><!DOCTYPE rss PUBLIC \"-//Netscape Communications//DTD RSS 0.91//EN\" \
                    \"http://my.netscape.com/publish/formats/rss-0.91.dtd\"><rss version=\"0.91\"><channel><title>t</title>\
                    <link>http://a</link><description>d</description><item><title>x</title><link>http://a/1</link></item>\
                    </channel></rss>";
    assert_eq!(entries(declared.as_bytes()).unwrap().len(), 1);
    let wide: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(
            rss("<item><title>\u{e9}</title><guid>1</guid></item>")
                .replace("?>", " encoding=\"UTF-16\"?>")
                .encode_utf16()
                .flat_map(u16::to_le_bytes),
        )
        .collect();
    assert_eq!(entries(&wide).unwrap()[0].title, "\u{e9}");
    assert_eq!(entries(rss("").as_bytes()).unwrap(), []);
}

/// An entry that could not be told from itself the next time is no entry; a link that is none is left out.
#[test]
fn names_and_links() {
    let of = |item: &str| entries(rss(&format!("<item><title>t</title>{item}</item>")).as_bytes()).unwrap();
    assert_eq!(of(""), []);
    assert_eq!(of("<link>javascript:alert(1)</link>"), []);
    assert_eq!(of("<link>https://user:secret@example.org/</link>"), []);
    assert_eq!(of(&format!("<link>https://example.org/{}</link>", "x".repeat(2_000))), []);
    assert_eq!(of("<guid>https://example.org/2</guid>")[0].link.as_deref(), Some("https://example.org/2"));
    assert_eq!(of("<guid>7</guid>")[0].link, None);
    assert_eq!(of("<link>https://Example.ORG/a b</link>")[0].link.as_deref(), Some("https://example.org/a%20b"));
    assert_eq!(of(&format!("<guid>{}</guid>", "x".repeat(2_000))), []);
}

#[test]
fn texts_are_inert_and_bounded() {
    let item = format!(
        "<item><guid>1</guid><title>a\u{202e}b&#x9b;31m{}</title><description>{}</description></item>",
        "t".repeat(5_000),
        "d".repeat(50_000)
    );
    let found = entries(rss(&item).as_bytes()).unwrap();
    assert!(found[0].title.starts_with("ab 31mtt") && found[0].title.chars().count() == TITLE_CHARS + 1);
    assert_eq!(found[0].text.chars().count(), TEXT_CHARS + 1);
    let many = rss(&"<item><guid>1</guid></item>".repeat(MOST_ENTRIES + 5));
    assert_eq!(entries(many.as_bytes()).unwrap().len(), MOST_ENTRIES);
}

#[test]
fn entities_of_its_own_are_refused() {
    let laughs = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">\
                  <!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>";
    let outside = "<!DOCTYPE rss [<!ENTITY file SYSTEM \"file:///etc/passwd\">]>";
    for prolog in [laughs, outside] {
        let feed = format!(
            "{prolog}{}",
            rss("<item><guid>1</guid><title>&c;&file;</title></item>").replace("<?xml version=\"1.0\"?>", "")
        );
        assert!(refusal(&feed).contains("declares entities"), "{}", refusal(&feed));
    }
    // one that nobody declared stays what it is
    let unknown = rss("<item><guid>1</guid><title>&file;</title></item>");
    assert_eq!(entries(unknown.as_bytes()).unwrap()[0].title, "&file;");
}

#[test]
fn deep_wide_and_endless_ones_are_refused_soon() {
    let began = Instant::now();
    let deep = rss(&format!("<item>{}{}</item>", "<a>".repeat(1_000_000), "</a>".repeat(1_000_000)));
    assert!(refusal(&deep).contains("deep"));
    let attributes: String = (0..300_000).map(|number| format!(" a{number}=\"\"")).collect();
    assert!(refusal(rss(&format!("<item{attributes}></item>"))).contains("attributes"));
    assert!(refusal(rss(&format!("<item{attributes}/>"))).contains("attributes"));
    assert!(refusal(rss(&"<a/>".repeat(1_000_000))).contains("tags and texts"));
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}

#[test]
fn what_is_no_feed_is_told() {
    for (document, what) in [
        ("", "no XML"),
        ("hello", "no XML"),
        ("{\"version\": \"https://jsonfeed.org/version/1\", \"title\": \"t\", \"items\": []}", "no XML"),
        ("<html><body>Not found</body></html>", "no feed"),
        ("<rss version=\"2.0\"><channel><item></channel></rss>", "well-formed"),
        ("<rss version=\"2.0\"><channel><item>", "breaks off"),
        ("<rss version=\"2.0\"></rss><rss version=\"2.0\"></rss>", "no XML"),
        ("<rss version=\"2.0\"><channel><title>&</title></channel></rss>", ""),
    ] {
        let error = refusal(document);
        assert!(error.contains(what) && error.len() < 300, "{document}: {error}");
    }
}

/// What is wrong is told in words of the feed, which are somebody else's.
#[test]
fn what_is_told_of_it_is_inert_and_short() {
    let name = format!("\u{1b}[31m\u{202e}{}", "x".repeat(100_000));
    for document in [format!("<a></{name}>"), format!("<a></a></{name}>"), rss("").replace("2.0", &name)] {
        let error = refusal(document);
        assert!(error.len() < 300 && !error.contains(['\u{1b}', '\u{202e}']), "{error}");
    }
}

#[test]
fn an_encoding_is_what_it_is_declared_to_be() {
    let title = |declared: &str| {
        let prolog = format!("<?xml version=\"1.0\"{}encoding=\"{declared}\"?>", " ".repeat(90));
        let feed = b"<rss version=\"2.0\"><channel><title>t</title><link>http://a</link><description>d</description>\
                     <item><title>Soci\xe9t\xe9</title><guid>1</guid></item></channel></rss>";
        entries(&[prolog.as_bytes(), feed].concat()).map(|found| found[0].title.clone())
    };
    assert_eq!(title("ISO-8859-1").unwrap(), "Soci\u{e9}t\u{e9}");
    assert!(title("utf-8").unwrap_err().contains("encoding"));
    // what could be read by bytes is not in pairs of them
    let misnamed = rss("<item><title>x</title><guid>1</guid></item>").replace("?>", " encoding=\"UTF-16\"?>");
    assert_eq!(entries(misnamed.as_bytes()).unwrap()[0].title, "x");
}

/// Bytes that are a comment to whoever reads them one by one, and two million elements to whoever reads them in pairs.
#[test]
fn no_second_document_hides_in_another_encoding() {
    let deep = format!("<rss version=\"2.0\">{}", "<a>".repeat(100_000));
    let hidden: Vec<u8> = deep.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for declared in ["<?xml version='1.0' encoding='UTF-16LE'?>", "  <?xml version='1.0' encoding='UTF-16LE'?>"] {
        let document = [declared.as_bytes(), b"<!--", &hidden, b"--><rss></rss>"].concat();
        assert!(refusal(&document).contains("no text in its encoding"), "{}", refusal(&document));
    }
    let twice = "<?xml version='1.0'?><?xml version='1.0' encoding='UTF-16LE'?><rss version='2.0'><channel/></rss>";
    assert!(refusal(twice).contains("twice"));
    let json = r#"{"version": "https://jsonfeed.org/version/1", "title": "<a></a>", "items": []}"#;
    assert!(refusal(json).contains("no XML"));
}

/// Small documents that the parser would make gigabytes of: what stands beside the groups of an entry is copied to each of
/// them, and a link is stored with all of the address that it is relative to.
#[test]
fn nothing_is_multiplied() {
    let began = Instant::now();
    let media = |prefix: &str| {
        let thumbnails = format!("<{prefix}:thumbnail url=\"http://a\"/>").repeat(30_000);
        let groups = format!("<{prefix}:group><{prefix}:content url=\"http://a\"/></{prefix}:group>").repeat(30_000);
        rss(&format!("<item><guid>1</guid><title>t</title>{thumbnails}{groups}</item>"))
            .replace("<rss ", &format!("<rss xmlns:{prefix}=\"http://search.yahoo.com/mrss/\" "))
    };
    assert_eq!(entries(media("media").as_bytes()).unwrap()[0].title, "t");
    let links = "<link href=\"x\"/>".repeat(50_000);
    let atom = |base: &str, inner: &str| {
        format!(
            "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:base=\"{base}\"><id>f</id><title>t</title><updated>2026-11-27T08:00:00Z\
             </updated>{inner}<entry><id>1</id><title>t</title>{links}</entry></feed>"
        )
    };
    assert!(refusal(atom(&format!("http://a/{}/", "x".repeat(4_000_000)), "")).contains("relative"));
    let nested = format!("{}{}", "<a xml:base=\"yyyyyyyyyyyyyyyyyyyy/\">".repeat(20), "</a>".repeat(20));
    assert!(refusal(atom("http://a/", &nested)).contains("relative"));
    assert_eq!(entries(atom("http://a/b/", "").as_bytes()).unwrap()[0].link.as_deref(), Some("http://a/b/x"));
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}

proptest! {
    #[test]
    fn any_bytes_are_taken_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = entries(&bytes);
    }

    /// Cut anywhere, with a byte bent: no panic, and what comes out is inert.
    #[test]
    fn a_damaged_feed_is_taken_or_refused(cut in 0..400_usize, at in 0..400_usize, byte: u8) {
        let item = "<item><title>IREN &amp; <b>x</b></title><link>https://example.org/1</link><guid>1</guid>\
                    <pubDate>Fri, 27 Nov 2026 12:30:00 GMT</pubDate></item>";
        let mut feed = rss(item).into_bytes();
        feed.truncate(feed.len().saturating_sub(cut.saturating_sub(200)));
        if let Some(bent) = feed.get_mut(at) {
            *bent = byte;
        }
        for entry in entries(&feed).into_iter().flatten() {
            let texts = [entry.title, entry.text, entry.link.unwrap_or_default()].concat();
            prop_assert!(!texts.contains(char::is_control));
        }
    }
}
