//! Module docs, and sizes of files and functions.

use crate::sources::Source;
use syn::spanned::Spanned;
use syn::visit::Visit;

const MAX_FILE_LINES: usize = 500;
const MAX_FUNCTION_LINES: usize = 60;
const MAX_MEDIAN_LINES: usize = 10;

/// Adds a sentence to `problems` for each file or function that is over its budget.
pub(crate) fn check(sources: &[Source], problems: &mut Vec<String>) {
    let mut lengths = Vec::new();
    for source in sources {
        check_file(source, problems);
        if source.has_extension("rs") {
            check_functions(source, &mut lengths, problems);
        }
    }
    lengths.sort_unstable();
    let median = lengths.get(lengths.len() / 2).copied().unwrap_or(0);
    if MAX_MEDIAN_LINES < median {
        problems.push(format!(
            "the median function has {median} lines, the budget is {MAX_MEDIAN_LINES}"
        ));
    }
}

fn check_file(source: &Source, problems: &mut Vec<String>) {
    let name = source.path.display();
    if source.has_extension("rs") && !source.text.starts_with("//!") {
        problems.push(format!(
            "{name}: say in a `//!` line what this module is for"
        ));
    }
    let n_lines = source.text.lines().count();
    if MAX_FILE_LINES < n_lines {
        problems.push(format!("{name}: {n_lines} lines, over {MAX_FILE_LINES}: find the second noun and give it a file"));
    }
}

fn check_functions(source: &Source, lengths: &mut Vec<usize>, problems: &mut Vec<String>) {
    let name = source.path.display();
    let file = match syn::parse_file(&source.text) {
        Ok(file) => file,
        Err(error) => return problems.push(format!("{name}: not Rust: {error}")),
    };
    let mut functions = Functions(Vec::new());
    functions.visit_file(&file);
    for (function, n_lines) in functions.0 {
        lengths.push(n_lines);
        if MAX_FUNCTION_LINES < n_lines {
            problems.push(format!(
                "{name}: fn {function} has {n_lines} lines, over {MAX_FUNCTION_LINES}"
            ));
        }
    }
}

/// Name and length of each function, from its `fn` line to its closing brace.
struct Functions(Vec<(String, usize)>);

impl Functions {
    fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let n_lines = block.span().end().line - signature.span().start().line + 1;
        self.0.push((signature.ident.to_string(), n_lines));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.sig, &item.block);
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.sig, &item.block);
        syn::visit::visit_impl_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems_of(text: &str) -> Vec<String> {
        let mut problems = Vec::new();
        check(
            &[Source {
                path: "a.rs".into(),
                text: text.to_owned(),
            }],
            &mut problems,
        );
        problems
    }

    #[test]
    fn a_small_documented_file_is_fine() {
        assert_eq!(
            problems_of("//! For tests.\nfn f() {}\n"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_file_without_module_doc_is_named() {
        assert_eq!(problems_of("fn f() {}\n").len(), 1);
    }

    #[test]
    fn a_long_function_is_named_with_its_length() {
        let body = "    g();\n".repeat(MAX_FUNCTION_LINES);
        let found = problems_of(&format!(
            "//! For tests.\nfn f() {{}}\nfn h() {{}}\nfn long() {{\n{body}}}\n"
        ));
        assert_eq!(found, ["a.rs: fn long has 62 lines, over 60"]);
    }

    #[test]
    fn a_long_file_is_named() {
        assert_eq!(
            problems_of(&format!("//! For tests.\n{}", "\n".repeat(MAX_FILE_LINES))).len(),
            1
        );
    }
}
