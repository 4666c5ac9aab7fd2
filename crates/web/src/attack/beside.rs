//! Published costs beside ours, as rows of the page.

use hashwatch_registry::PublishedCost;

use super::{
    Question,
    cost::cost,
    form::{shown, sources},
    preset::{self, comparison, explained, part_word, whole},
};
use crate::{
    inputs::{Given, Inputs, Origin, unit},
    money::rounded_usd,
    params::query,
    registry::row::{SourceLink, source_link},
};

/// A published cost beside ours.
pub(super) struct PresetRow {
    pub(super) slug: String,
    pub(super) by: String,
    pub(super) at: String,
    pub(super) href: String,
    pub(super) source: SourceLink,
    pub(super) note: String,
    pub(super) what: String,
    pub(super) whole: String,
    pub(super) rows: Vec<PartRow>,
    pub(super) inputs: Vec<InputRow>,
}

/// A part of both.
pub(super) struct PartRow {
    pub(super) part: &'static str,
    pub(super) ours: String,
    pub(super) published: String,
    pub(super) gap: String,
    pub(super) explained: String,
}

/// A value and its sources.
pub(super) struct InputRow {
    pub(super) label: String,
    pub(super) value: String,
    pub(super) from: String,
    pub(super) sources: Vec<SourceLink>,
}

pub(super) fn presets(
    costs: &[PublishedCost],
    dossier: &hashwatch_registry::Dossier,
    kept: &str,
) -> hashwatch_economics::Result<Vec<PresetRow>> {
    let mut rows = Vec::new();
    for published in costs {
        let inputs = preset::inputs(dossier, published);
        let (kind, share) = preset::kind(&published.slug);
        let (given, slug) = (Given::default(), published.slug.clone());
        let question = Question { kind, share, blocks: super::USUAL_BLOCKS, given, preset: Some(slug.clone()) };
        let found = cost(&question, &inputs)?;
        let Some(compared) = comparison(published, &inputs, &found)? else { continue };
        let part = |it: &hashwatch_economics::published::Compared| PartRow {
            part: part_word(it.part),
            ours: rounded_usd(it.ours_usd),
            published: it.published_usd.map_or_else(|| "not told".to_owned(), rounded_usd),
            gap: it.gap_usd.map_or_else(|| "\u{2013}".to_owned(), rounded_usd),
            explained: explained(it, &inputs),
        };
        let mut told = whole(published, &compared);
        if let Some(rounding) = compared.rounding_usd.filter(|rounding| rounding.abs() > 0.0) {
            told += &format!(" Their parts add up to {} more than their total.", rounded_usd(rounding));
        }
        rows.push(PresetRow {
            by: published.by.clone(),
            at: published.at.to_string(),
            href: format!("/attack?preset={slug}{}", query::further(kept)),
            source: source_link(&published.source),
            note: published.note.clone().unwrap_or_default(),
            what: super::words::what(&question),
            whole: told,
            rows: compared.parts.iter().map(part).collect(),
            inputs: input_rows(&inputs),
            slug,
        });
    }
    Ok(rows)
}

fn input_rows(inputs: &Inputs) -> Vec<InputRow> {
    let row = |input: &crate::inputs::Input| {
        let from = match &input.origin {
            Origin::Published { how, .. } => format!("{how} ({})", input.origin.at().unwrap_or_default()),
            Origin::LeftOut(why) => format!("left out: {why}"),
            _ => "part of the question".to_owned(),
        };
        InputRow {
            label: input.parameter.meaning.to_owned(),
            value: match input.origin {
                Origin::LeftOut(_) => "none".to_owned(),
                _ => format!("{} {}", shown(input.range), unit(&input.parameter)).trim_end().to_owned(),
            },
            from,
            sources: sources(&input.origin),
        }
    };
    // of the rented model there is nothing to compare
    inputs
        .iter()
        .filter(|input| hashwatch_economics::cost::OWNED.iter().any(|it| it.name == input.parameter.name))
        .map(row)
        .collect()
}
