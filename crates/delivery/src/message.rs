//! What a webhook is sent: its body in three forms, and its signature.

use hashwatch_model::{Measure, Notice};
use serde_json::{Value, json};

use crate::{
    Format,
    key::hmac,
    words::{Told, without_links},
};

/// Characters that Discord takes in a message, less some to spare.
const DISCORD_CHARS: usize = 1_900;
/// Characters that Slack recommends.
const SLACK_CHARS: usize = 3_900;

/// The header `Hashwatch-Signature`: the time, and the HMAC-SHA256 of `time.body` under the text of the signing key.
pub(crate) fn signature(signing_key: &str, at_seconds: u64, body: &str) -> String {
    let mac = hmac(signing_key.as_bytes(), format!("{at_seconds}.{body}").as_bytes());
    format!("t={at_seconds},v1={}", hex::encode(mac))
}

/// The body that tells a notice.
pub(crate) fn notice(format: Format, told: &Told) -> String {
    match format {
        Format::Json => as_json(told).to_string(),
        Format::Slack | Format::Discord => {
            let lines = [&told.headline].into_iter().chain(&told.detail);
            chat(format, &lines.map(String::as_str).collect::<Vec<_>>(), &told.link)
        }
    }
}

/// The body of a test.
pub(crate) fn test(format: Format, base: &str) -> String {
    let text = "hashwatch: a test. Notices will arrive like this.";
    match format {
        Format::Json => json!({ "test": true, "headline": text, "link": format!("{base}/alerts") }).to_string(),
        Format::Slack | Format::Discord => chat(format, &[text], &format!("{base}/alerts")),
    }
}

fn as_json(told: &Told) -> Value {
    let notice: &Notice = &told.notice;
    let measure = |it: &Measure| {
        let interval = it.interval.map(|(low, high)| json!([low, high]));
        json!({ "name": it.name, "unit": it.unit, "value": it.value, "interval": interval })
    };
    json!({
        "alert": notice.alert.to_string(),
        "seq": notice.seq,
        "rule": notice.rule,
        "subject": { "kind": notice.subject.kind, "id": notice.subject.id, "name": notice.subject.name },
        "change": notice.change.name(),
        "from_level": notice.from_level,
        "level": notice.level,
        "threshold": notice.threshold,
        "threshold_now": notice.threshold_now,
        "headline": told.headline,
        "link": told.link,
        "block": { "height": notice.block.height, "hash": notice.block.hash.to_string() },
        "time": notice.time,
        "evidence": told.detail,
        "measures": notice.measures.iter().map(measure).collect::<Vec<_>>(),
        "registry": notice.registry.0,
        "said_at": notice.said_at,
        "first_said_of": notice.first_said_of.map(|id| json!({ "height": id.height, "hash": id.hash.to_string() })),
    })
}

/// Lines of text from anywhere, and a link of ours.
fn chat(format: Format, lines: &[&str], link: &str) -> String {
    let lines = lines.iter().map(|line| without_links(line));
    match format {
        Format::Json | Format::Slack => {
            let text: Vec<String> = lines.map(|line| slack(&line)).collect();
            let text = format!("{}\n{}", cut(&text.join("\n"), SLACK_CHARS), slack(link));
            // no markup, no mentions by name, no previews
            json!({ "text": text, "mrkdwn": false, "link_names": false, "unfurl_links": false, "unfurl_media": false })
                .to_string()
        }
        Format::Discord => {
            let text: Vec<String> = lines.map(|line| discord(&line)).collect();
            let content = format!("{}\n{link}", cut(&text.join("\n"), DISCORD_CHARS));
            json!({ "content": content, "allowed_mentions": { "parse": [] } }).to_string()
        }
    }
}

/// The three characters that Slack asks to be escaped, `&` first.
fn slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Every character that Discord could take for markup, behind a backslash.
fn discord(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '*' | '_' | '~' | '`' | '|' | '>' | '<' | '#' | '[' | ']' | '(' | ')' | '-' | '@' | ':') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// The first characters, and not a part of an escape at their end.
fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        None => text.to_owned(),
        Some((end, _)) => {
            let whole = text[..end].rfind(char::is_whitespace).map_or("", |at| &text[..at]);
            format!("{whole} …")
        }
    }
}

