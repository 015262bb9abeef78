//! Opens the page in the user's browser.

use crate::say::Say;
use crate::talk::Talk;

/// Whether there is a desktop to open a browser on.
pub(crate) fn has_desktop() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(any(windows, target_os = "macos")) || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

/// Opens `url`; where that fails, it is said and nothing else happens.
pub(crate) fn open(url: &str, talk: &Talk) {
    if !has_desktop() || ::open::that_detached(url).is_err() {
        talk.line(&Say::NoBrowser {
            url: url.to_owned(),
        });
    }
}
