//! Heads that nothing can be put into, and HTML that shows what it was given.

use hashwatch_model::Change;

use super::*;
use crate::address::Address;

fn letterhead() -> Letterhead {
    let from = "hashwatch <alerts@watch.example>".parse().unwrap();
    Letterhead { from, reply_to: "op@watch.example".parse().ok(), base: "https://watch.example".to_owned() }
}

fn secrets() -> Secrets {
    Secrets::new(Address::parse("reader@example.org").unwrap(), String::new()).unwrap()
}

fn told(name: &str) -> Told {
    let mut notice = hashwatch_model::Notice::clone(&crate::line::tests::notice(7, 1, 1));
    notice.subject.name = name.to_owned();
    notice.rule = format!("share{name}");
    Told::new(&notice, Change::Raised, "https://watch.example")
}

/// Head and body, unfolded.
fn parts(message: &Message) -> (String, String) {
    let text = String::from_utf8(message.formatted()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.replace("\r\n ", " "), body.replace("=\r\n", ""))
}

fn names(head: &str) -> Vec<&str> {
    head.lines().map(|line| line.split_once(':').map_or(line, |(name, _)| name)).collect()
}

const HEADERS: [&str; 11] = [
    "From",
    "To",
    "Subject",
    "Message-ID",
    "Auto-Submitted",
    "Reply-To",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "MIME-Version",
    "Date",
    "Content-Type",
];

#[test]
fn a_notice_has_the_heads_of_a_list() {
    let secrets = secrets();
    let message = letterhead().notices("00000000000000ab-7", &secrets, &[told("Pool")]).unwrap();
    let (head, body) = parts(&message);
    let unsubscribe =
        format!("https://watch.example/subscriptions/{}/unsubscribe", secrets.token(Purpose::Unsubscribe).text());
    for line in [
        "Message-ID: <00000000000000ab-7@watch.example>".to_owned(),
        "Auto-Submitted: auto-generated".to_owned(),
        format!("List-Unsubscribe: <{unsubscribe}>"),
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click".to_owned(),
        "Reply-To: op@watch.example".to_owned(),
        "To: reader@example.org".to_owned(),
    ] {
        assert!(head.lines().any(|found| found == line), "{line} in {head}");
    }
    assert!(head.contains("multipart/alternative"));
    assert!(body.contains("text/plain") && body.contains("text/html"));
    assert!(body.contains(&format!("/subscriptions/{}", secrets.token(Purpose::Manage).text())));
    let mut found = names(&head);
    found.sort_unstable();
    let mut expected = HEADERS;
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn no_name_ends_a_header() {
    for evil in [
        "x\r\nBcc: victim@example.org",
        "x\nBcc: victim@example.org",
        "x\rBcc: v@example.org",
        "x\r\n\r\n<html>",
        "x\u{0}\u{b}\u{c}\u{85}\u{2028}Bcc: y",
        "=?utf-8?q?x=0d=0aBcc:_v@example.org?=",
        "ä\r\nBcc: ö@example.org",
    ] {
        let message = letterhead().notices("00000000000000ab-7", &secrets(), &[told(&evil.repeat(4))]).unwrap();
        let (head, _) = parts(&message);
        assert!(names(&head).iter().all(|name| HEADERS.contains(name)), "{head}");
        assert_eq!(head.matches("\nTo: ").count(), 1);
        assert_eq!(message.envelope().to().len(), 1);
    }
}

#[test]
fn hostile_text_is_inert_in_html() {
    let evil = "<script>alert(1)</script><img src=x onerror=alert(1)> \"' & https://evil.example/";
    let message = letterhead().notices("00000000000000ab-7", &secrets(), &[told(evil), told(evil)]).unwrap();
    let (head, body) = parts(&message);
    assert!(head.contains("Subject: 2 warnings of the last day"));
    let html = body.split("text/html").nth(1).unwrap().to_lowercase();
    assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("://evil"), "{html}");
    assert!(html.contains("&#60;script&#62;"), "it is shown as it is: {html}");
    assert!(!body.contains("://evil"), "nor made a link in plain text");
}

#[test]
fn a_mail_to_whoever_has_not_confirmed_only_asks() {
    let secrets = secrets();
    let (head, body) = parts(&letterhead().confirmation(SubscriptionId(1), &secrets).unwrap());
    assert!(body.contains(&secrets.token(Purpose::Confirm).text()));
    assert!(!body.contains(&secrets.token(Purpose::Manage).text()) && !head.contains("List-"));
    let (_, body) = parts(&letterhead().welcome(SubscriptionId(1), &secrets).unwrap());
    assert!(
        body.contains(&secrets.token(Purpose::Manage).text())
            && !body.contains(&secrets.token(Purpose::Confirm).text())
    );
}

#[test]
fn settings_cannot_end_a_header_either() {
    let settings = |from: &str| crate::MailSettings {
        host: "localhost".to_owned(),
        port: None,
        security: crate::Security::None,
        login: Some(("user".to_owned(), "hunter2".to_owned())),
        authority: None,
        from: from.to_owned(),
        reply_to: None,
    };
    assert!(settings("hashwatch <alerts@watch.example>").mailboxes().is_ok());
    for bad in ["", "x", "x\r\nBcc: y@example.org <a@example.org>", "a@example.org\r\n", "a@example.org, b@example.org"]
    {
        assert!(settings(bad).mailboxes().is_err(), "{bad:?}");
    }
    assert!(!format!("{:?}", settings("a@example.org")).contains("hunter2"));
    let remote = crate::MailSettings { host: "mail.example.org".to_owned(), ..settings("a@example.org") };
    assert!(crate::mailer::Mailer::new(&remote).is_err(), "in the open only on this machine");
}
