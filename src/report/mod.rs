//! A comparison as one HTML page that needs nothing else: what was asked, tables, figures, what the numbers rest on, and
//! what made them.
//!
//! The page loads nothing: its style is inside, its figures are inline SVG, it has no script, and a policy in its head
//! forbids browsers to fetch anything. Every text that comes from a file is escaped. The same comparison gives the same bytes.

mod asked;
mod assumptions;
mod html;
mod models;
mod record;
mod tables;

use crate::error::Diagnostic;
use crate::io::Manifest;
use crate::model::{Grade, Model};
use crate::plot::{PlotError, comparison_figures};
use crate::study::compare::{ArmPlan, Comparison, Models, Plan, Variant, sections};
use html::Html;
use tables::{Marked, table};

const STYLE: &str = include_str!("style.css");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";
const DISCLAIMER: &str =
    "Research software, not a medical device: this page says what models give, and is no clinical advice.";

/// What a page is made of.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The plan, as it was run.
    pub plan: &'a Plan,
    /// The plan as it is written.
    pub text: &'a str,
    /// What it gave.
    pub comparison: &'a Comparison,
    /// Its models.
    pub models: &'a Models,
    /// What made it; the page itself cannot be among its files.
    pub manifest: &'a Manifest,
}

/// A part of the page: its place in links, its heading, its class, and what writes it.
type Part = (&'static str, &'static str, &'static str, String);

impl Report<'_> {
    /// The page.
    ///
    /// # Errors
    /// Those of drawing its figures.
    pub fn to_html(&self) -> Result<String, PlotError> {
        let figures = self.figures()?;
        let part = |write: &dyn Fn(&mut Html)| {
            let mut html = Html::default();
            write(&mut html);
            html.finish()
        };
        let parts: [Part; 8] = [
            ("asked", "What was asked", "", part(&|html| asked::write(html, self))),
            ("tables", "Tables", "wide", part(&|html| self.tables(html))),
            ("figures", "Figures", "", figures),
            ("assumptions", "What is assumed", "", part(&|html| assumptions::write(html, self))),
            ("warnings", "Warnings", "", part(&|html| self.warnings(html))),
            ("models", "Models", "", part(&|html| self.used().iter().for_each(|model| models::write(html, model)))),
            ("record", "What made this page", "", part(&|html| record::write(html, self))),
            ("cite", "How to cite", "", part(&|html| record::cite(html, self))),
        ];
        let mut html = Html::default();
        html.markup("<!DOCTYPE html>\n");
        html.element("html", &[("lang", "en")], |html| {
            html.element("head", &[], |html| self.head(html));
            html.element("body", &[], |html| self.body(html, &parts));
        });
        Ok(html.finish())
    }

    fn head(&self, html: &mut Html) {
        html.void("meta", &[("charset", "utf-8")]);
        html.void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", POLICY)]);
        html.void("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
        html.void("meta", &[("name", "generator"), ("content", concat!("posology ", env!("CARGO_PKG_VERSION")))]);
        html.leaf("title", &self.comparison.title);
        html.element("style", &[], |html| html.markup(STYLE));
    }

    fn body(&self, html: &mut Html, parts: &[Part]) {
        html.element("header", &[], |html| {
            html.leaf("h1", &self.comparison.title);
            html.leaf("p", &format!("A comparison simulated with posology {}.", self.manifest.posology));
            html.element("p", &[("class", "notice")], |html| html.text(DISCLAIMER));
        });
        html.element("nav", &[("aria-label", "Parts of this page")], |html| {
            html.element("ul", &[], |html| {
                for (id, heading, ..) in parts {
                    let target = format!("#{id}");
                    html.element("li", &[], |html| {
                        html.element("a", &[("href", &target)], |html| html.text(heading));
                    });
                }
            });
        });
        html.element("main", &[], |html| {
            for (id, heading, class, inside) in parts {
                let class = Some(("class", *class)).filter(|(_, class)| !class.is_empty());
                let attributes: Vec<_> = [("id", *id)].into_iter().chain(class).collect();
                html.element("section", &attributes, |html| {
                    html.leaf("h2", heading);
                    html.markup(inside);
                });
            }
        });
        html.element("footer", &[], |html| html.leaf("p", DISCLAIMER));
    }

    fn tables(&self, html: &mut Html) {
        let marked = self.marked();
        for section in sections(self.comparison) {
            table(html, &section.heading, &section.table, &marked, &section.notes);
        }
    }

    fn figures(&self) -> Result<String, PlotError> {
        let mut html = Html::default();
        for (_, figure) in comparison_figures(self.comparison)?.iter().filter(|(_, figure)| figure.panel_count() > 0) {
            let (svg, words) = (figure.to_svg()?, figure.in_words());
            let region = [("class", "scroll"), ("role", "img"), ("tabindex", "0"), ("aria-label", words.as_str())];
            html.element("figure", &[], |html| html.element("div", &region, |html| html.markup(&svg)));
        }
        Ok(html.finish())
    }

    fn warnings(&self, html: &mut Html) {
        let warnings: Vec<String> = self.comparison.warnings.iter().map(in_words).collect();
        html.list(&warnings);
        if warnings.is_empty() {
            html.leaf("p", "None.");
        }
    }

    /// The arms whose model or output is assumed.
    fn marked(&self) -> Marked<'_> {
        let assumed = self.comparison.arms.iter().filter(|arm| arm.grade == Grade::Assumed);
        Marked(assumed.map(|arm| arm.name.as_str()).collect())
    }

    /// The models, each once, in the order in which arms and their ranges name them.
    fn used(&self) -> Vec<&Model> {
        let mut used: Vec<&Model> = Vec::new();
        for name in self.plan.arms.iter().flat_map(models_of) {
            let model = &self.models[name];
            if used.iter().all(|known| known.id() != model.id()) {
                used.push(model);
            }
        }
        used
    }
}

/// A warning with what it means for the result, where it says so.
fn in_words(warning: &Diagnostic) -> String {
    let Diagnostic { code, message, hint, .. } = warning;
    match hint {
        Some(hint) => format!("{message}: {hint} ({code})"),
        None => format!("{message} ({code})"),
    }
}

/// The models of an arm and of the range around it, by the names that the plan calls them.
fn models_of(arm: &ArmPlan) -> impl Iterator<Item = &str> {
    let variants = arm.band.iter().flat_map(|band| &band.variants).filter_map(|variant| match variant {
        Variant::Model(name) => Some(name.text.as_str()),
        Variant::Set(_) => None,
    });
    std::iter::once(arm.model.text.as_str()).chain(variants)
}
