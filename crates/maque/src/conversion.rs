//! A request for its document in another language of programmers: "convert this to TypeScript".
//!
//! What a conversion does otherwise than other requests was chosen by trial (Qwen2.5-Coder-0.5B, twelve conversions of six
//! files of JavaScript that are none of the tests'; bench/NOTES.md has the figures): the likeliest token always and no
//! penalty for repeating the document, the document in a fence, an answer that begins in one, for TypeScript a rule, an example
//! and the first lines given.

use crate::document::Document;

/// A conversion into one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Conversion {
    /// As a fence names it.
    into: &'static str,
}

/// A small model leaves out what the language wants beyond the document's own unless it is shown once.
const EXAMPLE: [&str; 2] = [
    include_str!("conversion/example.js"),
    include_str!("conversion/example.ts"),
];

const RULE: &str = "When you write TypeScript: declare the fields of a class before its constructor, and the types of parameters.";

/// A language's name in a fence, and how people write it.
const LANGUAGES: &[(&str, &[&str])] = &[
    ("typescript", &["typescript", "ts"]),
    ("javascript", &["javascript", "js"]),
    ("python", &["python", "python3", "py"]),
    ("go", &["go", "golang"]),
    ("rust", &["rust"]),
    ("java", &["java"]),
    ("kotlin", &["kotlin"]),
    ("swift", &["swift"]),
    ("c", &["c"]),
    ("cpp", &["c++", "cpp"]),
    ("csharp", &["c#", "csharp"]),
    ("php", &["php"]),
    ("ruby", &["ruby"]),
    ("lua", &["lua"]),
    ("bash", &["bash"]),
    ("sql", &["sql"]),
    ("json", &["json"]),
    ("yaml", &["yaml"]),
    ("toml", &["toml"]),
    ("xml", &["xml"]),
    ("html", &["html"]),
    ("css", &["css"]),
];

/// Chinese words after which the wanted language comes at once.
const INTO: &[&str] = &[
    "转成",
    "转为",
    "转换成",
    "转换为",
    "转化成",
    "转化为",
    "改成",
    "改为",
    "改写成",
    "改写为",
    "重写成",
    "重写为",
    "翻译成",
    "翻译为",
    "译成",
    "译为",
    "变成",
    "换成",
];

/// English verbs, each with the words between it and the wanted language.
const VERBS: &[(&str, &[&str])] = &[
    ("convert", &["to", "into"]),
    ("translate", &["to", "into"]),
    ("transform", &["to", "into"]),
    ("transpile", &["to", "into"]),
    ("migrate", &["to"]),
    ("port", &["to"]),
    ("turn", &["into"]),
    ("rewrite", &["in", "into", "as"]),
];

/// What asks for words about code, not for code.
const ASKING: &[&str] = &["how", "why", "what"];
const ASKING_IN_CHINESE: &[&str] = &["如何", "怎么", "怎样", "为什么", "？"];

impl Conversion {
    /// The one that `request` wants, if it wants one.
    pub(crate) fn wanted(request: &str) -> Option<Conversion> {
        let request = request.to_lowercase();
        let is_asking = words(&request).any(|word| ASKING.contains(&word));
        if is_asking || ASKING_IN_CHINESE.iter().any(|word| request.contains(word)) {
            return None;
        }
        let into = in_chinese(&request).or_else(|| in_english(&request))?;
        Some(Conversion { into })
    }

    /// What the answer begins with: a fence, and what `text` begins with that is the same in both languages.
    pub(crate) fn opening(self, text: &str) -> String {
        let head = match self.into {
            "typescript" => head(text),
            _ => "",
        };
        format!("```{}\n{head}", self.into)
    }

    /// The document as it is shown.
    pub(crate) fn shown(self, document: Document) -> Document {
        let text = fenced(self.from(), &document.text);
        Document { text, ..document }
    }

    /// What the language wants beyond that of the document, as a system prompt.
    pub(crate) fn rule(self) -> Option<&'static str> {
        (self.into == "typescript").then_some(RULE)
    }

    /// A document and its conversion, to be shown before.
    pub(crate) fn example(self) -> Option<[String; 2]> {
        let [before, after] = EXAMPLE;
        (self.into == "typescript").then(|| [fenced(self.from(), before), fenced(self.into, after)])
    }

    /// The language of the document, where it goes without saying.
    fn from(self) -> &'static str {
        match self.into {
            "typescript" => "javascript",
            _ => "",
        }
    }
}

