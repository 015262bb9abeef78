//! Requests by route and status, for `GET /metrics`.

use axum::http::{Method, StatusCode};
use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{IntCounterVec, Opts};

/// Counters of all requests.
pub(crate) struct Traffic(IntCounterVec);

impl Traffic {
    /// All at zero.
    pub(crate) fn new() -> Traffic {
        let options = Opts::new("maque:http_requests_total", "Requests by route and status.");
        let counter = IntCounterVec::new(options, &["method", "handler", "status"]);
        Traffic(counter.expect("a constant name"))
    }

    /// One more. `route` is a pattern of the router, so there are few.
    pub(crate) fn count(&self, method: &Method, route: &str, status: StatusCode) {
        let method = match *method {
            Method::GET
            | Method::POST
            | Method::HEAD
            | Method::PUT
            | Method::PATCH
            | Method::DELETE => method.as_str(),
            _ => "other", // clients can write any
        };
        self.0
            .with_label_values(&[method, route, status.as_str()])
            .inc();
    }

    /// All counters.
    pub(crate) fn gather(&self) -> Vec<MetricFamily> {
        self.0.collect()
    }
}
