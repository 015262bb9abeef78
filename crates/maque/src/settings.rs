//! Settings: flag, then environment, then `config.toml`, then default; each knows where it came from.

use crate::calibration::Calibration;
use crate::exit::Problem;
use crate::say::Say;
use crate::upstream::UpstreamTable;
use crate::{config_file::ConfigFile, cores, memory};
use maque_kernels::Isa;
use std::fmt;
use std::net::IpAddr;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::str::FromStr;

/// The model that is served when nobody chose one.
pub(crate) const DEFAULT_MODEL: &str = "qwen2.5:0.5b";
/// What is taken when the default model cannot be fetched.
pub(crate) const FALLBACK_MODEL: &str = "qwen2.5-coder:0.5b";
const DEFAULT_CONTEXT: usize = 8192;
const DEFAULT_MEMORY: ByteSize = ByteSize(256 << 20);
const DEFAULT_PORT: u16 = 7860;
/// More is a slip of the keyboard: each thread takes memory before it computes anything.
const MAX_THREADS: usize = 1024;

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The command line.
    Flag,
    /// An environment variable.
    Environment(&'static str),
    /// `config.toml`.
    File,
    /// Nobody chose it, and what is fastest was measured.
    Measured,
    /// Nobody chose it.
    Default,
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

/// A number of bytes, written as `512M` or `2G`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ByteSize(pub(crate) u64);

/// Whether weights stay as stored, are widened or rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Dtype {
    /// As the file has them, F16 in whole numbers of 14 bits for each 32.
    Keep,
    /// Widened to f32, with f32 arithmetic.
    F32,
    /// F32, F16 and BF16 rounded to 8 bits: less memory, faster.
    Int8,
}

/// Whether tokens are guessed and verified together; answers are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Speculation {
    /// Where an answer repeats its prompt or itself.
    Auto,
    /// Never.
    Off,
}

/// Flags about the model and the machine.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct ModelFlags {
    /// Model: a name of the catalogue, a GGUF file or a Hugging Face folder
    #[arg(long, value_name = "NAME|PATH")]
    pub(crate) model: Option<String>,
    /// Threads that compute [default: the fastest number, measured at first start]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Longest conversation in tokens [default: 8192, or less if the model holds less]
    #[arg(long, value_name = "TOKENS")]
    pub(crate) context: Option<NonZeroUsize>,
    /// Weights as stored, widened to f32, or rounded to 8 bits
    #[arg(long)]
    pub(crate) dtype: Option<Dtype>,
    /// Read the whole output head for each token, also where the best few of it are enough
    #[arg(long)]
    pub(crate) exact_head: bool,
    /// Memory for conversations (KV cache), as 512M or 2G [default: 256M]
    #[arg(long, value_name = "BYTES")]
    pub(crate) memory: Option<ByteSize>,
    /// Guess tokens that repeat the prompt or the answer, and verify several at once; answers are the same [default: auto]
    #[arg(long)]
    pub(crate) speculation: Option<Speculation>,
}

/// Flags about the server.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct ServerFlags {
    /// Address to listen on, exactly this one [default: 127.0.0.1 and ::1]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) host: Option<IpAddr>,
    /// Port to listen on [default: 7860, or the next free one]
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// Keep what was read of conversations from one server's end to the next one's start, in a private file of MAQUE_HOME
    #[arg(long)]
    pub(crate) keep_cache: bool,
    /// Share with the LAN: guests come in with a code or a PIN
    #[arg(long)]
    pub(crate) share: bool,
    /// Key that clients must send (repeatable): the first is the owner's, each other one a person's of its own
    #[arg(long = "api-key", value_name = "KEY")]
    pub(crate) api_keys: Vec<String>,
    /// File with further keys, one a line; lines that begin with # are left out
    #[arg(long, value_name = "PATH")]
    pub(crate) api_key_file: Option<PathBuf>,
}

impl ServerFlags {
    /// The keys of the flags; `None` without such flags.
    fn keys(&self) -> Result<Option<Keys>, Problem> {
        let mut keys = self.api_keys.clone();
        if let Some(path) = &self.api_key_file {
            let name = || path.display().to_string();
            let text = std::fs::read_to_string(path)
                .map_err(|error| Problem::usage(Say::CannotRead { path: name() }).because(error))?;
            let lines = text.lines().map(str::trim);
            let listed = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
            let n_before = keys.len();
            keys.extend(listed.map(str::to_owned));
            if keys.len() == n_before {
                return Err(Problem::usage(Say::NoKeys { path: name() }));
            }
        }
        Ok(Some(keys).filter(|keys| !keys.is_empty()).map(Keys))
    }
}

