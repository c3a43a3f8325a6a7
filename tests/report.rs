//! The page of `posology report`: whole, safe, and complete.
#![cfg(feature = "cli")]

mod common;

use common::{Folder, PLAN};
use posology::io::{Cell, Manifest};
use posology::model::{Grade, Model};
use posology::report::Report;
use posology::study::compare::{Comparison, Models, Plan, compare, default_plan, sections};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Elements that have no end in HTML.
const VOID: [&str; 2] = ["meta", "!DOCTYPE"];

/// A page taken apart: what its elements have as attributes, and its text without markup.
#[derive(Default)]
struct Page {
    attributes: Vec<(String, String, String)>,
    elements: BTreeMap<String, usize>,
    text: String,
}

impl Page {
    /// Reads a page, every element of which has to end where it should.
    fn read(html: &str) -> Page {
        let mut page = Page::default();
        let mut open: Vec<String> = Vec::new();
        let mut rest = html;
        while let Some(start) = rest.find('<') {
            page.text.push_str(&rest[..start]);
            let end = start + rest[start..].find('>').expect("a tag ends");
            let tag = &rest[start + 1..end];
            assert!(!tag.contains('<'), "{tag}");
            rest = &rest[end + 1..];
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop().as_deref(), Some(name), "an end without its start");
                continue;
            }
            let name = page.tag(tag);
            if !VOID.contains(&name.as_str()) && !tag.ends_with('/') {
                open.push(name);
            }
        }
        page.text.push_str(rest);
        assert!(open.is_empty(), "no end: {open:?}");
        assert!(!page.text.contains('>'), "a `>` that is no markup is escaped");
        page
    }

    fn tag(&mut self, tag: &str) -> String {
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        *self.elements.entry(name.to_string()).or_default() += 1;
        while let Some((attribute, after)) = rest.split_once("=\"") {
            let (value, after) = after.split_once('"').expect("a value ends");
            self.attributes.push((name.into(), attribute.trim().into(), value.into()));
            rest = after;
        }
        let rest = rest.trim_end_matches('/').trim();
        assert!(rest.is_empty() || name == "!DOCTYPE", "{tag}");
        name.to_string()
    }

    fn values<'p>(&'p self, attribute: &'p str) -> impl Iterator<Item = &'p str> {
        self.attributes.iter().filter(move |(_, name, _)| name == attribute).map(|(.., value)| value.as_str())
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// A page with what it was made from.
struct Made {
    plan: Plan,
    models: Models,
    comparison: Comparison,
    html: String,
}

fn made(text: &str) -> Made {
    let plan = Plan::parse("plan.toml", text).unwrap();
    let models = plan.models(|id| Ok(Model::catalogue(id)?)).unwrap();
    let comparison = compare(&plan, &models, |_| ()).unwrap();
    let manifest = Manifest::new("report");
    let report = Report { plan: &plan, text, comparison: &comparison, models: &models, manifest: &manifest };
    let html = report.to_html().unwrap();
    Made { plan, models, comparison, html }
}

/// The rows of the table of this caption, without markup, cells parted by `|`.
fn rows(html: &str, caption: &str) -> Vec<String> {
    let (_, table) = html.split_once(&format!("<caption>{}</caption>", escaped(caption))).expect(caption);
    let (_, body) = table.split_once("<tbody>").unwrap();
    let (body, _) = body.split_once("</tbody>").unwrap();
    let rows = body.split("<tr>").skip(1);
    rows.map(|row| {
        Page::read(&row.replace("</tr>", "").replace("</td>", "|</td>").replace("</th>", "|</th>")).text.trim().into()
    })
    .collect()
}

fn with_people(text: &str) -> String {
    text.replacen("[[arm]]", "population = { size = 3, seed = 1 }\n\n[[arm]]", 1)
}

#[test]
fn every_element_ends_and_every_link_leads_somewhere() {
    for text in [PLAN.to_string(), with_people(default_plan().1)] {
        let page = Page::read(&made(&text).html);
        let ids: Vec<&str> = page.values("id").collect();
        let distinct: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), distinct.len(), "{ids:?}");
        for target in page.values("href") {
            match target.strip_prefix('#') {
                Some(id) => assert!(distinct.contains(id), "{id}"),
                None => assert!(target.starts_with("https://doi.org/10."), "{target}"),
            }
        }
        // Nothing is loaded, nothing runs.
        for attribute in ["src", "srcset", "data", "action", "background", "xlink:href", "style"] {
            assert_eq!(page.values(attribute).count(), 0, "{attribute}");
        }
        assert!(page.attributes.iter().all(|(_, name, _)| !name.starts_with("on")));
        for element in ["script", "link", "img", "image", "iframe", "object", "embed", "base", "form", "use"] {
            assert!(!page.elements.contains_key(element), "{element}");
        }
        let policy = "default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;";
        assert!(page.values("content").any(|value| value == policy));
        assert!(!page.text.contains("url(") && !page.text.contains("@import"));
        assert_eq!(page.elements["h1"], 1);
        assert!(page.values("lang").eq(["en"]));
        // One heading per row and per column, one caption per table.
        assert_eq!(page.elements["caption"], page.elements["table"]);
        assert_eq!(page.values("scope").count(), page.elements["th"]);
    }
}

