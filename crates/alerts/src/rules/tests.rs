//! What an operator may write, and what is refused by name.

use super::*;

fn read(text: &str) -> Result<Rules, String> {
    toml::from_str(text).map_err(|error: toml::de::Error| error.message().to_owned())
}

#[test]
fn what_is_left_out_is_as_by_default() {
    assert_eq!(read("").unwrap(), Rules::default());
    Rules::default().validate().unwrap();
    let found =
        read("warn_within_hours = 6\n[share]\nlevels = [0.3, 0.45]\nwindow = 144\n[reorg]\nenabled = false").unwrap();
    assert_eq!(found.warn_within_hours, 6);
    let share = Setting { levels: vec![0.3, 0.45], window: 144, ..Rules::default().of(Rule::Share).clone() };
    assert_eq!(found.of(Rule::Share), &share);
    assert!(!found.of(Rule::Reorg).enabled && found.of(Rule::Hhi) == Rules::default().of(Rule::Hhi));
    assert_eq!((found.threshold(Rule::Share, 2), found.threshold(Rule::Share, 0)), (Some(0.45), None));
    assert_eq!((found.threshold(Rule::Share, 3), found.threshold(Rule::Node, 1)), (None, None));
    assert_eq!((found.levels(Rule::Share), found.levels(Rule::Pivot)), (2, 1));
}

#[test]
fn a_rule_that_is_off_comes_on_with_its_level() {
    assert!(!Rules::default().of(Rule::AttackCost).enabled);
    assert!(read("[attack_cost]\nlevels = [2000000, 1000000]").unwrap().of(Rule::AttackCost).enabled);
    assert!(!read("[attack_cost]\nlevels = [2000000]\nenabled = false").unwrap().of(Rule::AttackCost).enabled);
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    for (text, reason) in [
        ("[shares]\nwindow = 3", "alerts.shares: there is no such rule"),
        ("[share]\nwindows = 3", "windows"),
        ("[share]\nlevels = []", "alerts.share: levels"),
        ("[share]\nlevels = [0.5, 0.4]", "worse than the one before"),
        ("[nakamoto]\nlevels = [1, 2]", "worse than the one before"),
        ("[nakamoto]\nlevels = [1.5]", "alerts.nakamoto: levels"),
        ("[share]\nlevels = [1.0]", "alerts.share: levels"),
        ("[share]\nlevels = [nan]", "alerts.share: levels"),
        ("[streak]\nlevels = [inf]", "alerts.streak: levels"),
        ("[share]\nwindow = 1", "alerts.share: window"),
        ("[share]\nbefore = 100", "alerts.share: before is nothing to this rule"),
        ("[pivot]\nconfidence = 0.9", "alerts.pivot: confidence is nothing"),
        ("[pivot]\nlevels = [0.9]", "alerts.pivot: levels"),
        ("[attack_cost]\nenabled = true", "alerts.attack_cost: levels"),
        ("[share]\nconfidence = 1.0", "alerts.share: confidence"),
        ("[share]\nconfidence = 0.6\nkeep = 0.7", "alerts.share: keep"),
        ("[share]\ncalm = 4000000000", "alerts.share: no more than"),
        ("[attack_cost]\nlevels = [1000000, 2000000]", "worse than the one before"),
        ("[attack_cost]\nlevels = [0]", "alerts.attack_cost: levels"),
        ("[attack_cost]\nlevels = [1]\nmax_age_days = 4000000000", "alerts.attack_cost: no more than"),
        ("[node]\nmax_age_days = 7", "max_age_days is nothing to this rule"),
        ("warn_within_hours = 0", "alerts.warn_within_hours"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(reason), "{text}: {error}");
    }
}
