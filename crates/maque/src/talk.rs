//! What is said on standard error while something takes its time.

use crate::say::Say;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::Duration;

const SPINNER: &str = "{spinner} {msg}";
const ROWS: &str = "{wide_bar} {msg}";
const BAR: &str = "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";

/// Who listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Nobody: stages are not said.
    Nobody,
    /// A log: one plain line a stage.
    Log,
    /// A person at a terminal: a bar.
    Terminal,
}

impl Audience {
    /// A person if standard error is a terminal, else `otherwise`.
    pub(crate) fn on_stderr(otherwise: Audience) -> Audience {
        if std::io::stderr().is_terminal() {
            Audience::Terminal
        } else {
            otherwise
        }
    }
}

/// A talker: one current stage, with progress if it has any.
pub(crate) struct Talk {
    audience: Audience,
    bar: ProgressBar,
    stage: Mutex<Option<Say>>,
    said: Mutex<Vec<Say>>,
}

impl Talk {
    /// Speaks to `audience`.
    pub(crate) fn new(audience: Audience) -> Talk {
        let target = match audience {
            Audience::Terminal => ProgressDrawTarget::stderr(),
            Audience::Nobody | Audience::Log => ProgressDrawTarget::hidden(),
        };
        Talk {
            audience,
            bar: ProgressBar::with_draw_target(None, target).with_style(style(SPINNER)),
            stage: Mutex::new(None),
            said: Mutex::new(Vec::new()),
        }
    }

    /// A stage without an end in sight.
    pub(crate) fn stage(&self, say: Say) {
        if self.enter(say) {
            self.bar.set_style(style(SPINNER));
            self.bar.enable_steady_tick(Duration::from_millis(120));
        }
    }

    /// A stage of `total` bytes, `done` of which are through; 0 as long as nobody knows how many.
    pub(crate) fn bytes(&self, say: Say, done: u64, total: u64) {
        if total == 0 {
            return self.stage(say);
        }
        if self.enter(say) || self.bar.length() != Some(total) {
            self.bar.disable_steady_tick();
            self.bar.set_style(style(BAR));
            self.bar.reset();
        }
        self.bar.set_length(total);
        self.bar.set_position(done);
    }

    /// A stage of `total` rows, `done` of which are through; a log has lines for it.
    pub(crate) fn rows(&self, say: &Say, done: usize, total: usize) {
        self.bar.disable_steady_tick();
        self.bar.set_style(style(ROWS));
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
        self.bar.set_message(say.to_string());
    }

    /// Who listens.
    pub(crate) fn audience(&self) -> Audience {
        self.audience
    }

    /// Takes the bar away; what was said before stays.
    pub(crate) fn hush(&self) {
        self.bar.disable_steady_tick();
        self.bar.finish_and_clear();
        *self.lock() = None;
    }

    /// A sentence that stays.
    pub(crate) fn line(&self, say: &Say) {
        match self.audience {
            Audience::Nobody => {}
            Audience::Log => drop(writeln!(std::io::stderr(), "{say}")),
            Audience::Terminal => self
                .bar
                .suspend(|| drop(writeln!(std::io::stderr(), "{say}"))),
        }
    }

    /// A sentence that is said in a pipe too.
    pub(crate) fn warn(&self, say: &Say) {
        self.hush();
        let _ = writeln!(std::io::stderr(), "{say}");
    }

    /// A sentence that stays and is not said twice.
    pub(crate) fn once(&self, say: &Say) {
        let mut said = self
            .said
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if !said.contains(say) {
            said.push(say.clone());
            self.line(say);
        }
    }

    /// Whether `say` is another stage than the one before; a log gets its line.
    fn enter(&self, say: Say) -> bool {
        let mut stage = self.lock();
        if stage.as_ref() == Some(&say) {
            return false;
        }
        self.bar.set_message(say.to_string());
        if self.audience == Audience::Log {
            let _ = writeln!(std::io::stderr(), "{say}");
        }
        *stage = Some(say);
        true
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Say>> {
        self.stage
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
