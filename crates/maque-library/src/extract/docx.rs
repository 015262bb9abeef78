//! Word documents: a zip whose `word/document.xml` is read as a stream; nothing of it is written anywhere.

use super::table::Table;
use crate::extracted::{Builder, Extracted};
use crate::skipped::Reason;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::collections::HashMap;
use std::io::{BufReader, Cursor, Read};
use zip::ZipArchive;

/// Bytes of XML that are read of a document.
const MAX_XML: u64 = 256 << 20;
/// The first bytes of a file that Office encrypted.
const COMPOUND: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0];

/// The blocks of a document.
pub(super) fn extract(bytes: &[u8]) -> Result<Extracted, Reason> {
    if bytes.starts_with(COMPOUND) {
        return Err(Reason::Locked);
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(Reason::broken)?;
    let levels = levels(&mut archive)?;
    let mut reading = Reading::new(levels);
    read(&mut archive, "word/document.xml", |event| {
        reading.hear(event)
    })?;
    Ok(reading.builder.finish())
}

/// Levels of the styles that are headings, by their ids.
fn levels(archive: &mut ZipArchive<Cursor<&[u8]>>) -> Result<HashMap<String, usize>, Reason> {
    let (mut levels, mut id) = (HashMap::new(), String::new());
    if archive.index_for_name("word/styles.xml").is_none() {
        return Ok(levels);
    }
    read(archive, "word/styles.xml", |event| {
        if let Event::Start(start) | Event::Empty(start) = event {
            match start.name().0 {
                "w:style" => id = attribute(start, "w:styleId"),
                "w:name" => {
                    let name = attribute(start, "w:val").to_lowercase();
                    if let Some(level) = heading_level(&name) {
                        levels.insert(id.clone(), level);
                    }
                }
                _ => {}
            }
        }
    })?;
    Ok(levels)
}

/// The level of a style named `heading 2` or `Title`.
fn heading_level(name: &str) -> Option<usize> {
    match name {
        "title" => Some(1),
        _ => name
            .strip_prefix("heading ")?
            .parse()
            .ok()
            .filter(|level| (1..=9).contains(level)),
    }
}

/// Tells `hear` every event of one file of the archive.
fn read(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    name: &str,
    mut hear: impl FnMut(&Event<'_>),
) -> Result<(), Reason> {
    let file = archive.by_name(name).map_err(Reason::broken)?;
    if MAX_XML < file.size() {
        return Err(Reason::TooMuchText {
            limit_mib: MAX_XML >> 20,
        });
    }
    let mut reader = Reader::from_reader(BufReader::new(file.take(MAX_XML)));
    reader.config_mut().check_end_names = false;
    let mut buffer = Vec::new();
    loop {
        match reader
            .read_event_into(&mut buffer)
            .map_err(Reason::broken)?
        {
            Event::Eof => return Ok(()),
            event => hear(&event),
        }
        buffer.clear();
    }
}

struct Reading {
    builder: Builder,
    levels: HashMap<String, usize>,
    line: String,
    level: Option<usize>,
    is_text: bool,
    tables: Vec<Table>,
    cells: Vec<String>,
}

impl Reading {
    fn new(levels: HashMap<String, usize>) -> Reading {
        Reading {
            builder: Builder::default(),
            levels,
            line: String::new(),
            level: None,
            is_text: false,
            tables: Vec::new(),
            cells: Vec::new(),
        }
    }

    fn hear(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(start) => self.open(start),
            Event::Empty(start) => {
                self.open(start);
                self.close(start.name().0);
            }
            Event::Text(text) if self.is_text => {
                self.line += &text.xml_content(XmlVersion::Implicit1_0)
            }
            Event::GeneralRef(name) if self.is_text => self.line += &entity(name),
            Event::End(end) => self.close(end.name().0),
            _ => {}
        }
    }

    fn open(&mut self, start: &BytesStart<'_>) {
        match start.name().0 {
            "w:t" => self.is_text = true,
            "w:tab" => self.line.push('\t'),
            "w:br" | "w:cr" => self.line.push('\n'),
            "w:pStyle" => self.level = self.levels.get(&attribute(start, "w:val")).copied(),
            "w:tbl" => self.tables.push(Table::within()),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match (name, self.tables.last_mut()) {
            ("w:t", _) => self.is_text = false,
            ("w:p", None) => {
                let line = std::mem::take(&mut self.line);
                match self.level.take() {
                    Some(level) => self.builder.heading(level, &line),
                    None => self.builder.paragraph(&line),
                }
            }
            ("w:p", Some(_)) => self.line.push('\n'),
            ("w:tc", Some(_)) => {
                let cell = std::mem::take(&mut self.line).trim().to_owned();
                self.cells.push(cell);
            }
            ("w:tr", Some(table)) => {
                let cells = std::mem::take(&mut self.cells);
                table.row(&mut self.builder, 0, cells);
            }
            ("w:tbl", _) => {
                self.tables.pop();
            }
            _ => {}
        }
    }
}

/// The value of an attribute; empty if there is none. The first of two counts: looking for others takes time.
fn attribute(start: &BytesStart<'_>, name: &str) -> String {
    let mut attributes = start.attributes();
    let found = attributes
        .with_checks(false)
        .flatten()
        .find(|attribute| attribute.key.0 == name);
    found
        .map(|attribute| attribute.value.into_owned())
        .unwrap_or_default()
}

/// The five entities of XML and numbered letters; there are no others, so nothing can grow.
fn entity(name: &quick_xml::events::BytesRef<'_>) -> String {
    if let Ok(Some(letter)) = name.resolve_char_ref() {
        return letter.to_string();
    }
    quick_xml::escape::resolve_predefined_entity(name)
        .unwrap_or_default()
        .to_owned()
}
