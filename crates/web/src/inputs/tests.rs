//! How ranges are read out of a question.

use hashwatch_economics::{Range, cost::OWNED};

use super::*;

fn given(query: &str) -> Result<Given, String> {
    let mut params = Params::of(&format!("/x?{query}").parse().unwrap());
    super::given(&mut params, &OWNED).map_err(|error| error.to_string())
}

#[test]
fn ranges_are_read_strictly() {
    let read = |text: &str| given(&format!("usd_per_kwh={text}")).map(|it| it.get("usd_per_kwh").unwrap());
    assert_eq!(read("0.05"), Ok(Range::exactly(0.05)));
    assert_eq!(read("0.04..0.06").map(|it| (it.low, it.high)), Ok((0.04, 0.06)));
    assert_eq!(read("1e-2..0.05..0.07"), Ok(Range { low: 0.01, central: 0.05, high: 0.07 }));
    for bad in [
        "",
        "nan",
        "inf",
        "-inf",
        "+1",
        "..",
        "1..",
        "0.07..0.05",
        "0..1..0.5",
        "1..2..3..4",
        "0x1",
        "11",
        "-1",
        "1e999",
        " 1",
    ] {
        let said = read(&bad.replace(' ', "%20")).unwrap_err();
        assert!(said.starts_with("bad value for \"usd_per_kwh\""), "{bad}: {said}");
    }
    assert!(given("usd_per_kwh=1&usd_per_kwh=1").is_err(), "which of both?");
}

#[test]
fn the_question_says_what_was_given() {
    let mut params = Params::of(&"/x?usd_per_kwh=0.04..0.06".parse().unwrap());
    super::given(&mut params, &OWNED).unwrap();
    assert_eq!(params.question(), "usd_per_kwh=0.04..0.05..0.06");
}
