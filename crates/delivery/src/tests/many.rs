//! Ten thousand receivers, a tenth of them dead.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use super::{receiver::Receiver, *};

const SUBSCRIPTIONS: usize = 10_000;
const WITHIN: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_are_served_in_time_though_a_tenth_is_dead() {
    let fixture = engine().await;
    let subscribers = fixture.subscribers().await;
    let (receiver, spoken) = (Receiver::start().await, Spoken::new());
    let targets: Vec<String> = (0..SUBSCRIPTIONS)
        .map(|number| receiver.url(&if number % 10 == 3 { format!("/dead/{number}") } else { format!("/ok/{number}") }))
        .collect();
    confirmed(&subscribers, ChannelKind::Webhook(Format::Json), &targets).await;
    let running = Running::start(&subscribers, &senders(None), spoken.clone());
    // all of them are known, and have a place written down
    until("everybody is known", Duration::from_secs(60), async || {
        (subscribers.tables().progress().await.unwrap().len() == SUBSCRIPTIONS).then_some(())
    })
    .await;
    for round in 1..=2 {
        let start = Instant::now();
        spoken.say(1);
        let live = SUBSCRIPTIONS / 10 * 9 * round;
        until("every live one is served", 8 * WITHIN, async || (receiver.posts().len() >= live).then_some(())).await;
        let took = start.elapsed();
        eprintln!("notice {round}: {} live receivers served in {took:.1?}, {} dead", live / round, SUBSCRIPTIONS / 10);
        // a build without optimizations is no measure
        assert!(cfg!(debug_assertions) || took < WITHIN, "{took:?}");
    }
    running.end().await;
    let mut keys: HashMap<String, usize> = HashMap::new();
    receiver.posts().into_iter().for_each(|post| *keys.entry(post.key).or_default() += 1);
    assert_eq!(keys.len(), SUBSCRIPTIONS / 10 * 9 * 2);
    assert!(keys.values().all(|count| *count == 1), "each once where nothing fails");
    let served = subscribers.tables().progress().await.unwrap().iter().filter(|row| row.seq == 2).count();
    assert_eq!(served, SUBSCRIPTIONS / 10 * 9, "and all of it is written down");
}
