//! The colour that somebody has on every page.

use hashwatch_registry::{Member, Registry};

use crate::shares::Share;

/// Greys for those without a colour of their own, by rank: lighter further down.
const GREYS: [(&str, &str); 5] = [
    ("#5f6670", "#a8afb9"),
    ("#737a84", "#949ba6"),
    ("#878e98", "#808792"),
    ("#9ba1aa", "#6d747e"),
    ("#aeb4bc", "#5b616b"),
];
/// Unknown and others, hatched or pale in the chart itself.
const NEUTRAL: (&str, &str) = ("#8a8f98", "#7d838d");

/// A pool's own colour; that of the first of its pools to have one for a group or an owner; else a grey by rank.
pub(crate) fn color(registry: &Registry, share: &Share, rank: usize) -> (String, String) {
    let own = |slug: &str| registry.pool(slug)?.color.as_ref();
    let first = |members: &[Member]| members.iter().find_map(|member| own(&member.pool));
    let found = match share.kind {
        "group" => registry.groups().iter().find(|group| group.slug == share.slug).and_then(|g| first(&g.members)),
        "owner" => registry.owners().iter().find(|owner| owner.slug == share.slug).and_then(|o| first(&o.pools)),
        _ => own(&share.slug),
    };
    match found {
        Some(color) => (color.light.clone(), color.dark.clone()),
        None => text(GREYS[rank % GREYS.len()]),
    }
}

/// A pool's own colour where it stands alone: else the grey that shows best.
pub(crate) fn one_color(registry: &Registry, slug: &str) -> (String, String) {
    let own = registry.pool(slug).and_then(|pool| pool.color.as_ref());
    own.map_or_else(|| text(GREYS[0]), |color| (color.light.clone(), color.dark.clone()))
}

pub(crate) fn neutral() -> (String, String) {
    text(NEUTRAL)
}

fn text((light, dark): (&str, &str)) -> (String, String) {
    (light.to_owned(), dark.to_owned())
}