#[test]
fn every_table_and_figure_is_there() {
    let Made { comparison, html, .. } = made(&with_people(PLAN));
    for section in sections(&comparison) {
        let shown = rows(&html, &section.heading);
        assert_eq!(shown.len(), section.table.rows().len(), "{}", section.heading);
        for (row, cells) in shown.iter().zip(section.table.rows()) {
            assert_eq!(row.matches('|').count(), cells.len(), "{row}");
            for cell in cells {
                match cell {
                    Cell::Text(text) => assert!(row.contains(&escaped(text)), "{text}: {row}"),
                    Cell::Missing(why) => assert!(html.contains(&format!("<li>{}</li>", escaped(why))), "{why}"),
                    Cell::Number(_) | Cell::Integer(_) => {}
                }
            }
        }
        assert!(section.notes.iter().all(|note| html.contains(&escaped(note))));
    }
    assert!(rows(&html, "Published beside simulated")[0].starts_with("iv|Cmax|ng/mL|185|177.3|"));
    let page = Page::read(&html);
    assert_eq!(page.elements["svg"], 3);
    let words: Vec<&str> =
        page.attributes.iter().filter(|(_, name, _)| name == "aria-label").map(|a| a.2.as_str()).collect();
    let figures: Vec<&&str> = words.iter().filter(|text| text.contains(" against ")).collect();
    assert_eq!(figures.len(), 3);
    assert!(figures[0].contains(
        "concentration (ng/mL) against time after the first device (h). Curves: iv; im (assumed). Ranges: range."
    ));
    assert!(html.contains(&escaped(&with_people(PLAN))), "the plan is in the page");
}

#[test]
fn every_assumption_is_named_with_its_reason() {
    let Made { plan, models, html, .. } = made(default_plan().1);
    let shown = rows(&html, "Assumed").join("\n");
    let mut count = 0;
    for model in models.values() {
        for (name, why) in model.assumptions() {
            assert!(shown.contains(name) && shown.contains(&escaped(why)), "{name} of {}", model.id());
            count += 1;
        }
        if model.grade() == Grade::Assumed {
            assert!(shown.contains(&format!("the model|{}|", model.id())), "{}", model.id());
            assert!(model.notes().iter().all(|note| shown.contains(&escaped(note))), "{}", model.id());
        }
        for parameter in model.parameters() {
            let row = format!("\n{}|{}|", parameter.name, escaped(&parameter.printed));
            let shown = rows(&html, &format!("Parameters of {}", model.id())).join("\n");
            assert!(format!("\n{shown}").contains(&row), "{row}");
        }
        for source in model.sources() {
            assert!(html.contains(&escaped(&source.citation)));
            assert!(source.doi.as_ref().is_none_or(|doi| html.contains(&format!("doi:{}", escaped(doi)))));
        }
    }
    assert!(count > 10, "the plan has assumptions");
    // Values that the plan chose: the range of the oral arm.
    let oral = plan.arms.iter().find(|arm| arm.model.text == "ketamine-oral-clements").unwrap();
    assert!(
        shown.contains(&format!("F_oral 0.15|ketamine-oral-clements|chosen by the plan|{} (range)", oral.name.text))
    );
}

/// An arm that rests on an assumption has the word in every table, an arm that does not has it in none.
#[test]
fn assumed_arms_are_marked_by_a_word() {
    let Made { comparison, html, .. } = made(&with_people(PLAN));
    for section in sections(&comparison) {
        for row in rows(&html, &section.heading) {
            assert_eq!(
                row.contains("assumed"),
                !row.split('|').any(|cell| cell == "iv" || cell.starts_with("iv:")),
                "{row}"
            );
        }
    }
    // Half of the racemate is S-ketamine: an assumed output of a model that is not, and the word is its grade.
    let s = PLAN.replace("\"ketamine\"", "\"s_ketamine\"");
    let html = made(&s).html;
    assert!(rows(&html, "Two routes: one session")[0].starts_with("iv|assumed|S-ketamine"));
}

