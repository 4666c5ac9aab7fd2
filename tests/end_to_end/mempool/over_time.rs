//! Sums, times, difficulty and hashrates as mempool's API tells them, against what our own endpoints say of single blocks.

use anyhow::{Context, Result};
use hashwatch_tests::Hashwatch;
use serde_json::{Value, json};

use super::{TIP, block, list, number, same, whole};

/// Rewards, the tip, and the block of a moment.
pub(super) fn sums_and_times_agree(hashwatch: &Hashwatch) -> Result<()> {
    let blocks = hashwatch.get_json("/api/v1/blocks?limit=144")?;
    let sum =
        |field: &str| list(&blocks["blocks"]).map(|it| it.iter().filter_map(|it| it[field].as_i64()).sum::<i64>());
    let (fees, subsidies) = (sum("fees")?, sum("subsidy")?);
    assert_eq!(
        hashwatch.get_json("/api/v1/mining/reward-stats/144")?,
        json!({
            "startBlock": TIP - 143, "endBlock": TIP, "totalReward": (fees + subsidies).to_string(),
            "totalFee": fees.to_string(), "totalTx": sum("tx_count")?.to_string(),
        })
    );
    assert_eq!(hashwatch.get_json("/api/v1/mining/reward-stats/10000000")?["startBlock"], 0);

    let tip = &blocks["blocks"][0];
    for path in ["/api/blocks/tip", "/api/v1/blocks/tip", "/blocks/tip"] {
        let (height, hash) = (hashwatch.get(&format!("{path}/height"))?, hashwatch.get(&format!("{path}/hash"))?);
        assert_eq!((height.text(), hash.text()), (TIP.to_string(), tip["hash"].as_str().context("a hash")?.to_owned()));
        assert_eq!(height.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(hashwatch.get(&format!("{path}/height?as_of=7"))?.text(), "7");
    }
    // ours stays ours
    assert_eq!(tip["height"], TIP);
    for time in [whole(&tip["time"])?, u64::from(u32::MAX)] {
        let told = hashwatch.get_json(&format!("/api/v1/mining/blocks/timestamp/{time}"))?;
        let at = block(hashwatch, whole(&told["height"])?)?;
        assert_eq!(told["hash"], at["hash"]);
        let written = told["timestamp"].as_str().context("a time")?;
        assert!(written.ends_with(".000Z"), "{written}");
        assert_eq!(written.parse::<jiff::Timestamp>()?.as_second(), at["time"].as_i64().context("a time")?);
        // no other of the latest day comes nearer
        let later = list(&blocks["blocks"])?.iter().filter_map(|it| it["time"].as_u64()).filter(|it| *it <= time).max();
        assert_eq!(at["time"].as_u64(), later);
    }
    Ok(())
}

/// Retargets, and the one to come, by hand from blocks.
pub(super) fn difficulty_agrees(hashwatch: &Hashwatch, scale: f64) -> Result<()> {
    let at = |height: u64| block(hashwatch, height);
    let rows = hashwatch.get_json("/api/v1/mining/difficulty-adjustments")?;
    assert_eq!(list(&rows)?.iter().map(|row| row[1].as_u64()).collect::<Vec<_>>(), [Some(4_032), Some(2_016), Some(0)]);
    for row in list(&rows)? {
        let height = whole(&row[1])?;
        let own = at(height)?;
        assert_eq!(row[0], own["time"]);
        assert!(same(number(&row[2])?, number(&own["difficulty"])? * scale), "{row}");
        let change = match height.checked_sub(1) {
            None => 0.0,
            Some(below) => number(&own["difficulty"])? / number(&at(below)?["difficulty"])?,
        };
        assert!((number(&row[3])? - change).abs() < 1e-6, "{row}");
    }
    // block 2,016 is three weeks old
    assert_eq!(list(&hashwatch.get_json("/api/v1/mining/difficulty-adjustments/1w")?)?.len(), 1);

    let told = hashwatch.get_json("/api/v1/difficulty-adjustment")?;
    let (first, tip) = (at(4_032)?, at(TIP)?);
    let seconds = number(&tip["time"])? - number(&first["time"])?;
    assert_eq!((&told["nextRetargetHeight"], &told["remainingBlocks"]), (&json!(6_048), &json!(6_048 - TIP)));
    assert_eq!((&told["previousTime"], &told["timeOffset"]), (&first["time"], &json!(0)));
    assert_eq!(told["timeAvg"], told["adjustedTimeAvg"]);
    assert_eq!(number(&told["timeAvg"])?, (seconds / 967.0 * 1_000.0).floor());
    assert!(same(number(&told["expectedBlocks"])?, seconds / 600.0));
    let change = 100.0 * (number(&rows[0][2])? / number(&rows[1][2])? - 1.0);
    assert!((number(&told["previousRetarget"])? - change).abs() < 1e-9);
    let change = 100.0 * (1_209_600.0 / (seconds / 967.0 * 2_015.0) - 1.0);
    assert!((number(&told["difficultyChange"])? - change).abs() < 1e-9, "{told}");
    let ends = whole(&tip["time"])? * 1_000 + whole(&told["remainingTime"])?;
    assert_eq!(told["estimatedRetargetDate"], ends);
    // early in an epoch the last 504 blocks are looked at, and the chain's first is an epoch's first
    let early = hashwatch.get_json("/api/v1/difficulty-adjustment?as_of=4100")?;
    assert_ne!(early["timeAvg"], early["adjustedTimeAvg"]);
    assert_eq!(early["remainingBlocks"], 6_048 - 4_100);
    assert_eq!(hashwatch.get_json("/api/v1/difficulty-adjustment?as_of=1000")?["previousRetarget"], json!(0.0));
    // with an epoch's last block, what comes is what came
    let told = hashwatch.get_json("/api/v1/difficulty-adjustment?as_of=4031")?;
    let came = 100.0 * (number(&rows[0][3])? - 1.0);
    assert!((number(&told["difficultyChange"])? - came).abs() < 0.05, "{told}, {came}");
    Ok(())
}

/// Days and weeks, by hand from blocks of a day.
pub(super) fn hashrates_agree(hashwatch: &Hashwatch, scale: f64) -> Result<()> {
    let told = hashwatch.get_json("/api/v1/mining/hashrate/1w")?;
    let tip = block(hashwatch, TIP)?;
    assert!(same(number(&told["currentDifficulty"])?, number(&tip["difficulty"])? * scale));
    let days = list(&told["hashrates"])?;
    assert_eq!(days.len(), 7);
    let blocks = hashwatch.get_json("/api/v1/blocks?limit=200&to=4999")?;
    let more = hashwatch.get_json("/api/v1/blocks?limit=200&to=4799")?;
    let blocks: Vec<&Value> = list(&blocks["blocks"])?.iter().chain(list(&more["blocks"])?).collect();
    let end = days[6]["timestamp"].as_i64().context("a time")?;
    let within = |block: &&&Value| {
        let median = block["median_time"].as_i64().unwrap_or_default();
        (end - 86_400..end).contains(&median)
    };
    let day: Vec<_> = blocks.iter().filter(within).collect();
    let below = blocks.iter().find(|it| it["height"] == whole(&day[day.len() - 1]["height"]).unwrap_or_default() - 1);
    // as many hashes in expectation as the target asks for, by what the chain adds them up to
    let work = |block: &Value| u128::from_str_radix(block["chainwork"].as_str().unwrap_or_default(), 16);
    let below = below.context("the block below")?;
    let hashes = (work(day[0])? - work(below)?) as f64 * scale;
    let (n, seconds) = (day.len() as f64, number(&day[0]["time"])? - number(&below["time"])?);
    let rate = hashes / seconds * (n - 1.0) / n;
    assert!(same(rate, number(&days[6]["avgHashrate"])?), "{rate}, {}", days[6]);
    let mean = days.iter().filter_map(|day| day["avgHashrate"].as_f64()).sum::<f64>() / 7.0;
    let week = number(&hashwatch.get_json("/api/v1/mining/pools/1w")?["lastEstimatedHashrate1w"])?;
    assert!((mean / week - 1.0).abs() < 0.1, "{mean} and {week}");

    let weeks = hashwatch.get_json("/api/v1/mining/hashrate/pools/1m")?;
    let weeks = list(&weeks)?;
    let shares = hashwatch.get_json("/api/v1/shares?window=1w")?;
    let last = weeks.last().context("a week")?["timestamp"].clone();
    let of_last: Vec<_> = weeks.iter().filter(|week| week["timestamp"] == last).collect();
    let pools = list(&shares["shares"])?;
    assert_eq!(of_last.len(), pools.len() + 1);
    assert_eq!((&of_last[0]["poolName"], &of_last[pools.len()]["poolName"]), (&pools[0]["name"], &json!("Unknown")));
    let one =
        hashwatch.get_json(&format!("/api/v1/mining/pool/{}/hashrate", pools[0]["id"].as_str().context("a slug")?))?;
    assert_eq!(list(&one)?.last(), Some(of_last[0]));
    Ok(())
}
