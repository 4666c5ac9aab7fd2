//! The price of a coin in a file as Coin Metrics publishes them: a header line with `time` and `PriceUSD` among other columns, a
//! line per day. Days without a price are empty there, the last ones as a rule.

use std::path::Path;

use hashwatch_model::{Moving, Quantity, ValueOrigin};

use super::settings::time;

/// Bytes of a file: one of all days with all columns has a twentieth.
const MOST_BYTES: u64 = 64 << 20;

/// Characters of a cell that a message shows.
const SHOWN_CHARS: usize = 40;

/// The price of the latest day that has one. Any line that cannot be is an error: a file with one is not trusted in another.
pub(super) fn latest(file: &Path, now: u64) -> Result<Moving, String> {
    let name = file.display();
    let failed = |error: std::io::Error| format!("cannot read {name}: {error}");
    let about = std::fs::metadata(file).map_err(failed)?;
    if !about.is_file() || about.len() > MOST_BYTES {
        return Err(format!("cannot read {name}: it is no file, or has over {MOST_BYTES} bytes"));
    }
    let bytes = std::fs::read(file).map_err(failed)?;
    read(&bytes, now, &name.to_string()).map_err(|error| format!("{name}: {error}"))
}

fn read(bytes: &[u8], now: u64, name: &str) -> Result<Moving, String> {
    let mut rows = csv::Reader::from_reader(bytes);
    let header = rows.headers().map_err(|error| error.to_string())?.clone();
    let column =
        |name: &str| header.iter().position(|column| column == name).ok_or_else(|| format!("it has no column {name}"));
    let [times, prices] = [column("time")?, column("PriceUSD")?];
    let mut latest: Option<Moving> = None;
    for row in rows.records() {
        let row = row.map_err(|error| error.to_string())?;
        let line = row.position().map_or(0, csv::Position::line);
        let [at, price] = [times, prices].map(|column| row.get(column).unwrap_or_default().trim());
        if price.is_empty() {
            continue;
        }
        let shown = |cell: &str| cell.chars().take(SHOWN_CHARS).collect::<String>();
        let at = time(at).ok_or_else(|| format!("line {line}: {:?} is no day", shown(at)))?;
        let price = price.parse().map_err(|_| format!("line {line}: {:?} is no price", shown(price)))?;
        let origin = ValueOrigin::File(name.to_owned());
        let value =
            Moving::new(Quantity::BtcUsd, price, at, now, origin).map_err(|error| format!("line {line}: {error}"))?;
        if latest.as_ref().is_none_or(|latest| latest.at < value.at) {
            latest = Some(value);
        }
    }
    latest.ok_or_else(|| "it holds no price".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_824_000;

    fn price(text: &str) -> Result<(f64, u64), String> {
        read(text.as_bytes(), NOW, "btc.csv").map(|value| (value.value, value.at))
    }

    #[test]
    fn the_latest_day_with_a_price() {
        // 2026-11-26 begins 1,795,651,200 seconds after 1970
        let text = "time,AdrActCnt,PriceUSD,HashRate\n2009-01-03,0,,\n2026-11-25,1,91000.5,1.1e9\n\
                    2026-11-26,1,92000.25,1.1e9\n2026-11-27,,,\n";
        assert_eq!(price(text), Ok((92_000.25, 1_795_651_200)));
        assert_eq!(price("PriceUSD,time\n5,2026-11-26\n4,2026-11-25\n"), Ok((5.0, 1_795_651_200)));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, what) in [
            ("", "no column time"),
            ("time,Price\n2026-11-26,5\n", "no column PriceUSD"),
            ("time,PriceUSD\n", "no price"),
            ("time,PriceUSD\n2026-11-26,\n", "no price"),
            ("time,PriceUSD\n2026-11-26,5\n2026-11-27,NaN\n", "line 3: btc_usd of NaN"),
            ("time,PriceUSD\n2026-11-26,-5\n", "line 2: btc_usd of -5"),
            ("time,PriceUSD\n2026-11-26,inf\n", "line 2"),
            ("time,PriceUSD\n2026-11-26,\"92,000\"\n", "\"92,000\" is no price"),
            ("time,PriceUSD\n26/11/2026,5\n", "is no day"),
            ("time,PriceUSD\n2027-11-26,5\n", "line 2: btc_usd of the time"),
            ("time,PriceUSD\n2026-11-26,5,6\n", "line: 2"),
            ("time,PriceUSD\n2026-11-26,\u{1b}[31m\n", "is no price"),
        ] {
            let error = price(text).unwrap_err();
            assert!(error.contains(what) && !error.contains('\u{1b}'), "{text}: {error}");
        }
        let long = "x".repeat(1 << 20);
        for text in [format!("time,PriceUSD\n2026-11-26,{long}\n"), format!("time,PriceUSD\n{long},5\n")] {
            assert!(price(&text).unwrap_err().len() < 100);
        }
        assert!(read(b"time,PriceUSD\n\xff,\xff\n", NOW, "x").is_err());
        let nowhere = latest(Path::new("/nowhere/btc.csv"), NOW).unwrap_err();
        assert!(nowhere.contains("/nowhere/btc.csv"), "{nowhere}");
    }
}
