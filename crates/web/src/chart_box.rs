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
    pub(crate) fn keyed(self, key: impl Into<String>) -> ChartBox {
        ChartBox { key: key.into(), ..self }
    }

    /// The same as one of three side by side.
    pub(crate) fn small(self, key: impl Into<String>) -> ChartBox {
        let Size { width, height } = small();
        ChartBox { small: true, width, height, ..self.keyed(key) }
    }
}

#[cfg(test)]
mod tests {
    use askama::Template;

    use super::*;

    #[derive(Template)]
    #[template(
        ext = "html",
        source = r#"{% import "parts.html" as parts %}{% for chart in charts %}{% call parts::figure(chart) %}{% endcall %}{% endfor %}"#
    )]
    struct Figures {
        charts: Vec<ChartBox>,
    }

    fn charts() -> Vec<ChartBox> {
        let chart = |by| ChartBox::new("index", format!("HHI by {by}"), String::new(), "by=pool", 0);
        vec![chart("pool").small("index-pool"), chart("group").small("index-group"), chart("owner")]
    }

    #[test]
    fn several_charts_of_a_name_have_elements_of_their_own() {
        let html = Figures { charts: charts() }.render().unwrap();
        let ids: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let of = |key| ["figure", "chart", "hint"].map(|part| format!("{part}-{key}"));
        assert_eq!(ids, [of("index-pool"), of("index-group"), of("index")].concat());
        assert_eq!(html.matches("data-chart=\"index\"").count(), 3);
        for key in ["index-pool", "index-group", "index"] {
            assert_eq!(html.matches(&format!("data-key=\"{key}\"")).count(), 1);
        }
        assert_eq!(html.matches("<figure class=\"chart small\"").count(), 2);
    }

    #[test]
    fn small_ones_are_drawn_small() {
        let sizes: Vec<_> = charts().iter().map(|chart| (chart.width, chart.height)).collect();
        assert_eq!(sizes, [(400, 320), (400, 320), (1_232, 320)]);
        let keyed = charts().remove(2).keyed("index-owner");
        assert_eq!((keyed.key.as_str(), keyed.small, keyed.width), ("index-owner", false, 1_232));
    }
}
