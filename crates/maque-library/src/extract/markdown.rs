//! Markdown: the text is the source itself, and blocks are spans of it.

use super::table;
use crate::extracted::{Block, BlockKind, Extracted, FaqRow, Headings, Place};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::borrow::Cow;
use std::ops::Range;

/// The blocks of a source.
pub(super) fn extract(source: Cow<'_, str>) -> Extracted {
    let options = Options::ENABLE_TABLES | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut reading = Reading::default();
    for (event, span) in Parser::new_ext(&source, options).into_offset_iter() {
        reading.hear(&event, span, &source);
    }
    let text = source.into_owned();
    Extracted {
        text,
        blocks: reading.blocks,
        questions: reading.questions,
    }
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    blocks: Vec<Block>,
    questions: Vec<FaqRow>,
    headings: Headings,
    /// Lists, quotations and tables that are open.
    depth: usize,
    heading: Option<String>,
    cells: Vec<Range<usize>>,
    columns: Vec<String>,
}

impl Reading {
    fn hear(&mut self, event: &Event<'_>, span: Range<usize>, source: &str) {
        match event {
            Event::Start(Tag::Heading { .. }) => self.heading = Some(String::new()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut self.heading {
                    *heading += text;
                }
            }
            Event::End(TagEnd::Heading(level)) => {
                let text = self.heading.take().unwrap_or_default();
                self.headings.enter(*level as usize, text.trim());
                self.add(span, source, String::new(), BlockKind::Heading);
            }
            Event::Start(Tag::TableCell) => self.cells.push(trimmed(span, source)),
            Event::End(TagEnd::TableHead) => {
                let cells = std::mem::take(&mut self.cells);
                self.columns = cells
                    .into_iter()
                    .map(|cell| source[cell].to_owned())
                    .collect();
                self.add(span, source, String::new(), BlockKind::Row);
            }
            Event::End(TagEnd::TableRow) => self.row(span, source),
            Event::Start(Tag::List(_) | Tag::BlockQuote(_) | Tag::Table(_)) => self.depth += 1,
            Event::End(TagEnd::List(_) | TagEnd::BlockQuote(_) | TagEnd::Table) => self.depth -= 1,
            Event::Start(Tag::Item) if self.depth == 1 => {
                self.add(span, source, String::new(), BlockKind::Paragraph)
            }
            Event::Start(Tag::Paragraph | Tag::CodeBlock(_) | Tag::HtmlBlock)
                if self.depth == 0 =>
            {
                self.add(span, source, String::new(), BlockKind::Paragraph);
            }
            _ => {}
        }
    }

    fn row(&mut self, span: Range<usize>, source: &str) {
        let cells = std::mem::take(&mut self.cells);
        self.add(span, source, table::named(&self.columns), BlockKind::Row);
        let Some((question, answer)) = table::faq(&self.columns) else {
            return;
        };
        if let (Some(question), Some(answer)) = (cells.get(question), cells.get(answer))
            && !question.is_empty()
            && !answer.is_empty()
        {
            self.questions.push(FaqRow {
                question: source[question.clone()].to_owned(),
                answer: answer.clone(),
                place: self.place(),
            });
        }
    }

    fn add(&mut self, span: Range<usize>, source: &str, context: String, kind: BlockKind) {
        let span = trimmed(span, source);
        if !span.is_empty() {
            let place = self.place();
            self.blocks.push(Block {
                span,
                place,
                context,
                kind,
            });
        }
    }

    fn place(&self) -> Place {
        Place {
            headings: self.headings.path(),
            ..Place::default()
        }
    }
}

/// The span without the white space at its ends.
fn trimmed(span: Range<usize>, source: &str) -> Range<usize> {
    let text = &source[span.clone()];
    let start = span.start + (text.len() - text.trim_start().len());
    start..start + text.trim().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_literal_spans_under_their_headings() {
        let source = "---\ntitle: x\n---\n# 报销\n\n三十天内*提交*。\n\n## 标准\n\n- 住宿\n- 交通\n\n| 城市 | 上限 |\n|---|---|\n| 北京 | 500 |\n\n问：\n";
        let extracted = extract(source.into());
        let found: Vec<(&str, usize)> = extracted
            .blocks
            .iter()
            .map(|block| (&source[block.span.clone()], block.place.headings.len()))
            .collect();
        let wanted = [
            ("# 报销", 1),
            ("三十天内*提交*。", 1),
            ("## 标准", 2),
            ("- 住宿", 2),
            ("- 交通", 2),
            ("| 城市 | 上限 |", 2),
            ("| 北京 | 500 |", 2),
            ("问：", 2),
        ];
        assert_eq!(found, wanted);
        assert_eq!(extracted.blocks[6].context, "城市 | 上限");
    }
}
