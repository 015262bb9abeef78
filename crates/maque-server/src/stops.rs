//! Stop strings, found across the borders of tokens.

/// Text on its way out, held back as long as it may be the beginning of a stop string.
#[derive(Debug, Default)]
pub(crate) struct Stops {
    stops: Vec<String>,
    held: String,
}

/// What may be shown now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// This text; more may follow.
    Text(String),
    /// This text, and then this stop string came.
    Last(String, String),
}

impl Stops {
    /// Looks for these; none of them is empty.
    pub(crate) fn new(stops: Vec<String>) -> Stops {
        Stops {
            stops,
            held: String::new(),
        }
    }

    /// Takes the next text.
    pub(crate) fn push(&mut self, text: &str) -> Shown {
        self.held += text;
        let first = self
            .stops
            .iter()
            .filter_map(|stop| Some((self.held.find(stop.as_str())?, stop)))
            .min_by_key(|(at, _)| *at);
        if let Some((at, stop)) = first {
            self.held.truncate(at);
            return Shown::Last(std::mem::take(&mut self.held), stop.clone());
        }
        let n_kept = self
            .stops
            .iter()
            .map(|stop| overlap(&self.held, stop))
            .max();
        let rest = self.held.split_off(self.held.len() - n_kept.unwrap_or(0));
        Shown::Text(std::mem::replace(&mut self.held, rest))
    }

    /// What was held back, when nothing follows.
    pub(crate) fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

/// Bytes of the longest end of `text` with which `stop` begins.
pub(crate) fn overlap(text: &str, stop: &str) -> usize {
    let longest = stop.len().min(text.len() + 1);
    let ends = (1..longest).rev().filter(|n| stop.is_char_boundary(*n));
    let found = ends.into_iter().find(|n| text.ends_with(&stop[..*n]));
    found.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(stops: &[&str], text: &str, n: usize) -> (String, bool) {
        let mut finder = Stops::new(stops.iter().map(|stop| (*stop).to_owned()).collect());
        let letters: Vec<char> = text.chars().collect();
        let mut out = String::new();
        for piece in letters.chunks(n) {
            match finder.push(&piece.iter().collect::<String>()) {
                Shown::Text(text) => out += &text,
                Shown::Last(text, _) => return (out + &text, true),
            }
        }
        (out + &finder.finish(), false)
    }

    #[test]
    fn stops_are_found_however_the_text_is_cut() {
        for n in 1..20 {
            assert_eq!(
                shown(&["END"], "one EN two END three", n),
                ("one EN two ".to_owned(), true)
            );
            assert_eq!(
                shown(&["。", "ab"], "春风a。ab", n),
                ("春风a".to_owned(), true)
            );
            assert_eq!(shown(&["aab"], "aaab", n), ("a".to_owned(), true));
            assert_eq!(shown(&["xyz"], "wxy", n), ("wxy".to_owned(), false));
            assert_eq!(shown(&[], "all of it", n), ("all of it".to_owned(), false));
        }
    }
}
