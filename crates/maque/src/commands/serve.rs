//! `maque serve`: the page and the API; the page is there at once, the model follows.

use crate::cause::told;
use crate::exit::{Exit, Problem};
use crate::kept::Keeper;
use crate::listen::Lan;
use crate::registry::Registration;
use crate::say::Say;
use crate::settings::{DEFAULT_MODEL, ModelFlags, ServerFlags, Settings};
use crate::shelf::Shelf;
use crate::talk::{Audience, Talk};
use crate::{browser, house::House, librarian, listen, models, signals, start, upstream};
use maque_server::{RequestLog, ServerOptions, Stage};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::sync::watch;

/// Serve the chat page and the API; this is what `maque` alone does, opening the page
#[derive(clap::Args, Default)]
pub(crate) struct Serve {
    /// Open the page in the browser
    #[arg(long, overrides_with = "no_open")]
    open: bool,
    /// Do not open the browser
    #[arg(long)]
    no_open: bool,
    /// Write a line of JSON for each request to standard error, without its texts
    #[arg(long)]
    log_requests: bool,
    #[command(flatten)]
    model: ModelFlags,
    #[command(flatten)]
    server: ServerFlags,
}

impl Serve {
    /// What `maque` alone does.
    pub(crate) fn opening() -> Serve {
        Serve {
            open: true,
            ..Serve::default()
        }
    }

    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let settings = Settings::resolve(&self.model, &self.server)?;
        models::check(&settings)?;
        let talk = Arc::new(Talk::new(Audience::on_stderr(Audience::Log)));
        let wanted = settings.port.value;
        let hosts = listen::hosts(settings.host.value, &settings.share)?;
        let (listeners, port) = listen::bind(&hosts, wanted)?;
        if port != wanted && wanted != 0 {
            talk.line(&Say::PortTaken { wanted, port });
        }
        let address = SocketAddr::new(reachable(&hosts), port);
        let url = format!("http://{address}");
        talk.line(&Say::Listening { url: url.clone() });
        let (stages, watched) = watch::channel(Stage::Locating {
            model: settings.model.value.clone(),
        });
        let runtime = runtime()?;
        let asked_to_end = asked_to_end(&runtime);
        let house = House::open(&settings, &hosts, &talk)?;
        let note = Registration {
            address,
            pid: std::process::id(),
            model: models::identity(&settings.model.value),
            key: house.own_key()?,
        };
        let urls = listen::shared(&hosts, port);
        house.welcome(&urls, &talk)?;
        let listeners = listen::apart(listeners, settings.host.value);
        let own_urls = settings.host.value.map_or_else(Vec::new, |_| urls);
        let lan = Lan {
            port,
            talk: Arc::clone(&talk),
        };
        let options = self.options(&settings, &house, own_urls, lan)?;
        let _registered = note.write(&settings.home.value); // without the note `ask` loads the model itself
        let keeper = Keeper::new(&settings, house.store(), &talk);
        load_beside(settings, stages, &talk, &url, keeper.clone());
        if self.open && !self.no_open {
            browser::open(&house.page(&url)?, &talk);
        }
        let served = runtime.block_on(maque_server::serve(
            listeners,
            options,
            watched,
            asked_to_end,
        ));
        talk.hush();
        // Threads that still load or read a file must not keep the process.
        runtime.shutdown_background();
        end(keeper.as_deref(), &house, &talk);
        served
            .map(|()| Exit::Complete)
            .map_err(|error| cannot_listen(address).because(error).into())
    }
}

impl Serve {
    fn options(
        &self,
        settings: &Settings,
        house: &House,
        urls: Vec<String>,
        network: Lan,
    ) -> anyhow::Result<ServerOptions> {
        Ok(ServerOptions {
            reception: Arc::clone(&house.reception),
            library: library(settings, &network.talk),
            log: match self.log_requests {
                true => RequestLog::Stderr,
                false => RequestLog::Off,
            },
            models: Arc::new(Shelf::open(settings)?),
            network: Arc::new(network),
            upstream: upstream::configured(settings)?,
            urls,
        })
    }
}

