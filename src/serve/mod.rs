//! The gRPC services. Requests are decoded, permitted, handed to `pipeline` or `store`, and answered; nothing is decided
//! here. [`status`] is the only place where an error becomes a gRPC status.

mod audit;
mod cases;
mod convert;
mod ingest;
mod status;

use std::sync::Arc;

use tokio::sync::watch;
use tonic::Request;

use crate::access::{Access, Action, Permit};
use crate::domain::Time;
use crate::pipeline::Door;
use crate::store::Store;
use crate::wire::pb;

/// The largest request; a batch of events must fit.
pub const REQUEST_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What every service needs.
#[derive(Clone, Debug)]
pub struct Services {
    /// Where events go in.
    pub door: Door,
    /// Where cases are.
    pub store: Store,
    /// Who may do what.
    pub access: Arc<Access>,
    /// The clock.
    pub now: fn() -> Time,
    /// Turns true when the service drains; open streams then end.
    pub draining: watch::Receiver<bool>,
}

impl Services {
    fn permit<T>(&self, request: &Request<T>, action: Action) -> Result<Permit, tonic::Status> {
        let token = request
            .metadata()
            .get("authorization")
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        self.access.permit(token, action).map_err(status::denied)
    }

    /// The services, ready for a tonic server.
    pub fn routes(self) -> tonic::service::Routes {
        use pb::audit_service_server::AuditServiceServer;
        use pb::case_service_server::CaseServiceServer;
        use pb::ingest_service_server::IngestServiceServer;
        let services = Arc::new(self);
        tonic::service::Routes::new(
            IngestServiceServer::from_arc(services.clone())
                .max_decoding_message_size(REQUEST_BYTES_MAX),
        )
        .add_service(
            CaseServiceServer::from_arc(services.clone()).max_decoding_message_size(64 * 1024),
        )
        .add_service(AuditServiceServer::from_arc(services).max_decoding_message_size(1024))
    }
}
