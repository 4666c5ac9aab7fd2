//! A chart on a page: its picture, its data and its size.

use crate::{
    chart::Size,
    picture::{small, wide},
};

pub(crate) struct ChartBox {
    pub(crate) name: &'static str,
    /// What its elements are called by on the page: its name, unless there are several of that name.
    pub(crate) key: String,
    /// Whether it is one of three side by side.
    pub(crate) small: bool,
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
            key: name.to_owned(),
            small: false,
            title,
            alt,
            json_href: href("json"),
            csv_href: href("csv"),
            svg_href: href("svg"),
            width,
            height,
        }
    }
    /// The same as one of several charts of its name on a page: a key of its own, in letters, digits and hyphens.
    #[allow(dead_code, reason = "for pages with several charts of a name")]
    pub(crate) fn keyed(self, key: impl Into<String>) -> ChartBox {
        ChartBox { key: key.into(), ..self }
    }

    /// The same as one of three side by side.
    #[allow(dead_code, reason = "for pages with several charts of a name")]
    pub(crate) fn small(self, key: impl Into<String>) -> ChartBox {
        let Size { width, height } = small();
        ChartBox { small: true, width, height, ..self.keyed(key) }
    }
}
