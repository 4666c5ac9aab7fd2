//! A chart on a page: its picture, its data and its size.

use crate::{chart::Size, picture::wide};

pub(crate) struct ChartBox {
    pub(crate) name: &'static str,
    pub(crate) title: String,
    pub(crate) alt: String,
    pub(crate) json_href: String,
    pub(crate) csv_href: String,
    pub(crate) svg_href: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl ChartBox {
    /// `bars` is how many bars it has, where it has any. As wide as its column on a wide page, so that the canvas takes the
    /// place of the picture line by line.
    pub(crate) fn new(name: &'static str, title: String, alt: String, query: &str, bars: u32) -> ChartBox {
        let Size { width, height } = wide(name, bars);
        let href = |kind| format!("/charts/{name}.{kind}?{query}");
        ChartBox {
            name,
            title,
            alt,
            json_href: href("json"),
            csv_href: href("csv"),
            svg_href: href("svg"),
            width,
            height,
        }
    }
}
