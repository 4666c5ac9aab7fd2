//! Formulas: TeX as the Markdown has it, to MathML, which browsers draw without scripts and without styles of its own.

use math_core::{LatexToMathML, MathDisplay};

/// A formula as MathML. None where the TeX is not understood.
pub(super) fn mathml(tex: &str, display: MathDisplay) -> Option<String> {
    LatexToMathML::default().convert_with_local_counter(tex, display).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_drawn_by_the_browser() {
        let formula = mathml(r"\frac{k}{n} < x'", MathDisplay::Block).unwrap();
        assert!(formula.starts_with("<math display=\"block\"><mfrac><mi>k</mi><mi>n</mi></mfrac>"), "{formula}");
        assert!(formula.contains("<mo>&lt;</mo>") && formula.contains("<msup><mi>x</mi>"), "{formula}");
        assert!(!formula.contains("style"), "the content security policy would refuse it: {formula}");
        assert_eq!(mathml(r"\frac{k", MathDisplay::Inline), None);
        assert_eq!(mathml(r"\nothing", MathDisplay::Inline), None);
    }
}
