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