/// Every setting.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) home: Setting<PathBuf>,
    pub(crate) model: Setting<String>,
    pub(crate) isa: Setting<Isa>,
    pub(crate) threads: Setting<NonZeroUsize>,
    pub(crate) context: Setting<NonZeroUsize>,
    pub(crate) dtype: Setting<Dtype>,
    pub(crate) exact_head: Setting<bool>,
    pub(crate) memory: Setting<ByteSize>,
    pub(crate) speculation: Setting<Speculation>,
    pub(crate) keep_cache: Setting<bool>,
    pub(crate) host: Setting<Option<IpAddr>>,
    pub(crate) port: Setting<u16>,
    pub(crate) share: Setting<bool>,
    pub(crate) api_keys: Setting<Vec<String>>,
    pub(crate) hf_endpoint: Setting<Option<String>>,
    pub(crate) upstream: Setting<Option<UpstreamTable>>,
}

impl Settings {
    /// Settings of this process.
    pub(crate) fn resolve(model: &ModelFlags, server: &ServerFlags) -> Result<Settings, Problem> {
        Resolver::new(&|name| std::env::var_os(name)?.into_string().ok())?
            .resolve(model, server)?
            .within(memory::total())
    }

    /// The same, if this machine can do it.
    fn within(self, memory: Option<u64>) -> Result<Settings, Problem> {
        let threads = self.threads.value.get();
        if MAX_THREADS < threads {
            let limit = MAX_THREADS;
            return Err(Problem::usage(Say::TooManyThreads { threads, limit }));
        }
        match memory {
            Some(there) if there < self.memory.value.0 => Err(Problem::usage(Say::TooMuchMemory {
                wanted: self.memory.value.rounded(),
                there: ByteSize(there).rounded(),
            })),
            _ => Ok(self),
        }
    }
}

type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The sources below the flags.
struct Resolver<'a> {
    environment: Environment<'a>,
    home: Setting<PathBuf>,
    file: ConfigFile,
}

