//! Who asks about others, brings names that would be markup, or comes where nobody may subscribe.

use std::time::Instant;

use anyhow::{Result, ensure};

use super::{SOON, Scene};
use crate::{sql::Sql, turn::turn};

/// Rounds of wishes that are timed between two looks at them, and looks at most: more where they do not seem to take as long yet.
const TIMED: usize = 16;
const LOOKS: usize = 10;
/// A name that would be markup.
const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror=alert(1)>";

#[test]
fn an_answer_tells_nobody_who_is_subscribed() -> Result<()> {
    let _turn = turn();
    let mut scene = Scene::new(
        300,
        "[alerts.subscriptions]\nconfirmations_per_address_day = 2\nconfirmations_per_domain_day = 1000\n",
    )?;
    scene.subscribed("active@example.org", "192.0.2.1")?;
    let over = scene.subscribed("over@example.org", "192.0.2.2")?;
    scene.send(&format!("/subscriptions/{}/unsubscribe", over.unsubscribe), "", "192.0.2.2")?;
    scene.wish("pending@example.org", "192.0.2.3")?;
    scene.confirm_token("pending@example.org")?;
    let known = ["active@example.org", "over@example.org", "pending@example.org", "nobody@example.org"];
    let mut rounds: Vec<[f64; 4]> = Vec::new();
    let mut first = None;
    for turn in 0..TIMED * LOOKS {
        if turn > 0 && turn.is_multiple_of(TIMED) && as_long(&rounds) {
            break;
        }
        let mut times = [0.0; 4];
        // a balanced Latin square: each comes behind each other, whose mail may be on its way, equally often
        for step in [0, 1, 3, 2] {
            let place = (turn + step) % known.len();
            // new ones each time, where nobody is known
            let address = if place == 3 { &format!("nobody{turn}@example.org") } else { known[place] };
            let start = Instant::now();
            let answer = scene.wish(address, &format!("198.51.{turn}.{place}"))?;
            times[place] = start.elapsed().as_secs_f64();
            let mut headers: Vec<String> =
                answer.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
            headers.retain(|line| !line.starts_with("date: "));
            headers.sort();
            let answer = (answer.status, headers, answer.body);
            let first = first.get_or_insert_with(|| answer.clone());
            ensure!(answer.0 == 303 && answer == *first, "{answer:?}, not {first:?}");
        }
        rounds.push(times);
    }
    println!(
        "{} wishes each of one subscribed, one who was, one asked already: {:?}",
        rounds.len(),
        against_new(&rounds)
    );
    ensure!(as_long(&rounds), "a known one takes {:?} of what a new one does", against_new(&rounds));
    scene.hashwatch.terminate()
}

/// How long those take who are known, as a ratio to the new ones of the same round: the median of the rounds.
fn against_new(rounds: &[[f64; 4]]) -> [f64; 3] {
    std::array::from_fn(|place| {
        let mut ratios: Vec<f64> = rounds.iter().map(|times| times[place] / times[3]).collect();
        ratios.sort_by(f64::total_cmp);
        (ratios[(ratios.len() - 1) / 2] + ratios[ratios.len() / 2]) / 2.0
    })
}

/// Whether nobody learns anything from how long it takes: within a fifth.
fn as_long(rounds: &[[f64; 4]]) -> bool {
    against_new(rounds).iter().all(|ratio| (1.0 / 1.2..1.2).contains(ratio))
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
