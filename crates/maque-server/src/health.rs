//! `GET /health`: whether the model answers, and what it is waited for.

use crate::Stage;
use crate::choice::LOST;
use crate::routes::Shared;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

/// What is said of a model that answered once.
const STOPPED: &str =
    "the model has stopped after an error of this program; start the server again";

/// Where the model is; fields that say nothing are absent.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Health {
    status: &'static str,
    stage: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// 200 when the model answers, else 503.
pub(crate) async fn health(State(shared): State<Shared>) -> (StatusCode, Json<Health>) {
    let health = Health::of(&shared.stage());
    let status = match health.status {
        "ok" => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(health))
}

impl Health {
    fn of(stage: &Stage) -> Health {
        let loading = |stage, model: &str| Health {
            status: "loading",
            stage,
            model: Some(model.to_owned()),
            ..Health::default()
        };
        let counted = |health: Health, done: &u64, total: &u64| Health {
            done: Some(*done),
            total: Some(*total),
            ..health
        };
        match stage {
            Stage::Locating { model } => loading("locating", model),
            Stage::Downloading { model, done, total } => {
                counted(loading("downloading", model), done, total)
            }
            Stage::Loading { model, done, total } => {
                counted(loading("loading", model), done, total)
            }
            Stage::Warming => Health {
                status: "loading",
                stage: "warming",
                ..Health::default()
            },
            Stage::Ready(service) if service.engine().has_ended() => Health::failed(STOPPED),
            Stage::Ready(service) if service.engine().has_lost_model() => Health::failed(LOST),
            Stage::Ready(service) => Health {
                status: "ok",
                ..loading("ready", service.name())
            },
            Stage::Failed { message } => Health::failed(message),
        }
    }

    fn failed(message: &str) -> Health {
        Health {
            status: "failed",
            stage: "failed",
            message: Some(message.to_owned()),
            ..Health::default()
        }
    }
}
