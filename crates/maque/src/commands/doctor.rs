//! `maque doctor`: what this machine can do, and how much of it the model reaches.

use crate::calibration;
use crate::exit::Exit;
use crate::limits::{Limits, Probes};
use crate::loaded::Loaded;
use crate::models;
use crate::others::Ticks;
use crate::reach::Reach;
use crate::say::Say;
use crate::settings::{ModelFlags, Origin, ServerFlags, Settings};
use crate::talk::{Audience, Talk};
use std::io::Write;

/// Tokens a second that a person reads, roughly; twice that feels fluent.
const FLUENT: f64 = 10.0;

/// From this share on, other programs are worth a sentence.
const BUSY: f64 = 0.1;

/// Measure this machine's memory and arithmetic, and what share of them the model reaches
#[derive(clap::Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    model: ModelFlags,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What was found.
#[derive(serde::Serialize)]
struct Findings {
    #[serde(flatten)]
    limits: Limits,
    #[serde(flatten)]
    reach: Option<Reach>,
    /// Share of the processor that other programs took meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    others_share: Option<f64>,
}

impl Doctor {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let mut settings = Settings::resolve(&self.model, &ServerFlags::default())?;
        let located = match models::local(&settings) {
            Err(_) if settings.model.origin == Origin::Default => None,
            located => Some(located?),
        };
        let talk = Talk::new(Audience::on_stderr(Audience::Nobody));
        talk.stage(Say::Measuring);
        let before = Ticks::now();
        settings.threads = calibration::anew(&settings);
        let probes = Probes::new(settings.isa.value, settings.threads.value);
        let (limits, reach) = match located {
            None => (probes.measure(), None),
            Some(located) => {
                let loaded = Loaded::open(&located.path, &settings, None)?;
                let (limits, reach) = Reach::measure(&located.name, &loaded, &probes)?;
                (limits, Some(reach))
            }
        };
        talk.hush();
        let findings = Findings {
            limits,
            reach,
            others_share: Ticks::now()
                .zip(before)
                .map(|(now, before)| now.others_since(before)),
        };
        let mut stdout = std::io::stdout().lock();
        if self.json {
            writeln!(stdout, "{}", serde_json::to_string(&findings)?)?;
            return Ok(Exit::Complete);
        }
        for sentence in findings.sentences(&settings) {
            writeln!(stdout, "{sentence}")?;
        }
        Ok(Exit::Complete)
    }
}

impl Findings {
    fn sentences(&self, settings: &Settings) -> Vec<Say> {
        let limits = &self.limits;
        let machine = [
            Say::DoctorMachine {
                cpu: limits.cpu.clone(),
                isa: limits.isa,
                threads: limits.threads,
                origin: settings.threads.origin.to_string(),
            },
            Say::DoctorMemory {
                one: limits.one_thread_gb_per_s,
                all: limits.gb_per_s,
            },
            Say::DoctorArithmetic {
                int8: limits.int8_gmac_per_s,
                int16: limits.int16_gmac_per_s,
                f32: limits.f32_gmac_per_s,
            },
        ];
        let model = match &self.reach {
            Some(reach) => of_model(reach),
            None => vec![Say::DoctorNoModel {
                model: settings.model.value.clone(),
            }],
        };
        let others = self.others_share.filter(|share| BUSY <= *share);
        let others = others.map(|share| Say::DoctorOthers {
            share: 100.0 * share,
        });
        machine.into_iter().chain(model).chain(others).collect()
    }
}

fn of_model(reach: &Reach) -> Vec<Say> {
    let is_fluent = FLUENT <= reach.decode_tokens_per_s;
    vec![
        Say::DoctorModel {
            model: reach.model.clone(),
            quantization: reach.quantization.clone(),
        },
        Say::DoctorPrefill {
            rate: reach.prefill_tokens_per_s,
            share: 100.0 * reach.prefill_share,
        },
        Say::DoctorDecode {
            rate: reach.decode_tokens_per_s,
            share: 100.0 * reach.decode_share,
        },
        if is_fluent {
            Say::DoctorFluent
        } else {
            Say::DoctorSlow
        },
    ]
}
