//! Who found which block, from somebody's table: CSV with the columns height, time and a label, gzipped or not.
//!
//! The file may be anybody's. What cannot be is refused with its line; nothing of it is taken for more than a text.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
    sync::Arc,
};

use csv::StringRecord;
use flate2::read::MultiGzDecoder;
use hashwatch_registry::Registry;

use super::{
    columns::{Columns, NewBlock},
    stored::{Times, Whole},
};
use crate::BadUsage;

/// Bytes of a line, far above what three cells and a hash take: a file without line breaks is not read into memory.
const LONGEST_LINE: usize = 64 << 10;
/// Letters of a label.
const LONGEST_LABEL: usize = 200;
/// Blocks of a hundred and ninety years.
const MOST_BLOCKS: usize = 10_000_000;
/// Header times that a median time past is of (BIP 113).
const MEDIAN_OF: usize = 11;

/// Reads a table into columns. Rows follow each other without a gap. An empty label, or `unknown`, is Unknown; one that is a known
/// pool's slug or one of its names is that pool, and any other is a pool of that name.
pub(crate) fn read(path: &Path, column: &str, registry: &Arc<Registry>) -> Result<Whole, BadUsage> {
    let name = path.display();
    let file = File::open(path).map_err(|error| BadUsage(format!("cannot read {name}: {error}")))?;
    let plain: Box<dyn Read> = if path.extension().is_some_and(|ending| ending == "gz") {
        Box::new(MultiGzDecoder::new(BufReader::new(file)))
    } else {
        Box::new(file)
    };
    of(plain, column, registry).map_err(|Refused { line, reason }| {
        let line = line.map_or_else(String::new, |line| format!(", line {line}"));
        BadUsage(format!("{name}{line}: {reason}"))
    })
}

/// Why a table is not read, and in which line.
#[derive(Debug, PartialEq)]
struct Refused {
    line: Option<u64>,
    reason: String,
}

impl Refused {
    fn csv(error: &csv::Error) -> Refused {
        let line = error.position().map(csv::Position::line);
        let reason = match error.kind() {
            csv::ErrorKind::Utf8 { .. } => "not UTF-8".to_owned(),
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("{len} cells, where the first line has {expected_len}")
            }
            csv::ErrorKind::Io(error) => error.to_string(),
            _ => error.to_string(),
        };
        Refused { line, reason }
    }
}

fn of(plain: impl Read, column: &str, registry: &Arc<Registry>) -> Result<Whole, Refused> {
    let mut rows = csv::Reader::from_reader(Lines { inner: plain, since: 0 });
    let header = rows.headers().map_err(|error| Refused::csv(&error))?.clone();
    let place = |name: &str| {
        let missing = || {
            let found: Vec<String> = header.iter().take(20).map(|cell| format!("{:.40?}", cell)).collect();
            let reason = format!("there is no column {name:?}; it has {}", found.join(", "));
            Refused { line: Some(1), reason }
        };
        header.iter().position(|cell| cell.trim() == name).ok_or_else(missing)
    };
    let places = [place("height")?, place("time")?, place(column)?];
    let (pools, mut last) = (Pools::new(registry), LastTimes::default());
    let (mut columns, mut times, mut first) = (None, Vec::new(), 0_u32);
    let mut row = StringRecord::new();
    while rows.read_record(&mut row).map_err(|error| Refused::csv(&error))? {
        let refuse = |reason: String| Refused { line: row.position().map(csv::Position::line), reason };
        let [height, time, label] = places.map(|place| row.get(place).unwrap_or_default().trim());
        let height: u32 = number(height).ok_or_else(|| refuse(format!("{height:.40?} is no height")))?;
        let time: u32 = number(time).ok_or_else(|| refuse(format!("{time:.40?} is no time in Unix seconds")))?;
        if label.chars().nth(LONGEST_LABEL).is_some() {
            return Err(refuse(format!("a label of more than {LONGEST_LABEL} letters")));
        }
        let columns = columns.get_or_insert_with(|| {
            first = height;
            Columns::new(Arc::clone(registry), height)
        });
        let due = u64::from(first) + columns.blocks() as u64;
        if u64::from(height) != due {
            return Err(refuse(format!("height {height} where {due} is due: rows follow each other without a gap")));
        }
        if columns.blocks() == MOST_BLOCKS {
            return Err(refuse(format!("more than {MOST_BLOCKS} blocks")));
        }
        let block = NewBlock { median_time: last.median(time), pool: pools.slug(label) };
        columns.push(block).map_err(|error| refuse(error.to_string()))?;
        times.push(block.median_time);
    }
    let columns = columns.ok_or(Refused { line: None, reason: "there is no block in it".to_owned() })?;
    Ok(Whole { columns, times: Times::Told(times) })
}

/// A number of digits alone.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// What is read, unless it has no line breaks.
struct Lines<R> {
    inner: R,
    since: usize,
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        for byte in &buffer[..read] {
            self.since = if *byte == b'\n' { 0 } else { self.since + 1 };
            if self.since > LONGEST_LINE {
                return Err(io::Error::other(format!("a line of more than {LONGEST_LINE} bytes")));
            }
        }
        Ok(read)
    }
}

/// The last header times, and the last median of them.
#[derive(Default)]
struct LastTimes {
    last: Vec<u32>,
    median: u32,
}