#[test]
fn no_text_of_a_file_becomes_markup() {
    const EVIL: &str = "<script>alert('1') & \\\"2\\\"</script>";
    let text = PLAN
        .replace("Two routes", EVIL)
        .replace("name     = \"iv\"", &format!("name = \"{EVIL}\"\nnote = \"{EVIL}\""))
        .replace("a paper", EVIL)
        .replace("name = \"range\"", &format!("name = \"{EVIL}\""));
    let Made { html, .. } = made(&text);
    let page = Page::read(&html);
    assert!(!page.elements.contains_key("script"));
    assert!(page.text.matches("&lt;script&gt;alert(").count() > 10);
    assert!(html.contains("&lt;script&gt;alert(&#39;1&#39;) &amp; &quot;2&quot;&lt;/script&gt;"));
}

#[test]
fn the_page_is_the_same_bytes_with_any_number_of_threads_and_has_a_manifest() {
    let folder = Folder::new().with("p.toml", &with_people(PLAN));
    let mut first = None;
    for threads in ["1", "2", "2"] {
        let run = ["report", "p.toml", "--out", "pages/r.html", "--reference", "iv", "--weight", "80kg"];
        let output = folder.command(&run).env("RAYON_NUM_THREADS", threads).output().unwrap();
        assert!(output.status.success() && output.stdout.is_empty());
        let files = folder.files("pages");
        assert!(files.keys().eq(["r.html", "r.manifest.json"]));
        assert!(*first.get_or_insert_with(|| files.clone()) == files, "another with {threads} threads");
    }
    let files = first.unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&files["r.manifest.json"]).unwrap();
    assert_eq!(
        (manifest["command"].as_str(), manifest["outputs"][0]["name"].as_str()),
        (Some("report"), Some("r.html"))
    );
    let page = String::from_utf8(files["r.html"].clone()).unwrap();
    let (_, record) = page.split_once("id=\"record\"").unwrap();
    let inputs = manifest["inputs"].as_array().unwrap().iter();
    for known in inputs.chain(manifest["models"].as_array().unwrap()) {
        assert!(record.contains(known["sha256"].as_str().unwrap()));
    }
    for term in
        ["<dt>Seed</dt>\n<dd>1</dd>", "<dt>Setting weight</dt>\n<dd>80kg</dd>", "<dt>Setting subjects</dt>\n<dd>3</dd>"]
    {
        assert!(record.contains(term), "{term}");
    }
    assert!(page.contains("weight 80kg, age 45 year"), "the person is the one that was simulated");
}

#[test]
fn what_cannot_be_done_leaves_everything_as_it_was() {
    let model = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/models/ketamine/ketamine-clements-1981.toml"))
        .unwrap();
    let own = PLAN.replacen("\"ketamine-clements-1981\"", "\"m.html\"", 1);
    let folder = Folder::new()
        .with("p.toml", PLAN)
        .with("bad.toml", &PLAN.replace("\"ketamine\"", "\"ketamin\""))
        .with("own.toml", &own)
        .with("m.html", &model)
        .with("plan.html", PLAN)
        .with("old.html", "old");
    fs::create_dir(folder.0.join("folder.html")).unwrap();
    for (arguments, code) in [
        (["bad.toml", "--out", "old.html"], "E_UNKNOWN_OUTPUT"),
        (["none.toml", "--out", "old.html"], "E_FILE_READ"),
        (["p.toml", "--out", "report.pdf"], "E_ARGUMENT"),
        (["p.toml", "--out", "p.toml"], "E_ARGUMENT"),
        (["plan.html", "--out", "plan.html"], "E_FILE_IS_INPUT"),
        (["own.toml", "--out", "m.html"], "E_FILE_IS_INPUT"),
        (["p.toml", "--out", "folder.html"], "E_FILE_IS_FOLDER"),
        (["p.toml", "--out", "p.toml/r.html"], "E_FOLDER_CREATE"),
    ] {
        let before = folder.files("");
        let run = folder.run(&[&["report"], &arguments[..]].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
        assert!(run.stderr.starts_with(&format!("error[{code}]: ")), "{code}: {}", run.stderr);
        assert!(folder.files("") == before, "{arguments:?}");
    }
}
