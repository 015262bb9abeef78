//! `GET /metrics`, in the text that Prometheus reads.

use crate::Service;
use crate::traffic::Traffic;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use prometheus::TextEncoder;

/// What was counted of requests, and of the model's answers once there is one.
pub(crate) fn metrics(traffic: &Traffic, service: Option<&Service>) -> Response {
    let mut families = traffic.gather();
    if let Some(service) = service {
        families.extend(service.metrics().gather(service.parts().engine.load()));
    }
    families.retain(|family| !family.get_metric().is_empty());
    let text = TextEncoder::new().encode_to_string(&families);
    let kind = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    (kind, text.unwrap_or_default()).into_response() // fails for names that are none only
}