impl LastTimes {
    /// The median time past with one more: it never falls.
    fn median(&mut self, time: u32) -> u32 {
        if self.last.len() == MEDIAN_OF {
            self.last.remove(0);
        }
        self.last.push(time);
        let mut sorted = self.last.clone();
        sorted.sort_unstable();
        // of fewer than eleven it may
        self.median = self.median.max(sorted[sorted.len() / 2]);
        self.median
    }
}

/// Pools by what others call them: letters and digits alone, in lower case.
struct Pools<'r>(HashMap<String, &'r str>);

fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

impl<'r> Pools<'r> {
    fn new(registry: &'r Registry) -> Pools<'r> {
        let mut pools = HashMap::new();
        for pool in registry.pools() {
            let names = pool.former.iter().map(|former| former.name.as_str()).chain([pool.name.as_str()]);
            for name in names {
                pools.entry(plain(name)).or_insert(pool.slug.as_str());
            }
        }
        // a slug is nobody else's name
        pools.extend(registry.pools().iter().map(|pool| (plain(&pool.slug), pool.slug.as_str())));
        Pools(pools)
    }

    /// A label as a slug.
    fn slug<'a>(&self, label: &'a str) -> &'a str
    where
        'r: 'a,
    {
        if label.eq_ignore_ascii_case("unknown") {
            return "";
        }
        self.0.get(&plain(label)).filter(|_| label.is_ascii()).copied().unwrap_or(label)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn registry() -> Arc<Registry> {
        Arc::new(Registry::builtin().clone())
    }

    fn read_text(text: &[u8]) -> Result<Whole, Refused> {
        of(text, "pool", &registry())
    }

    #[test]
    fn labels_are_pools() {
        let text = "time,height,pool,more\n100,5,Foundry USA,x\n200,6,foundryusa,\n150,7,,\n400,8,Unknown,\n500,9,<b>who?,\n600,10,Slush Pool,\n";
        let columns = read_text(text.as_bytes()).unwrap();
        let scene = columns.scene();
        assert_eq!((scene.from, scene.pools.ids), (5, &[1, 1, 0, 0, 2, 3][..]));
        let who: Vec<(&str, &str)> = scene.pools.who[1..].iter().map(|who| (&*who.id, &*who.name)).collect();
        assert_eq!(who[..2], [("foundryusa", "Foundry USA"), ("<b>who?", "<b>who?")]);
        assert_eq!(who[2].0, "braiinspool", "by a name that it had before");
        assert_eq!(scene.median_times, [100, 200, 200, 200, 200, 400]);
        assert!(scene.chainworks.is_none());
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_line() {
        let long = format!("height,time,pool\n1,1,{}\n", "x".repeat(300));
        let endless = format!("height,time,pool\n{}", "9".repeat(200_000));
        for (text, line, reason) in [
            (&b""[..], Some(1), "no column \"height\""),
            (b"height,time,pool\n", None, "no block"),
            (b"height,time,label\n1,1,a\n", Some(1), "no column \"pool\"; it has \"height\""),
            (b"height,time,pool\n1,1,a\n3,2,a\n", Some(3), "height 3 where 2 is due"),
            (b"height,time,pool\n1,1,a\n1,2,a\n", Some(3), "height 1 where 2 is due"),
            (b"height,time,pool\n-1,1,a\n", Some(2), "no height"),
            (b"height,time,pool\n1,2020-01-01,a\n", Some(2), "no time"),
            (b"height,time,pool\n1,4294967296,a\n", Some(2), "no time"),
            (b"height,time,pool\n1,,a\n", Some(2), "no time"),
            (b"height,time,pool\n1,1\n", Some(2), "2 cells"),
            (b"height,time,pool\n1,1,\xff\n", Some(2), "UTF-8"),
            (long.as_bytes(), Some(2), "more than 200 letters"),
            (endless.as_bytes(), None, "more than 65536 bytes"),
        ] {
            let found = read_text(text).err().expect(reason);
            assert!(found.reason.contains(reason), "{reason}: {found:?}");
            assert_eq!(found.line, line, "{found:?}");
        }
        let many: String = (0..66_000).map(|height| format!("{height},1,p{height}\n")).collect();
        let found = read_text(format!("height,time,pool\n{many}").as_bytes()).err().unwrap();
        assert_eq!((found.line, found.reason.as_str()), (Some(65_537), "more than 65,535 names of pools"));
    }

    #[test]
    fn gzipped_or_not() {
        let dir = tempfile::tempdir().unwrap();
        let (plain, packed, bad) = (dir.path().join("a.csv"), dir.path().join("a.csv.gz"), dir.path().join("b.csv.gz"));
        let text = b"height,time,who\n7,9,antpool\n";
        std::fs::write(&plain, text).unwrap();
        std::fs::write(&bad, text).unwrap();
        let mut gzip = flate2::write::GzEncoder::new(File::create(&packed).unwrap(), flate2::Compression::default());
        gzip.write_all(text).unwrap();
        gzip.finish().unwrap();
        for file in [&plain, &packed] {
            assert_eq!(read(file, "who", &registry()).unwrap().scene().blocks(), 1);
        }
        for (file, column) in [(&plain, "pool"), (&bad, "who"), (&dir.path().join("none"), "who")] {
            let error = read(file, column, &registry()).err().unwrap().to_string();
            assert!(error.contains(&*file.display().to_string()), "{error}");
        }
    }
}