/// What nobody waits for any more: the cache is kept, then the store closed.
fn end(keeper: Option<&Keeper>, house: &House, talk: &Talk) {
    if let Some(keeper) = keeper {
        keeper.keep();
    }
    talk.line(&Say::Stopped);
    house.close();
}

/// The folders of documents; a server whose library cannot be opened goes on without, and says so.
fn library(settings: &Settings, talk: &Talk) -> Option<maque_library::Library> {
    let library = librarian::open(&settings.home.value);
    if let Err(error) = &library {
        let why = error.to_string();
        talk.line(&Say::NoLibrary { why });
    }
    library.ok()
}

fn cannot_listen(address: SocketAddr) -> Problem {
    let address = address.to_string();
    Problem::new(Exit::Failed, Say::CannotListen { address })
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
}

/// Signals are listened for from now on.
fn asked_to_end(runtime: &tokio::runtime::Runtime) -> impl Future<Output = ()> + use<> {
    let _within = runtime.enter();
    signals::asked_to_end()
}

/// The address by which this machine reaches a server on `hosts`.
fn reachable(hosts: &[IpAddr]) -> IpAddr {
    match hosts
        .iter()
        .find(|host| host.is_loopback())
        .or(hosts.first())
    {
        Some(host) if host.is_unspecified() && host.is_ipv6() => Ipv6Addr::LOCALHOST.into(),
        Some(host) if !host.is_unspecified() => *host,
        _ => Ipv4Addr::LOCALHOST.into(),
    }
}

/// Brings the model to readiness in a thread of its own, telling page and terminal of each stage.
fn load_beside(
    settings: Settings,
    stages: watch::Sender<Stage>,
    talk: &Arc<Talk>,
    url: &str,
    keeper: Option<Arc<Keeper>>,
) {
    let (talk, url) = (Arc::clone(talk), url.to_owned());
    std::thread::spawn(move || {
        let enter = |stage: Stage| {
            tell(&talk, &stage, &settings.model.value);
            stages.send_replace(stage);
        };
        let start = || {
            let started = start::start(&settings, &enter)?;
            if let Some(keeper) = &keeper {
                keeper.bring(&started, &settings);
            }
            anyhow::Ok(started.service)
        };
        let started = catch_unwind(AssertUnwindSafe(start));
        let failed = |message| Stage::Failed { message };
        let last = match started {
            Ok(Ok(service)) => Stage::Ready(service),
            Ok(Err(error)) => failed(told(error.as_ref())),
            Err(_) => failed(Say::Bug.to_string()), // the page must not wait forever
        };
        talk.hush();
        match &last {
            Stage::Failed { message } => talk.line(&Say::NotReady {
                why: message.clone(),
            }),
            _ => talk.line(&Say::Ready { url }),
        }
        stages.send_replace(last);
    });
}

/// Says a stage on standard error.
pub(crate) fn tell(talk: &Talk, stage: &Stage, wanted: &str) {
    match stage {
        Stage::Locating { model }
        | Stage::Downloading { model, .. }
        | Stage::Loading { model, .. }
            if model != wanted && wanted == DEFAULT_MODEL =>
        {
            talk.once(&Say::FallingBack {
                wanted: wanted.to_owned(),
                taken: model.clone(),
            });
        }
        _ => {}
    }
    match stage.clone() {
        Stage::Locating { model } => talk.stage(Say::Locating { model }),
        Stage::Downloading { model, done, total } => {
            talk.bytes(Say::Downloading { model }, done, total)
        }
        Stage::Loading { model, done, total } => talk.bytes(Say::Loading { model }, done, total),
        Stage::Warming => talk.stage(Say::Warming),
        Stage::Ready(_) | Stage::Failed { .. } => {}
    }
}
