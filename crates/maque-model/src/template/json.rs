//! The filter `tojson` as chat templates know it: Python's `json.dumps(value, ensure_ascii=False)`.

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, ErrorKind, Value};
use std::fmt::Write;

/// Depth of lists and maps at most.
const MAX_DEPTH: usize = 64;
/// Length at most: lists that hold one another many times could else grow without end.
const MAX_BYTES: usize = 16 << 20;

/// JSON with Python's spacing, keys in the order given, nothing escaped beyond JSON's need.
pub(super) fn tojson(value: &Value, options: Kwargs) -> Result<String, Error> {
    let indent = options
        .get::<Option<usize>>("indent")?
        .filter(|indent| *indent <= 16);
    let _: (Option<bool>, Option<bool>) = (options.get("ensure_ascii")?, options.get("sort_keys")?);
    options.assert_all_used()?;
    let mut writer = Writer {
        out: String::new(),
        indent,
    };
    writer.value(value, 0)?;
    Ok(writer.out)
}

struct Writer {
    out: String,
    indent: Option<usize>,
}

impl Writer {
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        if MAX_DEPTH < depth || MAX_BYTES < self.out.len() {
            return Err(Error::new(
                ErrorKind::InvalidOperation,
                "a value is too large for JSON",
            ));
        }
        match value.kind() {
            ValueKind::None => self.out.push_str("null"),
            ValueKind::Bool => self
                .out
                .push_str(if value.is_true() { "true" } else { "false" }),
            ValueKind::Number => self.number(value),
            ValueKind::String => self.string(value.as_str().unwrap_or_default()),
            ValueKind::Seq | ValueKind::Iterable => self.list(value, depth)?,
            ValueKind::Map => self.map(value, depth)?,
            kind => {
                let message = format!("{kind} cannot be written as JSON");
                return Err(Error::new(ErrorKind::InvalidOperation, message));
            }
        }
        Ok(())
    }

    fn list(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        let mut n_items = 0;
        self.out.push('[');
        for item in value.try_iter()? {
            self.separate(n_items, depth + 1);
            self.value(&item, depth + 1)?;
            n_items += 1;
        }
        self.close(n_items, depth, ']');
        Ok(())
    }

    fn map(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        let mut n_items = 0;
        self.out.push('{');
        for key in value.try_iter()? {
            self.separate(n_items, depth + 1);
            match key.as_str() {
                Some(text) => self.string(text),
                None => self.string(&key.to_string()),
            }
            self.out.push_str(": ");
            self.value(&value.get_item(&key)?, depth + 1)?;
            n_items += 1;
        }
        self.close(n_items, depth, '}');
        Ok(())
    }

    /// What comes before item number `n_items`.
    fn separate(&mut self, n_items: usize, depth: usize) {
        match (self.indent, n_items) {
            (None, 0) => {}
            (None, _) => self.out.push_str(", "),
            (Some(_), 0) => self.new_line(depth),
            (Some(_), _) => {
                self.out.push(',');
                self.new_line(depth);
            }
        }
    }

    fn close(&mut self, n_items: usize, depth: usize, bracket: char) {
        if n_items != 0 && self.indent.is_some() {
            self.new_line(depth);
        }
        self.out.push(bracket);
    }

    fn new_line(&mut self, depth: usize) {
        self.out.push('\n');
        let n_spaces = self.indent.unwrap_or(0) * depth;
        self.out.extend(std::iter::repeat_n(' ', n_spaces));
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for letter in text.chars() {
            match letter {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                control if control < ' ' => {
                    write!(self.out, "\\u{:04x}", u32::from(control))
                        .expect("a string takes any text");
                }
                plain => self.out.push(plain),
            }
        }
        self.out.push('"');
    }

    fn number(&mut self, value: &Value) {
        match (value.is_integer(), f64::try_from(value.clone())) {
            (false, Ok(number)) => self.out.push_str(&python_float(number)),
            _ => self.out.push_str(&value.to_string()),
        }
    }
}

/// A float as Python writes it: `1e+16` and `5e-05` where Rust writes `1e16` and `5e-5`.
fn python_float(number: f64) -> String {
    if !number.is_finite() {
        return if number.is_nan() {
            "NaN"
        } else if number < 0.0 {
            "-Infinity"
        } else {
            "Infinity"
        }
        .into();
    }
    let text = format!("{number:?}");
    match text.split_once('e') {
        None => text,
        Some((digits, exponent)) => {
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(exponent) => ('-', exponent),
                None => ('+', exponent),
            };
            format!("{digits}e{sign}{exponent:0>2}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::python_float;

    #[test]
    fn floats_are_pythons() {
        for (number, text) in [
            (1.0, "1.0"),
            (1e16, "1e+16"),
            (5e-5, "5e-05"),
            (0.0001, "0.0001"),
            (1.5e-7, "1.5e-07"),
            (1e100, "1e+100"),
            (-0.0, "-0.0"),
        ] {
            assert_eq!(python_float(number), text);
        }
    }
}
