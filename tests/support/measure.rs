//! Measuring for benches: works taken in turn so that each meets the same machine, their medians, the clock they ran
//! at, and the table that goes to docs/performance.md. What is measured, and against what, is for the bench to say.

use std::{fmt::Write, fs, hint::black_box, path::Path, time::Instant};

/// What is measured: a name and the work.
pub type Work<'a> = (&'a str, &'a mut dyn FnMut());

/// How long one work took.
#[derive(Clone, Debug)]
pub struct Median {
    /// The name of the work.
    pub name: String,
    /// Nanoseconds of the median round.
    pub nanoseconds: f64,
    /// Nanoseconds of each round, in the order they were run.
    pub rounds: Vec<f64>,
}

impl Median {
    /// The median over the rounds of how many times longer `other` took in the same round.
    pub fn faster_than(&self, other: &Median) -> f64 {
        median(self.rounds.iter().zip(&other.rounds).map(|(own, other)| other / own).collect())
    }
}

/// Runs every work once to warm up and then `rounds` times, in turn.
pub fn interleaved(rounds: usize, works: &mut [Work<'_>]) -> Vec<Median> {
    let mut times = vec![Vec::with_capacity(rounds); works.len()];
    for round in 0..=rounds {
        for ((_, work), times) in works.iter_mut().zip(&mut times) {
            let taken = nanoseconds(work);
            if round > 0 {
                times.push(taken);
            }
        }
    }
    let named = works.iter().zip(times);
    named
        .map(|((name, _), rounds)| Median { name: (*name).to_owned(), nanoseconds: median(rounds.clone()), rounds })
        .collect()
}

/// The clock that the processor runs at now, in cycles a nanosecond: the time of a chain of which each step needs
/// the last one, a rotation and a sum, which take a cycle each wherever this was looked up.
pub fn cycles_per_ns() -> f64 {
    const STEPS: u32 = 1_000_000;
    let mut chain = || {
        let mut x = black_box(1u64);
        for _ in 0..STEPS {
            x = x.rotate_left(7).wrapping_add(0x9e37_79b9_7f4a_7c15);
        }
        black_box(x);
    };
    let times = (0..15).map(|_| nanoseconds(&mut chain)).collect();
    2.0 * f64::from(STEPS) / median(times)
}

/// The processor as the system has it: its name, and the numbers that tell generations of one name apart.
pub fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let mut fields = text.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned())
    };
    match (field("model name"), field("cpu family"), field("model")) {
        (Some(name), Some(family), Some(model)) => format!("{name}, family {family} model {model}"),
        (name, ..) => name.unwrap_or_else(|| "unknown".to_owned()),
    }
}

/// Whether `cargo bench` runs this. Everything else that runs a bench only wants to see that it runs.
pub fn in_earnest() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

fn nanoseconds(work: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e9
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of.get(of.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A table of what a bench found.
#[derive(Clone, Debug)]
pub struct Table {
    name: String,
    text: String,
}

impl Table {
    /// A table of the bench called `name` with these columns.
    pub fn new(name: &str, columns: &[&str]) -> Table {
        let mut table = Table { name: name.to_owned(), text: String::new() };
        table.row(columns);
        table.row(&vec!["---"; columns.len()]);
        table
    }

    /// One more row.
    pub fn row<S: AsRef<str>>(&mut self, cells: &[S]) {
        let cells: Vec<_> = cells.iter().map(AsRef::as_ref).collect();
        writeln!(self.text, "| {} |", cells.join(" | ")).expect("a String takes all");
    }

    /// A paragraph under the table. No row may follow.
    pub fn note(&mut self, text: &str) {
        writeln!(self.text, "\n{text}").expect("a String takes all");
    }

    /// Prints the table, and with `--write` among the arguments puts it into docs/performance.md, in place of what
    /// this bench wrote there for this processor before.
    #[expect(clippy::print_stdout, reason = "what a bench is run for")]
    pub fn finish(self) {
        let processor = processor();
        println!("\n{} on {processor}\n\n{}", self.name, self.text);
        if std::env::args().any(|argument| argument == "--write") {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/performance.md");
            let page = fs::read_to_string(&path).unwrap_or_else(|_| "# Performance\n".to_owned());
            fs::write(&path, self.placed(&page, &processor)).expect("docs/performance.md can be written");
        }
    }

    /// The page with this table in its place, or at its end when it has none yet.
    fn placed(&self, page: &str, processor: &str) -> String {
        let [start, end] = ["", "/"].map(|closing| format!("<!-- {closing}bench:{}:{processor} -->", self.name));
        let section = format!("{start}\n### {}, {processor}\n\n{}{end}", self.name, self.text);
        let before = page.split_once(&start);
        let after = before.and_then(|(_, rest)| rest.split_once(&end));
        match (before, after) {
            (Some((before, _)), Some((_, after))) => format!("{before}{section}{after}"),
            _ => format!("{}\n\n{section}\n", page.trim_end()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn works_take_turns() {
        let turns = std::cell::RefCell::new(String::new());
        let (mut a, mut b) = (|| turns.borrow_mut().push('a'), || turns.borrow_mut().push('b'));
        let medians = interleaved(3, &mut [("a", &mut a), ("b", &mut b)]);
        assert_eq!(*turns.borrow(), "abababab");
        assert_eq!(medians.iter().map(|m| (m.name.as_str(), m.rounds.len())).collect::<Vec<_>>(), [("a", 3), ("b", 3)]);
    }

    #[test]
    fn ratios_are_of_the_same_round() {
        let of = |rounds: [f64; 3]| Median { name: String::new(), nanoseconds: 0.0, rounds: rounds.to_vec() };
        assert_eq!(of([1.0, 2.0, 4.0]).faster_than(&of([3.0, 6.0, 12.0])), 3.0);
    }

    #[test]
    fn a_table_replaces_its_own() {
        let mut table = Table::new("hashing", &["way", "ns"]);
        table.row(&["a", "1"]);
        let page = table.placed("# Performance\n", "this");
        let page = Table::new("hashing", &["way"]).placed(&page, "that");
        table.row(&["b", "2"]);
        let page = table.placed(&page, "this");
        let expected = "# Performance\n\n\
            <!-- bench:hashing:this -->\n### hashing, this\n\n| way | ns |\n| --- | --- |\n| a | 1 |\n| b | 2 |\n\
            <!-- /bench:hashing:this -->\n\n\
            <!-- bench:hashing:that -->\n### hashing, that\n\n| way |\n| --- |\n<!-- /bench:hashing:that -->\n";
        assert_eq!(page, expected);
    }
}
