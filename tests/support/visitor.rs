//! A visitor with a browser that has no scripts: reads pages, fills in their forms, sends them and goes where that leads.

use anyhow::{Context, Result, ensure};

use crate::hashwatch::{Answer, Hashwatch};

/// Redirects in a row.
const MOST_STEPS: u32 = 5;

/// A page that was opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Where it is, from the site's root.
    pub path: String,
    /// What came.
    pub answer: Answer,
}

/// A form of a page, as it would be sent.
#[derive(Clone, Debug)]
pub struct Form {
    action: String,
    fields: Vec<(String, String)>,
    /// Where the browser says that it comes from.
    origin: String,
}

impl Opened {
    /// Opens a page.
    pub fn at(hashwatch: &Hashwatch, path: &str) -> Result<Opened> {
        let answer = hashwatch.get_with(path, &[("Accept", "text/html")])?;
        ensure!(answer.status == 200, "{path}: status {}: {}", answer.status, answer.text());
        Ok(Opened { path: path.to_owned(), answer })
    }

    /// Its form that is sent to this path, with what is chosen in it.
    pub fn form(&self, hashwatch: &Hashwatch, action: &str) -> Result<Form> {
        let page = self.answer.text();
        let form = tags(&page, "form").find(|(tag, _)| attribute(tag, "action") == Some(action));
        let (tag, rest) = form.with_context(|| format!("no form to {action} on {}", self.path))?;
        ensure!(attribute(tag, "method") == Some("post"), "{tag}");
        let body = rest.split("</form>").next().unwrap_or_default();
        let mut fields: Vec<(String, String)> = Vec::new();
        for (select, rest) in tags(body, "select") {
            let name = attribute(select, "name").context("a name")?;
            let options: Vec<&str> =
                tags(rest.split("</select>").next().unwrap_or_default(), "option").map(|(tag, _)| tag).collect();
            let mut chosen: Vec<&str> = options.iter().copied().filter(|option| option.contains(" selected")).collect();
            if chosen.is_empty() && !select.contains(" multiple") {
                chosen.extend(options.first());
            }
            fields.extend(
                chosen.into_iter().filter_map(|tag| Some((name.to_owned(), attribute(tag, "value")?.to_owned()))),
            );
        }
        for (input, _) in tags(body, "input") {
            let is_choice = matches!(attribute(input, "type"), Some("radio" | "checkbox"));
            let is_chosen = !is_choice || input.contains(" checked");
            if let Some(name) = attribute(input, "name").filter(|_| is_chosen) {
                fields.push((name.to_owned(), attribute(input, "value").unwrap_or_default().to_owned()));
            }
        }
        // a page that sends no referrer has no origin either
        let secret = self.answer.header("referrer-policy") == "no-referrer";
        let origin = if secret { "null".to_owned() } else { hashwatch.url() };
        Ok(Form { action: action.to_owned(), fields, origin })
    }
}

impl Form {
    /// Chooses or types something in place of what stands there.
    pub fn fill(mut self, name: &str, value: &str) -> Result<Form> {
        let field = self.fields.iter_mut().find(|(field, _)| field == name);
        field.with_context(|| format!("no field {name}"))?.1 = value.to_owned();
        Ok(self)
    }

    /// Sends it, and opens what that leads to.
    pub fn send(&self, hashwatch: &Hashwatch) -> Result<Opened> {
        let headers = [("Origin", self.origin.as_str()), ("Sec-Fetch-Site", "same-origin"), ("Accept", "text/html")];
        let mut answer = hashwatch.post_form(&self.action, &headers, &self.fields)?;
        let mut path = self.action.clone();
        for _ in 0..MOST_STEPS {
            if answer.status != 303 {
                break;
            }
            path = answer.header("location").to_owned();
            answer = hashwatch.get_with(&path, &[("Accept", "text/html")])?;
        }
        ensure!(answer.status == 200, "{path}: status {}: {}", answer.status, answer.text());
        Ok(Opened { path, answer })
    }
}

/// Tags of a name, each with what follows it.
fn tags<'a>(html: &'a str, name: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let start = format!("<{name} ");
    let places: Vec<usize> = html.match_indices(&start).map(|(place, _)| place).collect();
    places.into_iter().filter_map(move |place| html[place..].split_once('>'))
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = format!(" {name}=\"");
    let rest = &tag[tag.find(&start)? + start.len()..];
    rest.split('"').next()
}
