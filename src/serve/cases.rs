//! `CaseService`.

use tonic::{Request, Response, Status};

use super::convert::case_to_pb;
use super::{Services, status};
use crate::access::{Action, Permit};
use crate::cases::{Closing, ContactOutcome, DetectionVerdict, SafetyOutcome};
use crate::domain::PersonText;
use crate::store::staff::Actor;
use crate::wire::{pb, timestamp};

const NOTE_BYTES_MAX: usize = 16 * 1024;
const REASON_BYTES_MAX: usize = 4 * 1024;
const PAGE_DEFAULT: u32 = 50;
const PAGE_MAX: u32 = 500;

fn actor(permit: &Permit) -> Actor {
    Actor {
        id: permit.id().to_owned(),
        role: permit.role().name(),
    }
}

fn checked_id(case_id: String) -> Result<String, Status> {
    if case_id.is_empty() || case_id.len() > 64 || case_id.chars().any(char::is_control) {
        return Err(Status::invalid_argument(
            "case_id: 1 to 64 bytes without control characters",
        ));
    }
    Ok(case_id)
}

/// A value of a closed list; the lists of wire and domain stand in the same order, with UNSPECIFIED before.
fn chosen<T: Copy>(field: &str, value: i32, all: &[T]) -> Result<T, Status> {
    usize::try_from(value - 1)
        .ok()
        .and_then(|index| all.get(index))
        .copied()
        .ok_or_else(|| {
            Status::invalid_argument(format!("{field}: choose one of the listed values"))
        })
}

#[tonic::async_trait]
impl pb::case_service_server::CaseService for Services {
    async fn list_cases(
        &self,
        request: Request<pb::ListCasesRequest>,
    ) -> Result<Response<pb::ListCasesResponse>, Status> {
        let permit = self.permit(&request, Action::ListCases)?;
        let request = request.into_inner();
        let limit = match request.page_size {
            0 => PAGE_DEFAULT,
            size if size <= PAGE_MAX => size,
            _ => return Err(Status::invalid_argument("page_size: 1 to 500")),
        };
        let offset = match request.page_token.as_str() {
            "" => 0,
            token => token
                .parse()
                .map_err(|_| Status::invalid_argument("page_token: take it from an answer"))?,
        };
        let page = self
            .store
            .list_cases(actor(&permit), request.closed, offset, limit, (self.now)())
            .await
            .map_err(status::store)?;
        Ok(Response::new(pb::ListCasesResponse {
            cases: page.cases.iter().map(case_to_pb).collect(),
            next_page_token: page.next.map(|next| next.to_string()).unwrap_or_default(),
        }))
    }

    async fn get_case(
        &self,
        request: Request<pb::GetCaseRequest>,
    ) -> Result<Response<pb::GetCaseResponse>, Status> {
        let permit = self.permit(&request, Action::ReadCase)?;
        let case_id = checked_id(request.into_inner().case_id)?;
        let view = self
            .store
            .read_case(actor(&permit), case_id, (self.now)())
            .await
            .map_err(status::store)?;
        Ok(Response::new(pb::GetCaseResponse {
            case: Some(case_to_pb(&view.case)),
            signals: view
                .signals
                .into_iter()
                .map(|s| pb::CaseSignal {
                    signal: s.signal,
                    occurred_at: Some(timestamp(s.occurred_at)),
                    text: s.text.reveal().to_owned(),
                    spans: s
                        .spans
                        .into_iter()
                        .map(|span| pb::Span {
                            start: span.start,
                            end: span.end,
                            view: span.view.name().to_owned(),
                        })
                        .collect(),
                })
                .collect(),
            notes: view
                .notes
                .into_iter()
                .map(|n| pb::CaseNote {
                    actor: n.actor,
                    written_at: Some(timestamp(n.written_at)),
                    text: n.text.reveal().to_owned(),
                    after_lease: n.after_lease,
                })
                .collect(),
        }))
    }

    async fn claim_case(
        &self,
        request: Request<pb::ClaimCaseRequest>,
    ) -> Result<Response<pb::ClaimCaseResponse>, Status> {
        let permit = self.permit(&request, Action::ClaimCase)?;
        let case_id = checked_id(request.into_inner().case_id)?;
        let case = self
            .store
            .claim_case(actor(&permit), case_id, (self.now)())
            .await
            .map_err(status::store)?;
        Ok(Response::new(pb::ClaimCaseResponse {
            case: Some(case_to_pb(&case)),
        }))
    }

    async fn add_note(
        &self,
        request: Request<pb::AddNoteRequest>,
    ) -> Result<Response<pb::AddNoteResponse>, Status> {
        let permit = self.permit(&request, Action::NoteCase)?;
        let request = request.into_inner();
        let case_id = checked_id(request.case_id)?;
        if request.text.is_empty() || request.text.len() > NOTE_BYTES_MAX {
            return Err(Status::invalid_argument("text: 1 byte to 16 KiB"));
        }
        let lease_no =
            i64::try_from(request.lease_no).map_err(|_| Status::invalid_argument("lease_no"))?;
        let kept = self
            .store
            .add_note(
                actor(&permit),
                case_id,
                lease_no,
                PersonText::new(request.text),
                (self.now)(),
            )
            .await
            .map_err(status::store)?;
        Ok(Response::new(pb::AddNoteResponse {
            after_lease: kept.after_lease,
        }))
    }

    async fn close_case(
        &self,
        request: Request<pb::CloseCaseRequest>,
    ) -> Result<Response<pb::CloseCaseResponse>, Status> {
        let permit = self.permit(&request, Action::CloseCase)?;
        let request = request.into_inner();
        let case_id = checked_id(request.case_id)?;
        if request.reason.trim().is_empty() || request.reason.len() > REASON_BYTES_MAX {
            return Err(Status::invalid_argument("reason: 1 byte to 4 KiB"));
        }
        let number = |field: &str, value: u64| {
            i64::try_from(value)
                .map_err(|_| Status::invalid_argument(format!("{field}: too large")))
        };
        let closing = Closing {
            lease_no: number("lease_no", request.lease_no)?,
            revision_seen: number("evidence_revision", request.evidence_revision)?,
            contact: chosen("contact", request.contact, ContactOutcome::ALL)?,
            safety: chosen("safety", request.safety, SafetyOutcome::ALL)?,
            verdict: chosen("verdict", request.verdict, DetectionVerdict::ALL)?,
            reason: request.reason,
        };
        let now = (self.now)();
        let case = self
            .store
            .close_case(actor(&permit), case_id, closing, now)
            .await
            .map_err(status::store)?;
        Ok(Response::new(pb::CloseCaseResponse {
            case: Some(case_to_pb(&case)),
        }))
    }
}
