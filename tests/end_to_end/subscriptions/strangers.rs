//! Who asks about others, brings names that would be markup, or comes where nobody may subscribe.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::{SOON, Scene};
use crate::{sql::Sql, turn::turn};

/// Wishes of each kind that are timed.
const TIMED: usize = 12;
/// A name that would be markup.
const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror=alert(1)>";

#[test]
fn an_answer_tells_nobody_who_is_subscribed() -> Result<()> {
    let _turn = turn();
    let mut scene = Scene::new(300, "[alerts.subscriptions]\nconfirmations_per_address_day = 2\n")?;
    scene.subscribed("active@example.org", "192.0.2.1")?;
    let over = scene.subscribed("over@example.org", "192.0.2.2")?;
    scene.send(&format!("/subscriptions/{}/unsubscribe", over.unsubscribe), "", "192.0.2.2")?;
    scene.wish("pending@example.org", "192.0.2.3")?;
    scene.confirm_token("pending@example.org")?;
    let known = ["active@example.org", "over@example.org", "pending@example.org", "nobody@example.org"];
    let mut times = [const { Vec::<Duration>::new() }; 4];
    let mut answers = Vec::new();
    for turn in 0..TIMED {
        for (place, address) in known.iter().enumerate() {
            // new ones each time, where nobody is known
            let address = if place == 3 { &format!("nobody{turn}@example.org") } else { *address };
            let start = Instant::now();
            let answer = scene.wish(address, &format!("198.51.100.{}", turn * 4 + place))?;
            times[place].push(start.elapsed());
            let mut headers: Vec<String> =
                answer.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
            headers.retain(|line| !line.starts_with("date: "));
            headers.sort();
            answers.push((answer.status, headers, answer.body));
        }
    }
    ensure!(answers[0].0 == 303 && answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    // the shortest of each: what else the machine does only makes them longer
    let shortest = times.map(|times| times.into_iter().min().unwrap_or_default());
    let [least, most] = [shortest.iter().min(), shortest.iter().max()].map(|time| time.copied().unwrap_or_default());
    ensure!(
        most < least * 3 / 2 + Duration::from_millis(10),
        "as long for whom is known as for whom is not: {shortest:?}"
    );
    println!("a wish takes {shortest:?}: of one subscribed, one who was, one asked already, new ones");
    scene.hashwatch.terminate()
}

#[test]
fn names_are_text_on_pages_of_subscriptions() -> Result<()> {
    let _turn = turn();
    let mut scene = Scene::new(300, "")?;
    let sql = Sql::of(&scene.hashwatch.data_dir())?;
    let name = HOSTILE.replace('\'', "\\'");
    sql.query(&format!(
        "INSERT INTO hashwatch.notices (seq, revision, step, alert, rule, subject_kind, subject_id, subject_name, change, from_level, \
         level, threshold, height, hash, time, measures, registry_version, said_at, historic, evaluated_height, evaluated_hash, \
         first_height, first_hash) SELECT 1000, 0, 5000, 77, 'share', 'pool', 'x', '{name}', 'raised', 0, 1, 0.4, height, hash, \
         median_time, [('share', 'share', 0.419, [0.398, 0.441])], '0123456789abcdef', now64(3), true, height, hash, NULL, NULL \
         FROM hashwatch.blocks WHERE height = 200 LIMIT 1"
    ))?;
    let links = scene.subscribed("reader@example.org", "192.0.2.1")?;
    let subject = "subject=pool%3A%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E";
    let typed = format!(
        "share=1&{subject}&channel=mail&address=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E&url=%22%3E%3Cimg%20src%3Dx%3E"
    );
    let manage = format!("/subscriptions/{}", links.manage);
    scene.send(&manage, &format!("share=1&{subject}&channel=mail"), "192.0.2.1")?;
    let pages = [
        ("by the preview", scene.get("/subscribe", "192.0.2.2")?, 200),
        ("by the address", scene.get(&format!("/subscribe?share=1&{subject}"), "192.0.2.2")?, 200),
        ("by what was typed", scene.send("/subscribe", &typed, "192.0.2.2")?, 400),
        ("by a parameter", scene.get("/subscribe?%3Cscript%3Ealert(1)%3C/script%3E=1", "192.0.2.2")?, 400),
        ("by what is kept", scene.get(&manage, "192.0.2.2")?, 200),
    ];
    for (what, page, status) in &pages {
        let text = page.text();
        ensure!(page.status == *status, "{what}: {} {text}", page.status);
        ensure!(!text.contains("<script>alert") && !text.contains("<img src=x"), "{what}: {text}");
        ensure!(text.contains("&#60;script&#62;alert(1)"), "{what}: it is there as text: {text}");
    }
    scene.hashwatch.terminate()
}

#[test]
fn where_nobody_may_subscribe_there_is_no_such_page_and_who_is_subscribed_stays() -> Result<()> {
    let _turn = turn();
    let mut scene = Scene::new(300, "")?;
    let links = scene.subscribed("reader@example.org", "192.0.2.1")?;
    ensure!(scene.get("/alerts", "192.0.2.1")?.text().contains("href=\"/subscribe\""), "the page leads there");
    scene.again("[alerts.subscriptions]\npublic = false\n")?;
    for path in ["/subscribe", "/subscribe/asked", "/subscribe?share=1"] {
        ensure!(scene.get(path, "192.0.2.1")?.status == 404, "{path}");
    }
    let mails = scene.smtp.mails().len();
    ensure!(scene.wish("late@example.org", "192.0.2.1")?.status == 404, "a form");
    ensure!(!scene.get("/alerts", "192.0.2.1")?.text().contains("/subscribe"), "no page leads there");
    let manage = format!("/subscriptions/{}", links.manage);
    ensure!(scene.get(&manage, "192.0.2.1")?.status == 200, "it is managed as before");
    ensure!(scene.send(&format!("{manage}/unsubscribe"), "", "192.0.2.1")?.status == 200, "and ended");
    hashwatch_tests::wait_until("it is over", SOON, || {
        scene.get(&manage, "192.0.2.1").is_ok_and(|it| it.status == 404)
    })?;
    ensure!(scene.smtp.mails().len() == mails, "nothing was sent");
    scene.hashwatch.terminate()
}