#[cfg(test)]
mod tests {
    use hashwatch_model::{AlertId, BlockId, Change, RegistryVersion, Subject};

    use super::*;

    fn told(name: &str) -> Told {
        let hash = "0".repeat(64).parse().unwrap();
        let notice = Notice {
            seq: 7,
            alert: AlertId(0xab),
            rule: "share".to_owned(),
            subject: Subject { kind: "pool".to_owned(), id: "x".to_owned(), name: name.to_owned() },
            change: Change::Worsened,
            from_level: 1,
            level: 2,
            threshold: 0.4,
            threshold_now: None,
            block: BlockId { height: 900_000, hash },
            time: 1_700_000_000,
            measures: vec![Measure::new("share", "share", 0.42, Some((0.4, 0.44)))],
            registry: RegistryVersion("r".to_owned()),
            said_at: 1,
            historic: false,
            first_said_of: None,
        };
        Told::new(&notice, Change::Raised, "https://watch.example")
    }

    #[test]
    fn a_signature_is_that_of_time_and_body() {
        let signed = signature("key", 12, "{}");
        // printf "12.{}" | openssl dgst -sha256 -hmac key
        assert_eq!(signed, "t=12,v1=043e30e1e15664dc97494d18e4110984bcbd2c4e6f3e19de9569dc1ea6d9b03e");
        assert_ne!(signed, signature("key", 12, "{} "));
        assert_ne!(signed[5..], signature("key", 13, "{}")[5..]);
        assert_ne!(signed, signature("kez", 12, "{}"));
    }

    #[test]
    fn json_has_all_of_it_as_this_reader_sees_it() {
        let body: Value = serde_json::from_str(&notice(Format::Json, &told("</script>"))).unwrap();
        assert_eq!(body["alert"], "00000000000000ab");
        assert_eq!((&body["seq"], &body["rule"], &body["change"]), (&json!(7), &json!("share"), &json!("raised")));
        assert_eq!(body["subject"], json!({ "kind": "pool", "id": "x", "name": "</script>" }));
        assert_eq!(body["link"], "https://watch.example/alerts/00000000000000ab");
        assert_eq!(body["measures"][0]["interval"], json!([0.4, 0.44]));
        assert_eq!(body["block"]["height"], 900_000);
    }

    #[test]
    fn hostile_names_are_inert_in_chats() {
        let evil =
            "<!channel> <@U1> <https://evil.example|bank> & *b* @everyone [x](https://evil.example) `c` ||s||\r\n# big";
        let slack: Value = serde_json::from_str(&notice(Format::Slack, &told(evil))).unwrap();
        let text = slack["text"].as_str().unwrap();
        assert!(text.contains("&lt;!channel&gt;") && text.contains("&amp;") && !text.contains(['<', '>']), "{text}");
        assert_eq!(text.matches("://").count(), 1, "no link but ours: {text}");
        assert_eq!((&slack["mrkdwn"], &slack["link_names"]), (&json!(false), &json!(false)));
        let discord: Value = serde_json::from_str(&notice(Format::Discord, &told(evil))).unwrap();
        let content = discord["content"].as_str().unwrap();
        assert_eq!(discord["allowed_mentions"], json!({ "parse": [] }));
        let (said, link) = content.rsplit_once('\n').unwrap();
        assert_eq!(link, "https://watch.example/alerts/00000000000000ab");
        for (at, c) in said.char_indices().filter(|(_, c)| "*_~`|<>#[]()@".contains(*c)) {
            assert_eq!(said.as_bytes()[at - 1], b'\\', "{c} in {said}");
        }
        assert!(said.lines().all(|line| !line.starts_with('#')) && !said.contains("://"), "{said}");
    }

    #[test]
    fn endless_names_are_cut_and_leave_the_link() {
        for format in [Format::Slack, Format::Discord] {
            let body: Value = serde_json::from_str(&notice(format, &told(&"*<".repeat(5_000)))).unwrap();
            let text = body["text"].as_str().or(body["content"].as_str()).unwrap();
            assert!(text.chars().count() < 2_000 && text.ends_with("/alerts/00000000000000ab"), "{text}");
        }
        let test: Value = serde_json::from_str(&test(Format::Json, "https://watch.example")).unwrap();
        assert_eq!(test["test"], true);
    }
}
