//! Web pages: the text that a reader sees, block by block; scripts, styles and menus are none.

use super::table::Table;
use crate::extracted::{Builder, Extracted};
use ego_tree::iter::Edge;
use scraper::node::{Element, Node};

/// The blocks of a page.
pub(super) fn extract(source: &str) -> Extracted {
    let page = scraper::Html::parse_document(source);
    let mut reading = Reading::default();
    let mut hidden = None; // the element within which nothing is read
    for edge in page.tree.root().traverse() {
        match edge {
            Edge::Open(node) if hidden.is_none() => match node.value() {
                Node::Element(element) if is_hidden(element) => hidden = Some(node.id()),
                Node::Element(element) => reading.open(element.name()),
                Node::Text(text) => reading.line += text,
                _ => {}
            },
            Edge::Close(node) if hidden.is_none() => {
                if let Node::Element(element) = node.value() {
                    reading.close(element.name());
                }
            }
            Edge::Close(node) if hidden == Some(node.id()) => hidden = None,
            _ => {}
        }
    }
    reading.flush();
    reading.builder.finish()
}

#[derive(Default)]
struct Reading {
    builder: Builder,
    line: String,
    /// The tables that are open, and the cells of the innermost one's row.
    tables: Vec<Table>,
    cells: Vec<String>,
}

impl Reading {
    fn open(&mut self, name: &str) {
        match name {
            "table" => {
                self.flush();
                self.tables.push(Table::within());
            }
            "br" => self.line.push('\n'),
            _ if is_block(name) => self.flush(),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match (name, self.tables.last_mut()) {
            ("td" | "th", Some(_)) => {
                let cell = collapsed(&std::mem::take(&mut self.line));
                self.cells.push(cell);
            }
            ("tr", Some(table)) => {
                let cells = std::mem::take(&mut self.cells);
                table.row(&mut self.builder, 0, cells);
            }
            ("table", _) => {
                self.tables.pop();
            }
            ("h1" | "h2" | "h3" | "h4" | "h5" | "h6", None) => {
                let text = collapsed(&std::mem::take(&mut self.line));
                let level = name[1..].parse().unwrap_or(6);
                self.builder.heading(level, &text);
            }
            ("title", _) => self.line.clear(), // the page's own heading says it again
            _ if is_block(name) => self.flush(),
            _ => {}
        }
    }

    /// Ends a paragraph; within a table the line goes on to the end of its cell.
    fn flush(&mut self) {
        match self.tables.is_empty() {
            true => {
                let text = collapsed(&std::mem::take(&mut self.line));
                self.builder.paragraph(&text);
            }
            false => self.line.push(' '),
        }
    }
}

fn is_hidden(element: &Element) -> bool {
    let never = [
        "script", "style", "noscript", "template", "nav", "iframe", "svg",
    ];
    never.contains(&element.name()) || element.attr("hidden").is_some()
}

fn is_block(name: &str) -> bool {
    const BLOCKS: &[&str] = &[
        "p",
        "div",
        "section",
        "article",
        "main",
        "header",
        "footer",
        "aside",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "blockquote",
        "pre",
        "figure",
        "figcaption",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "body",
        "summary",
        "details",
        "tr",
        "caption",
    ];
    BLOCKS.contains(&name)
}

/// White space as browsers show it: once; lines that `br` parts stay lines.
fn collapsed(text: &str) -> String {
    let lines = text
        .split('\n')
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_is_read() {
        let page = "<title>x</title><nav>menu</nav><h1>Leave</h1><p>Ten <b>days</b> a\u{a0}year.<script>no()</script></p>\
            <h2>Sick</h2><ul><li>Call us.<li>Send a note.</ul><table><tr><th>Kind<th>Days</tr><tr><td>Annual<td><p>10</p></tr></table>tail";
        let extracted = extract(page);
        let found: Vec<(&str, String)> = extracted
            .blocks
            .iter()
            .map(|block| {
                (
                    &extracted.text[block.span.clone()],
                    block.place.headings.join("/"),
                )
            })
            .collect();
        let wanted = [
            ("Leave", "Leave"),
            ("Ten days a year.", "Leave"),
            ("Sick", "Leave/Sick"),
            ("Call us.", "Leave/Sick"),
            ("Send a note.", "Leave/Sick"),
            ("Kind | Days", "Leave/Sick"),
            ("Annual | 10", "Leave/Sick"),
            ("tail", "Leave/Sick"),
        ];
        assert_eq!(
            found,
            wanted.map(|(text, headings)| (text, headings.to_owned()))
        );
    }
}
