//! The colours of the leading pools: seen on both backgrounds, told apart by every kind of eye.
//!
//! Contrast is WCAG 2's; colour blindness is simulated by the matrices of Machado, Oliveira and Fernandes (2009,
//! "A Physiologically-based Model for Simulation of Color Vision Deficiency", severity 1.0), distance is
//! taken in Oklab (Ottosson 2020).

use hashwatch_registry::{Color, Registry};

type Rgb = [f64; 3];

const WHITE: &str = "#ffffff";
const NEAR_BLACK: &str = "#0f1115";
/// WCAG 2.2, 1.4.11: graphical objects.
const CONTRAST: f64 = 3.0;
/// Distance in Oklab, in which black and white are 1 apart. A search for ten colours within the limits of contrast found
/// none much beyond 0.11.
const DISTANCE: f64 = 0.09;

const VISIONS: [(&str, [Rgb; 3]); 4] = [
    ("normal", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    ("protan", [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    ("deutan", [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    ("tritan", [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
];

/// Linear light of `#rrggbb`.
fn linear(color: &str) -> Rgb {
    [1, 3, 5].map(|at| {
        let value = f64::from(u8::from_str_radix(&color[at..at + 2], 16).expect("two hex digits")) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    })
}

fn times(matrix: &[Rgb; 3], vector: Rgb) -> Rgb {
    matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
}

fn contrast(a: &str, b: &str) -> f64 {
    let [a, b] = [a, b].map(|color| times(&[[0.2126, 0.7152, 0.0722]; 3], linear(color))[0] + 0.05);
    a.max(b) / a.min(b)
}

fn oklab(rgb: Rgb) -> Rgb {
    let cones = times(
        &[
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ],
        rgb,
    );
    times(
        &[
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ],
        cones.map(f64::cbrt),
    )
}

fn seen(color: &str, vision: &[Rgb; 3]) -> Rgb {
    oklab(times(vision, linear(color)).map(|value| value.clamp(0.0, 1.0)))
}

fn colored() -> Vec<(&'static str, &'static Color)> {
    Registry::builtin().pools().iter().filter_map(|pool| Some((pool.slug.as_str(), pool.color.as_ref()?))).collect()
}

#[test]
fn ten_pools_have_a_colour() {
    // the leaders by blocks from May 2025 to April 2026
    let mut leaders = [
        "foundryusa",
        "antpool",
        "viabtc",
        "f2pool",
        "spiderpool",
        "marapool",
        "secpool",
        "luxor",
        "binancepool",
        "sbicrypto",
    ];
    leaders.sort_unstable();
    assert_eq!(colored().iter().map(|(slug, _)| *slug).collect::<Vec<_>>(), leaders);
}

#[test]
fn they_stand_out_from_the_background() {
    for (slug, color) in colored() {
        assert!(contrast(&color.light, WHITE) >= CONTRAST, "{slug} on white");
        assert!(contrast(&color.dark, NEAR_BLACK) >= CONTRAST, "{slug} on near-black");
    }
}

#[test]
fn every_eye_tells_them_apart() {
    let colored = colored();
    for theme in [|color: &'static Color| &color.light, |color: &'static Color| &color.dark] {
        for (vision, matrix) in &VISIONS {
            for (index, (slug, color)) in colored.iter().enumerate() {
                for (other, beside) in &colored[..index] {
                    let [a, b] = [color, beside].map(|color| seen(theme(color), matrix));
                    let distance = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                    assert!(distance >= DISTANCE, "{slug} and {other}, {vision}: {distance:.3}");
                }
            }
        }
    }
}

#[test]
fn the_yardsticks_are_right() {
    assert!((contrast("#000000", WHITE) - 21.0).abs() < 1e-9);
    assert!((contrast("#767676", WHITE) - 4.54).abs() < 0.01);
    // Ottosson's table: XYZ white is (1, 0, 0)
    let white = oklab(linear(WHITE));
    assert!((white[0] - 1.0).abs() < 1e-3 && white[1].abs() < 1e-3 && white[2].abs() < 1e-3);
}