/// The lines at the beginning of JavaScript that no conversion to TypeScript changes: comments, imports, plain constants.
fn head(code: &str) -> &str {
    let (mut end, mut is_comment) = (0, false);
    for line in code.split_inclusive('\n') {
        let text = line.trim_end();
        is_comment |= text.starts_with("/*");
        if !line.ends_with('\n') || !(is_comment || is_plain(text)) {
            break;
        }
        is_comment &= !text.ends_with("*/");
        end += line.len();
    }
    &code[..end]
}

fn is_plain(line: &str) -> bool {
    let is_word = |word: &str| ["const", "let", "var"].contains(&word);
    let constant = line.trim_end_matches(';').split_once(" = ");
    let is_constant = constant.is_some_and(|(name, value)| {
        let name: Vec<&str> = name.split(' ').collect();
        name.len() == 2 && is_word(name[0]) && is_literal(value)
    });
    is_constant || line.is_empty() || line.starts_with("//") || line.starts_with("import ")
}

/// A number, a string, a regex or a module.
fn is_literal(value: &str) -> bool {
    let is_between = |open: &str, close: &str| {
        let inner = value
            .strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close));
        inner.is_some_and(|inner| !inner.contains(open))
    };
    let is_pattern =
        value.starts_with('/') && value.trim_end_matches(char::is_alphabetic).ends_with('/');
    let is_number = value.parse::<f64>().is_ok();
    is_number
        || is_pattern
        || is_between("'", "'")
        || is_between("\"", "\"")
        || is_between("require(", ")")
}

/// A block of code; the fence is longer than any in it.
fn fenced(language: &str, code: &str) -> String {
    let runs = code.split(|c| c != '`').map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or(0).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}", code.trim_end())
}

fn in_chinese(request: &str) -> Option<&'static str> {
    INTO.iter().find_map(|into| {
        let (_, rest) = request.split_once(into)?;
        language(
            words(rest)
                .next()
                .filter(|word| rest.trim_start().starts_with(word))?,
        )
    })
}

fn in_english(request: &str) -> Option<&'static str> {
    let words: Vec<&str> = words(request).collect();
    VERBS.iter().find_map(|(verb, links)| {
        let start = words.iter().position(|word| word == verb)?;
        let mut pairs = words[start..].windows(2);
        pairs.find_map(|pair| links.contains(&pair[0]).then(|| language(pair[1]))?)
    })
}

fn language(word: &str) -> Option<&'static str> {
    let known = LANGUAGES.iter().find(|(_, names)| names.contains(&word));
    known.map(|(fence, _)| *fence)
}

/// The runs of Latin letters, digits and what names of languages have beside them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_apart = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '#');
    text.split(is_apart).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversion_names_its_language() {
        for (request, want) in [
            ("把这段JS转成TypeScript", "typescript"),
            ("请把下面的 Python 代码改写成 Go，不要解释", "go"),
            ("翻译成 C++", "cpp"),
            ("Convert this JS to TypeScript", "typescript"),
            ("convert to TypeScript.", "typescript"),
            ("Please rewrite this in Rust, with comments", "rust"),
            ("Turn this table into JSON", "json"),
        ] {
            let wanted = Conversion::wanted(request);
            assert_eq!(wanted.map(|wanted| wanted.into), Some(want), "{request}");
        }
    }

    #[test]
    fn other_requests_are_none() {
        for request in [
            "给这段 Python 加注释",
            "把注释翻译成英文，代码是 TypeScript",
            "把变量名改成小写",
            "Translate the comments in this Python file to English",
            "Explain how to convert this to TypeScript",
            "如何把它改写成 Go？",
            "What does this Go program do?",
            "Rewrite this in a friendlier tone",
            "",
        ] {
            assert_eq!(Conversion::wanted(request), None, "{request}");
        }
    }

    #[test]
    fn a_fence_is_longer_than_those_within() {
        assert_eq!(fenced("js", "a\n"), "```js\na\n```");
        assert_eq!(fenced("", "```\na\n```\n"), "````\n```\na\n```\n````");
    }

    #[test]
    fn what_both_languages_write_alike_begins_the_answer() {
        let same = "/* Sums.\n * All. */\nimport fs from 'fs';\nconst a = 0.5;\n\nlet b = 'x';\nconst r = /a b/g;\nconst p = require('path');\n";
        let rest = "class A {\n  f() { return 1; }\n}\n";
        assert_eq!(head(&(same.to_owned() + rest)), same);
        for code in [
            "",
            "x",
            "// no end",
            "const f = (a) => a;\n",
            "const l = [];\n",
            "/* a\nb",
        ] {
            let whole_lines = head(code);
            assert!(whole_lines.is_empty() || whole_lines == "/* a\n", "{code}");
        }
        let conversion = Conversion { into: "python" };
        assert_eq!(conversion.opening("// a\n"), "```python\n");
    }
}
