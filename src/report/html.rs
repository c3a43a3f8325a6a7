//! HTML as it is written: elements close by themselves, and every text and value is escaped.

/// Elements within a line; after any other a line of the source ends.
const INLINE: [&str; 7] = ["a", "code", "span", "strong", "sup", "td", "th"];

/// A piece of HTML.
#[derive(Default)]
pub(super) struct Html(String);

impl Html {
    /// An element with attributes and what is inside.
    pub(super) fn element(&mut self, tag: &str, attributes: &[(&str, &str)], inside: impl FnOnce(&mut Html)) {
        self.open(tag, attributes);
        inside(self);
        self.0.push_str(&format!("</{tag}>"));
        if !INLINE.contains(&tag) {
            self.0.push('\n');
        }
    }

    /// An element that holds a text.
    pub(super) fn leaf(&mut self, tag: &str, text: &str) {
        self.element(tag, &[], |html| html.text(text));
    }

    /// An element that holds nothing.
    pub(super) fn void(&mut self, tag: &str, attributes: &[(&str, &str)]) {
        self.open(tag, attributes);
        self.0.push('\n');
    }

    /// A text.
    pub(super) fn text(&mut self, text: &str) {
        escape(text, &mut self.0);
    }

    /// A term and what it is.
    pub(super) fn term(&mut self, term: &str, text: &str) {
        self.leaf("dt", term);
        self.leaf("dd", text);
    }

    /// A list, if there is anything to list.
    pub(super) fn list<T: AsRef<str>>(&mut self, items: &[T]) {
        if !items.is_empty() {
            self.element("ul", &[], |html| items.iter().for_each(|item| html.leaf("li", item.as_ref())));
        }
    }

    /// A link to a publication, which is readable as text.
    pub(super) fn doi(&mut self, doi: &str) {
        let address = format!("https://doi.org/{}", path(doi));
        self.element("a", &[("href", &address)], |html| html.text(&format!("doi:{doi}")));
    }

    /// Markup that this program made: a figure, a style sheet.
    pub(super) fn markup(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// All of it.
    pub(super) fn finish(self) -> String {
        self.0
    }

    fn open(&mut self, tag: &str, attributes: &[(&str, &str)]) {
        self.0.push('<');
        self.0.push_str(tag);
        for (name, value) in attributes {
            self.0.push_str(&format!(" {name}=\""));
            escape(value, &mut self.0);
            self.0.push('"');
        }
        self.0.push('>');
    }
}

/// A text without markup; characters that HTML does not allow become the replacement character.
fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(character),
            control if control.is_control() => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
}

/// A text as the path of an address.
fn path(text: &str) -> String {
    text.bytes().fold(String::new(), |mut path, byte| {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' | b'/' | b'(' | b')' | b':' | b';' => {
                path.push(char::from(byte));
            }
            other => path.push_str(&format!("%{other:02X}")),
        }
        path
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_markup() {
        let mut html = Html::default();
        html.element("p", &[("title", "\" onload=\"x")], |html| html.text("<script>a && 'b'</script>\u{0}"));
        assert_eq!(
            html.finish(),
            "<p title=\"&quot; onload=&quot;x\">&lt;script&gt;a &amp;&amp; &#39;b&#39;&lt;/script&gt;\u{fffd}</p>\n"
        );
    }

    #[test]
    fn a_doi_stays_within_its_address() {
        let mut html = Html::default();
        html.doi("10.1002/(SICI)1\"><b");
        assert_eq!(
            html.finish(),
            "<a href=\"https://doi.org/10.1002/(SICI)1%22%3E%3Cb\">doi:10.1002/(SICI)1&quot;&gt;&lt;b</a>"
        );
    }
}