impl<'a> Resolver<'a> {
    fn new(environment: Environment<'a>) -> Result<Resolver<'a>, Problem> {
        let home = home(environment)?;
        let file = ConfigFile::read(&home.value.join("config.toml"))?;
        Ok(Resolver {
            environment,
            home,
            file,
        })
    }

    fn resolve(self, model: &ModelFlags, server: &ServerFlags) -> Result<Settings, Problem> {
        let (file, isa) = (&self.file, self.isa()?);
        Ok(Settings {
            model: self.pick(
                model.model.clone(),
                "MAQUE_MODEL",
                file.model.clone(),
                || DEFAULT_MODEL.to_owned(),
            )?,
            threads: self.threads(model.threads, isa.value)?,
            isa,
            context: choose(model.context, file.context, || nonzero(DEFAULT_CONTEXT)),
            dtype: choose(model.dtype, file.dtype, || Dtype::Keep),
            exact_head: choose(model.exact_head.then_some(true), file.exact_head, || false),
            memory: choose(model.memory, file.memory, || DEFAULT_MEMORY),
            speculation: choose(model.speculation, file.speculation, || Speculation::Auto),
            keep_cache: choose(server.keep_cache.then_some(true), file.keep_cache, || false),
            host: choose(server.host.map(Some), file.host.map(Some), || None),
            port: choose(server.port, file.port, || DEFAULT_PORT),
            share: choose(server.share.then_some(true), file.share, || false),
            api_keys: self
                .pick(
                    server.keys()?,
                    "MAQUE_API_KEY",
                    file.api_keys.clone().map(Keys),
                    Keys::default,
                )?
                .map(|k| k.0),
            hf_endpoint: self
                .pick(None, "HF_ENDPOINT", file.hf_endpoint.clone(), String::new)?
                .map(|url| Some(url).filter(|url| !url.is_empty())),
            upstream: choose(None, file.upstream.clone().map(Some), || None),
            home: self.home,
        })
    }

    fn threads(
        &self,
        flag: Option<NonZeroUsize>,
        isa: Isa,
    ) -> Result<Setting<NonZeroUsize>, Problem> {
        let chosen = self.pick(flag, "MAQUE_THREADS", self.file.threads, cores::available)?;
        let measured = || Calibration::find(&self.home.value, isa);
        Ok(match chosen.origin {
            Origin::Default => measured().map_or(chosen, |value| Setting {
                value,
                origin: Origin::Measured,
            }),
            _ => chosen,
        })
    }

    fn pick<T: FromStr>(
        &self,
        flag: Option<T>,
        variable: &'static str,
        file: Option<T>,
        default: impl FnOnce() -> T,
    ) -> Result<Setting<T>, Problem> {
        match (flag, self.variable(variable)?) {
            (None, Some(value)) => Ok(Setting {
                value,
                origin: Origin::Environment(variable),
            }),
            (flag, _) => Ok(choose(flag, file, default)),
        }
    }

    fn variable<T: FromStr>(&self, name: &'static str) -> Result<Option<T>, Problem> {
        let Some(text) = (self.environment)(name).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let wrong = || {
            Problem::usage(Say::WrongVariable {
                name,
                value: text.clone(),
            })
        };
        text.parse().map(Some).map_err(|_| wrong())
    }

    fn isa(&self) -> Result<Setting<Isa>, Problem> {
        let name = self.pick(None, "MAQUE_ISA", self.file.isa.clone(), String::new)?;
        if name.value.is_empty() {
            return Ok(Setting {
                value: Isa::best(),
                origin: Origin::Default,
            });
        }
        let available = || {
            Isa::available()
                .iter()
                .map(|isa| isa.name())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let value = Isa::named(&name.value).ok_or_else(|| {
            Problem::usage(Say::UnknownIsa {
                name: name.value.clone(),
                available: available(),
            })
        })?;
        Ok(Setting {
            value,
            origin: name.origin,
        })
    }
}

fn choose<T>(flag: Option<T>, file: Option<T>, default: impl FnOnce() -> T) -> Setting<T> {
    match (flag, file) {
        (Some(value), _) => Setting {
            value,
            origin: Origin::Flag,
        },
        (None, Some(value)) => Setting {
            value,
            origin: Origin::File,
        },
        (None, None) => Setting {
            value: default(),
            origin: Origin::Default,
        },
    }
}

fn home(environment: Environment<'_>) -> Result<Setting<PathBuf>, Problem> {
    if let Some(path) = environment("MAQUE_HOME").filter(|path| !path.is_empty()) {
        return Ok(Setting {
            value: path.into(),
            origin: Origin::Environment("MAQUE_HOME"),
        });
    }
    let folders = directories::ProjectDirs::from("", "", "maque")
        .ok_or_else(|| Problem::usage(Say::NoHome))?;
    Ok(Setting {
        value: folders.data_dir().to_owned(),
        origin: Origin::Default,
    })
}

fn nonzero(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).unwrap_or(NonZeroUsize::MIN)
}

impl<T> Setting<T> {
    fn map<U>(self, change: impl FnOnce(T) -> U) -> Setting<U> {
        Setting {
            value: change(self.value),
            origin: self.origin,
        }
    }
}

/// Keys; a variable or flag value holds one.
#[derive(Default)]
struct Keys(Vec<String>);

impl FromStr for Keys {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Keys, Self::Err> {
        Ok(Keys(vec![text.to_owned()]))
    }
}

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<ByteSize, String> {
        let wrong = || format!("{text:?} is no size: write it as 512M or 2G");
        let upper = text.trim().to_ascii_uppercase();
        let text = upper.trim_end_matches('B').trim_end_matches('I');
        let digits = text.trim_end_matches(['K', 'M', 'G', 'T']);
        let unit: u64 = match &text[digits.len()..] {
            "" => 1,
            "K" => 1 << 10,
            "M" => 1 << 20,
            "G" => 1 << 30,
            "T" => 1 << 40,
            _ => return Err(wrong()),
        };
        let number: NonZeroU64 = digits.trim().parse().map_err(|_| wrong())?;
        number
            .get()
            .checked_mul(unit)
            .map(ByteSize)
            .ok_or_else(wrong)
    }
}

impl ByteSize {
    /// For people: three digits and a unit.
    pub(crate) fn rounded(self) -> String {
        let units = [(1u64 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
        let unit = units.into_iter().find(|(unit, _)| *unit <= self.0);
        unit.map_or_else(
            || format!("{} B", self.0),
            |(unit, name)| format!("{:.1} {name}", self.0 as f64 / unit as f64),
        )
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K"), (1, "")];
        let (unit, name) = units
            .into_iter()
            .find(|(unit, _)| self.0.is_multiple_of(*unit))
            .unwrap_or((1, ""));
        write!(f, "{}{name}", self.0 / unit)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let say = match *self {
            Origin::Flag => Say::FromFlag,
            Origin::Environment(name) => Say::FromEnvironment { name },
            Origin::File => Say::FromFile,
            Origin::Measured => Say::FromMeasurement,
            Origin::Default => Say::FromDefault,
        };
        say.fmt(f)
    }
}

#[cfg(test)]
#[path = "settings/tests.rs"]
mod tests;
