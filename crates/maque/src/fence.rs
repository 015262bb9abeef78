//! Takes a fenced code block out of an answer while the answer streams.

/// A lead-in before the fence ("Here is the code:") is dropped up to this many bytes; more is prose.
const MAX_LEAD_IN: usize = 400;

/// Whether an answer without a fence near its start is prose to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Search {
    /// A fence that opens the answer, or follows one short lead-in that ends in a colon.
    NearTheStart,
    /// The first fence wherever it is (`--code`).
    Anywhere,
}

/// The place in the answer.
enum Place {
    /// No fence yet; all text so far is held.
    Before { held: String },
    /// In the block; `line` is what is held of the current line because it may be the closing fence.
    Inside { fence: Fence, line: String },
    /// After the block: the rest is dropped.
    After,
    /// There was no fence: everything passes.
    Prose,
}

/// An opening fence: the closing one has the same character, at least as often.
#[derive(Clone, Copy)]
struct Fence {
    mark: char,
    length: usize,
}

/// A streaming filter from answer text to the content of its first fenced block.
pub(crate) struct Unfence {
    search: Search,
    place: Place,
}

impl Unfence {
    /// At the start of an answer.
    pub(crate) fn new(search: Search) -> Unfence {
        Unfence {
            search,
            place: Place::Before {
                held: String::new(),
            },
        }
    }

    /// Whether the block has ended: nothing that follows will be shown.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.place, Place::After)
    }

    /// Text to show now that `piece` has come.
    pub(crate) fn push(&mut self, piece: &str) -> String {
        match &mut self.place {
            Place::Before { held } => {
                held.push_str(piece);
                self.look_for_fence()
            }
            Place::Inside { fence, line } => {
                let fence = *fence;
                let text = std::mem::take(line) + piece;
                self.inside(fence, &text)
            }
            Place::After => String::new(),
            Place::Prose => piece.to_owned(),
        }
    }

    /// Text to show at the answer's end.
    pub(crate) fn finish(&mut self) -> String {
        match std::mem::replace(&mut self.place, Place::Prose) {
            Place::Before { held } => held,
            Place::Inside { fence, line } if !closes(&line, fence) => line,
            Place::Inside { .. } | Place::After | Place::Prose => String::new(),
        }
    }

    fn look_for_fence(&mut self) -> String {
        let Place::Before { held } = &mut self.place else {
            return String::new();
        };
        let mut start = 0;
        for line in held
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'))
        {
            let after = start + line.len();
            if let Some(fence) = opens(line) {
                if self.search == Search::NearTheStart && !is_lead_in(&held[..start]) {
                    break;
                }
                let rest = held.split_off(after);
                return self.inside(fence, &rest);
            }
            start = after;
        }
        let is_prose =
            start < held.len() && opens_cannot_be(&held[start..]) && MAX_LEAD_IN < held.len();
        let is_refused = held[start..].contains('\n');
        if self.search == Search::NearTheStart && (is_prose || is_refused) {
            let all = std::mem::take(held);
            self.place = Place::Prose;
            return all;
        }
        String::new()
    }

    fn inside(&mut self, fence: Fence, text: &str) -> String {
        let mut shown = String::new();
        for line in text.split_inclusive('\n') {
            let is_whole = line.ends_with('\n');
            if is_whole && closes(line, fence) {
                self.place = Place::After;
                return shown;
            }
            if !is_whole && may_close(line, fence) {
                self.place = Place::Inside {
                    fence,
                    line: line.to_owned(),
                };
                return shown;
            }
            shown.push_str(line);
        }
        self.place = Place::Inside {
            fence,
            line: String::new(),
        };
        shown
    }
}

/// The fence that a line opens (CommonMark 4.5, without indentation limits).
fn opens(line: &str) -> Option<Fence> {
    let line = line.trim();
    let mark = line
        .chars()
        .next()
        .filter(|mark| matches!(mark, '`' | '~'))?;
    let length = line.chars().take_while(|&c| c == mark).count();
    let info = &line[length..];
    (3 <= length && !(mark == '`' && info.contains('`'))).then_some(Fence { mark, length })
}

fn opens_cannot_be(unfinished: &str) -> bool {
    !unfinished.trim_start().starts_with(['`', '~'])
}

fn closes(line: &str, fence: Fence) -> bool {
    let line = line.trim();
    fence.length <= line.chars().count() && line.chars().all(|c| c == fence.mark)
}

/// Whether more text could make the unfinished `line` a closing fence.
fn may_close(line: &str, fence: Fence) -> bool {
    line.trim().chars().all(|c| c == fence.mark)
}

/// Nothing, or one short sentence that announces the block.
fn is_lead_in(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || (text.len() <= MAX_LEAD_IN && text.ends_with([':', '：']))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same result whole, and in pieces of every size.
    #[track_caller]
    fn check(search: Search, answer: &str, want: &str) {
        let chars: Vec<char> = answer.chars().collect();
        for size in 1..=chars.len() {
            let mut unfence = Unfence::new(search);
            let mut shown = String::new();
            for piece in chars.chunks(size) {
                shown += &unfence.push(&piece.iter().collect::<String>());
            }
            shown += &unfence.finish();
            assert_eq!(shown, want, "in pieces of {size}");
        }
    }

    #[test]
    fn a_fenced_answer_becomes_its_content() {
        check(
            Search::NearTheStart,
            "```ts\nlet a = 1;\n\nf();\n```\nThis declares a.",
            "let a = 1;\n\nf();\n",
        );
        check(Search::NearTheStart, "\n```\na\n```", "a\n");
        check(Search::NearTheStart, "~~~py\n```\n~~~\n", "```\n");
    }

    #[test]
    fn a_short_lead_in_is_dropped() {
        check(
            Search::NearTheStart,
            "以下是转换后的代码：\n\n```typescript\nlet a = 1\n```\n\n说明",
            "let a = 1\n",
        );
    }

    #[test]
    fn prose_is_kept_whole() {
        check(
            Search::NearTheStart,
            "Hello.\n\n```\ncode\n```\nmore",
            "Hello.\n\n```\ncode\n```\nmore",
        );
        let long = format!("{}:\n```\ncode\n```\n", "word ".repeat(100));
        check(Search::NearTheStart, &long, &long);
        check(Search::NearTheStart, "只有一句话", "只有一句话");
    }

    #[test]
    fn a_longer_fence_holds_shorter_ones() {
        check(
            Search::NearTheStart,
            "````md\n```\na\n```\n````\n",
            "```\na\n```\n",
        );
    }

    #[test]
    fn inline_code_is_no_fence() {
        check(
            Search::NearTheStart,
            "```a``` is code\n",
            "```a``` is code\n",
        );
    }

    #[test]
    fn a_cut_block_keeps_what_there_is() {
        check(Search::NearTheStart, "```js\nlet a = `", "let a = `");
        check(Search::NearTheStart, "```js\nlet a;\n``", "let a;\n``");
    }

    #[test]
    fn code_anywhere_is_found_after_prose() {
        check(
            Search::Anywhere,
            "One.\nTwo.\n```sh\nls\n```\nThree.",
            "ls\n",
        );
        check(Search::Anywhere, "no code at all", "no code at all");
    }
}
