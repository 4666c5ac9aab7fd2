//! The rules as docs/methodology/attribution.md tells them, one after the other and without regard to speed: what is fast must
//! come to the same.

use hashwatch_model::{Coinbase, EvidenceKind, Strength};
use hashwatch_registry::{AddressClaim, Registry, TagMatch};
use jiff::civil::Date;

/// Kind, pool, value, place, and whether it does not count.
pub(super) type Mark<'r> = (EvidenceKind, &'r str, &'r str, usize, bool);

/// Pool and strength, and all marks in order.
pub(super) fn opinion<'r>(
    registry: &'r Registry,
    coinbase: &Coinbase,
    day: Option<Date>,
) -> (Option<(&'r str, Strength)>, Vec<Mark<'r>>) {
    let (reward, share, paid_outside) = addresses(registry, coinbase, day);
    let (tags, tags_outside) = tags(registry, coinbase.script().as_bytes(), day);
    let rewarded = !reward.is_empty();
    let counted = [reward, tags, share].concat();
    let decided = counted.first().map(|&(kind, pool, ..)| {
        let contradicted = counted.iter().any(|&(_, other, ..)| other != pool);
        let strength = match (rewarded, kind, contradicted) {
            (true, _, false) => Strength::Strong,
            (true, _, true) | (false, EvidenceKind::Tag, false) => Strength::Fair,
            _ => Strength::Weak,
        };
        (pool, strength)
    });
    (decided, [counted, tags_outside, paid_outside].concat())
}

/// Addresses of pools that get half of the reward, of pools that get less, and those that do not count.
fn addresses<'r>(
    registry: &'r Registry,
    coinbase: &Coinbase,
    day: Option<Date>,
) -> (Vec<Mark<'r>>, Vec<Mark<'r>>, Vec<Mark<'r>>) {
    let mut outputs: Vec<(u64, usize, AddressClaim<'r>)> = Vec::new();
    for (index, output) in coinbase.outputs().iter().enumerate() {
        let sats = output.value.to_sat();
        if let Some(claim) = registry.script_claim(&output.script_pubkey)
            && sats > 546
            && sats > coinbase.reward() / 1_000
        {
            outputs.push((sats, index, claim));
        }
    }
    // stable: of equal ones the first
    outputs.sort_by_key(|&(sats, ..)| std::cmp::Reverse(sats));
    let holds = |claim: &AddressClaim<'_>| {
        day.is_none_or(|day| claim.pool.existed_on(day) && claim.address.period.holds_on(day))
    };
    let (mut reward, mut share, mut outside): (Vec<Mark<'r>>, Vec<Mark<'r>>, Vec<Mark<'r>>) = Default::default();
    for (place, (_, index, claim)) in outputs.iter().enumerate() {
        if outputs[..place].iter().any(|(.., before)| before == claim) {
            continue;
        }
        let own = outputs.iter().filter(|(.., other)| other.pool == claim.pool && holds(other));
        let half = own.map(|(sats, ..)| sats).sum::<u64>() * 2 >= coinbase.reward();
        let side = match (holds(claim), half) {
            (false, _) => &mut outside,
            (true, true) => &mut reward,
            (true, false) => &mut share,
        };
        side.push((EvidenceKind::Address, &claim.pool.slug, &claim.address.address, *index, !holds(claim)));
    }
    (reward, share, outside)
}

/// Tags that count, and those that do not.
fn tags<'r>(registry: &'r Registry, script: &[u8], day: Option<Date>) -> (Vec<Mark<'r>>, Vec<Mark<'r>>) {
    let holds =
        |found: &TagMatch<'_>| day.is_none_or(|day| found.pool.existed_on(day) && found.tag.period.holds_on(day));
    // the longest first, then the earliest
    let (held, outside): (Vec<_>, Vec<_>) = registry.tag_claims(script).into_iter().partition(holds);
    let once = |found: Vec<TagMatch<'r>>| {
        let mut kept: Vec<TagMatch<'r>> = Vec::new();
        for mark in &found {
            let longer = found.iter().filter(|other| other.tag.text.len() > mark.tag.text.len());
            let mut around =
                longer.map(TagMatch::range).filter(|it| it.start <= mark.offset && mark.range().end <= it.end);
            if around.next().is_none() && !kept.iter().any(|before| before.tag == mark.tag) {
                kept.push(*mark);
            }
        }
        kept
    };
    let (held, outside) = (once(held), once(outside));
    let is_beaten = |mark: &TagMatch<'_>| held.iter().any(|other| other.tag.over.contains(&mark.pool.slug));
    let (beaten, first): (Vec<_>, Vec<_>) = held.iter().copied().partition(is_beaten);
    let marks = |found: Vec<TagMatch<'r>>, outside| {
        let mark =
            |it: TagMatch<'r>| (EvidenceKind::Tag, it.pool.slug.as_str(), it.tag.text.as_str(), it.offset, outside);
        found.into_iter().map(mark).collect()
    };
    (marks([first, beaten].concat(), false), marks(outside, true))
}
