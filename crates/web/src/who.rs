//! Who mined a block and what its coinbase holds, as JSON: the same for the API and for `hashwatch attribute`.

use hashwatch_model::{
    Anatomy, Attribution, Evidence, EvidenceKind, Strength,
    anatomy::{Stretch, StretchKind},
};
use hashwatch_registry::{Pool, Registry};
use jiff::civil::Date;
use serde_json::{Map, Value, json};

/// Who mined: `pool`, `name` (as it was on that day), `group`, `owner` and `strength`; each null where it is not known.
pub fn who_fields(registry: &Registry, attribution: &Attribution, day: Option<Date>) -> Map<String, Value> {
    let slug = attribution.pool.as_deref();
    let name = slug.map(|slug| registry.pool(slug).map_or(slug, |pool| name_on(pool, day)));
    let (group, owner) = match (slug, day) {
        (Some(slug), Some(day)) => (
            registry.group_on(slug, day).map(|(group, _)| &group.slug),
            registry.owner_on(slug, day).map(|(owner, _)| &owner.slug),
        ),
        _ => (None, None),
    };
    Map::from_iter([
        ("pool".to_owned(), json!(slug)),
        ("name".to_owned(), json!(name)),
        ("group".to_owned(), json!(group)),
        ("owner".to_owned(), json!(owner)),
        ("strength".to_owned(), json!(attribution.strength.map(Strength::name))),
    ])
}

fn name_on(pool: &Pool, day: Option<Date>) -> &str {
    day.map_or(&pool.name, |day| pool.name_on(day))
}

/// A mark. A tag has its byte `offset` in the input script, an address the index of its `output`.
pub fn evidence_json(mark: &Evidence) -> Value {
    let place = match mark.kind {
        EvidenceKind::Tag => "offset",
        EvidenceKind::Address => "output",
    };
    json!({
        "kind": mark.kind.name(), "pool": mark.pool, "value": mark.value, place: mark.offset, "source": mark.source,
        "outside": mark.outside,
    })
}

/// A coinbase taken apart. `height` is where its block lies.
pub fn anatomy_json(registry: &Registry, anatomy: &Anatomy, height: u32) -> Value {
    let data = anatomy.data.iter().map(|data| {
        let marker = registry.marker(&data.bytes);
        json!({
            "output": data.output,
            "hex": hex::encode(&data.bytes),
            "chain": marker.map(|marker| &marker.name),
            "source": marker.map(|marker| &marker.source.url),
        })
    });
    json!({
        "height": anatomy.height,
        "height_matches": anatomy.height.map(|found| found == height),
        "script": anatomy.script.iter().map(stretch_json).collect::<Vec<_>>(),
        "witness_commitment": anatomy.witness_commitment.map(|found| json!({
            "output": found.output, "hash": hex::encode(found.hash),
        })),
        "data": data.collect::<Vec<_>>(),
        "payout": { "style": anatomy.payout.style.name(), "paid_outputs": anatomy.payout.paid },
        "template_builder": anatomy.template_builder,
    })
}

fn stretch_json(stretch: &Stretch) -> Value {
    let mut found = json!({
        "offset": stretch.offset, "length": stretch.bytes.len(), "kind": stretch.kind.name(), "hex": hex::encode(&stretch.bytes),
    });
    match &stretch.kind {
        StretchKind::Text(text) => found["text"] = json!(text),
        StretchKind::MergedMining { root, size } => {
            found["root"] = json!(hex::encode(root));
            found["leaves"] = json!(size);
        }
        StretchKind::Number | StretchKind::Extranonce | StretchKind::Other => {}
    }
    found
}
