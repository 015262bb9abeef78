//! The user's language.

/// The languages that every sentence exists in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// English, and whoever asked for none of the others.
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Language {
    /// The user's, from the locale variables in POSIX's order.
    pub(crate) fn of_user() -> Language {
        Language::from_locale(&|name| std::env::var(name).ok())
    }

    fn from_locale(environment: &dyn Fn(&str) -> Option<String>) -> Language {
        let set = |name: &&str| environment(name).filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(set)
            .unwrap_or_default();
        if locale.starts_with("zh") {
            Language::Chinese
        } else {
            Language::English
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_locale_that_is_set_decides() {
        let language = |all: &str, lang: &str| {
            let (all, lang) = (all.to_owned(), lang.to_owned());
            Language::from_locale(&move |name| match name {
                "LC_ALL" => Some(all.clone()),
                "LANG" => Some(lang.clone()),
                _ => None,
            })
        };
        assert_eq!(language("", "zh_CN.UTF-8"), Language::Chinese);
        assert_eq!(language("C", "zh_CN.UTF-8"), Language::English);
        assert_eq!(language("", ""), Language::English);
    }
}
