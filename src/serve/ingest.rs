//! `IngestService`. An answer means durable. A request that is no event at all is refused to its sender; an event that
//! cannot be judged is quarantined and answered so.

use std::pin::Pin;

use prost::Message as _;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::convert::assessment_to_pb;
use super::{Services, status};
use crate::access::{Action, Permit};
use crate::domain::limits::{BATCH_EVENTS_MAX, EVENT_BYTES_MAX};
use crate::matcher::Scratch;
use crate::pipeline::{Fate, Screened};
use crate::telemetry::{self, Outcome};
use crate::wire::{Unreadable, event_from_pb, pb};

const ROAD: &str = "grpc";
/// Answers of one stream that may wait for the store; more make the stream wait.
const STREAM_PENDING_MAX: usize = 1024;

impl Services {
    /// Takes one event as far as it goes without the store.
    fn screen(
        &self,
        permit: &Permit,
        event: pb::Event,
        assess: bool,
        scratch: &mut Scratch,
    ) -> Result<(String, Screened), Status> {
        if !permit.speaks_for(&event.source) {
            telemetry::refused(ROAD, 1);
            return Err(Status::permission_denied(
                "this token may not send events of that source",
            ));
        }
        telemetry::received(ROAD, 1);
        let event_id = event.event_id.clone();
        let bytes = event.encoded_len();
        let now = (self.now)();
        let walk = self.door.committer().walk();
        if bytes > EVENT_BYTES_MAX {
            let reason = Unreadable::TooLarge { bytes };
            return Ok((
                event_id,
                walk.unreadable(origin(&event), reason, event.encode_to_vec(), now),
            ));
        }
        match event_from_pb(event.clone()) {
            Ok(event) => Ok((event_id, walk.screen(event, now, assess, scratch))),
            Err(reason) => Ok((
                event_id,
                walk.unreadable(origin(&event), reason, event.encode_to_vec(), now),
            )),
        }
    }

    async fn one(&self, event: Screened) -> Result<Fate, Status> {
        if self.door.ends_here(&event) {
            return Ok(Fate::Ordinary);
        }
        let answered = self
            .door
            .enter(vec![event])
            .await
            .map_err(status::stopping)?;
        let mut fates = answered.await.map_err(|_| status::unanswered())?;
        fates.pop().ok_or_else(status::unanswered)
    }
}

fn origin(event: &pb::Event) -> String {
    let clean =
        |text: &str| -> String { text.chars().filter(|c| !c.is_control()).take(64).collect() };
    format!("grpc:{}/{}", clean(&event.source), clean(&event.event_id))
}

/// The answer for a fate, counted.
fn answer(event_id: String, fate: &Fate) -> pb::EventResult {
    let (status, outcome, reason) = match fate {
        Fate::Ordinary | Fate::Evaluated(_) => (
            pb::EventStatus::Evaluated,
            Outcome::Evaluated,
            String::new(),
        ),
        Fate::Duplicate(_) => (
            pb::EventStatus::Duplicate,
            Outcome::Duplicate,
            String::new(),
        ),
        Fate::Quarantined(reason) => (
            pb::EventStatus::Quarantined,
            Outcome::Quarantined,
            reason.clone(),
        ),
    };
    telemetry::ended(ROAD, outcome, 1);
    pb::EventResult {
        event_id,
        status: status as i32,
        reason,
    }
}

fn missing() -> Status {
    telemetry::refused(ROAD, 1);
    Status::invalid_argument("event: is missing")
}

#[tonic::async_trait]
impl pb::ingest_service_server::IngestService for Services {
    async fn submit(
        &self,
        request: Request<pb::SubmitRequest>,
    ) -> Result<Response<pb::SubmitResponse>, Status> {
        let permit = self.permit(&request, Action::SubmitEvents)?;
        let event = request.into_inner().event.ok_or_else(missing)?;
        let (event_id, event) = self.screen(&permit, event, false, &mut Scratch::default())?;
        let fate = self.one(event).await?;
        Ok(Response::new(pb::SubmitResponse {
            result: Some(answer(event_id, &fate)),
        }))
    }

    async fn submit_batch(
        &self,
        request: Request<pb::SubmitBatchRequest>,
    ) -> Result<Response<pb::SubmitBatchResponse>, Status> {
        let permit = self.permit(&request, Action::SubmitEvents)?;
        let events = request.into_inner().events;
        if events.is_empty() || events.len() > BATCH_EVENTS_MAX {
            telemetry::refused(ROAD, events.len() as u64);
            return Err(Status::invalid_argument("events: 1 to 1,000"));
        }
        let mut scratch = Scratch::default();
        let mut fates = Vec::with_capacity(events.len());
        let (mut entering, mut places) = (Vec::new(), Vec::new());
        for event in events {
            let (event_id, event) = self.screen(&permit, event, false, &mut scratch)?;
            if !self.door.ends_here(&event) {
                places.push(fates.len());
                entering.push(event);
            }
            fates.push((event_id, Fate::Ordinary));
        }
        if !entering.is_empty() {
            let answered = self.door.enter(entering).await.map_err(status::stopping)?;
            let done = answered.await.map_err(|_| status::unanswered())?;
            for (place, fate) in places.into_iter().zip(done) {
                fates[place].1 = fate;
            }
        }
        let results = fates
            .into_iter()
            .map(|(event_id, fate)| answer(event_id, &fate))
            .collect();
        Ok(Response::new(pb::SubmitBatchResponse { results }))
    }

    type SubmitStreamStream =
        Pin<Box<dyn tokio_stream::Stream<Item = Result<pb::SubmitStreamResponse, Status>> + Send>>;

    async fn submit_stream(
        &self,
        request: Request<Streaming<pb::SubmitStreamRequest>>,
    ) -> Result<Response<Self::SubmitStreamStream>, Status> {
        let permit = self.permit(&request, Action::SubmitEvents)?;
        let (pending, waiting) = mpsc::channel(STREAM_PENDING_MAX);
        let (answers, stream) = mpsc::channel(STREAM_PENDING_MAX);
        tokio::spawn(read_stream(
            self.clone(),
            permit,
            request.into_inner(),
            pending,
        ));
        tokio::spawn(answer_stream(waiting, answers));
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }

    async fn assess(
        &self,
        request: Request<pb::AssessRequest>,
    ) -> Result<Response<pb::AssessResponse>, Status> {
        let permit = self.permit(&request, Action::SubmitEvents)?;
        let event = request.into_inner().event.ok_or_else(missing)?;
        let (event_id, event) = self.screen(&permit, event, true, &mut Scratch::default())?;
        let candidate = match &event {
            Screened::Candidate(candidate) => Some(candidate.clone()),
            _ => None,
        };
        let fate = self.one(event).await?;
        let assessment = match (&fate, candidate) {
            (Fate::Evaluated(verdict) | Fate::Duplicate(verdict), Some(candidate)) => {
                let spans = |rule: &str| {
                    let evidence = verdict
                        .assessment
                        .evidence
                        .iter()
                        .find(|e| *e.rule == *rule);
                    evidence.map_or_else(Vec::new, |e| candidate.spans_of(verdict, &e.signals))
                };
                Some(assessment_to_pb(verdict, &spans))
            }
            _ => None,
        };
        Ok(Response::new(pb::AssessResponse {
            result: Some(answer(event_id, &fate)),
            assessment,
        }))
    }
}

/// An answer of a stream that is ready, or waits for the store.
enum Pending {
    Ready(String, Fate),
    Waiting(String, oneshot::Receiver<Vec<Fate>>),
    Failed(Status),
}

async fn read_stream(
    services: Services,
    permit: Permit,
    mut requests: Streaming<pb::SubmitStreamRequest>,
    pending: mpsc::Sender<Pending>,
) {
    let mut draining = services.draining.clone();
    let mut scratch = Scratch::default();
    loop {
        let request = tokio::select! {
            request = requests.message() => request,
            () = async { drop(draining.wait_for(|draining| *draining).await) } => {
                // What was read is still answered; the sender goes on with another node.
                let stopping = Pending::Failed(Status::unavailable("the service is stopping"));
                drop(pending.send(stopping).await);
                return;
            }
        };
        let next = match request {
            Ok(Some(request)) => take(&services, &permit, request, &mut scratch).await,
            Ok(None) => return,
            Err(error) => Pending::Failed(error),
        };
        let last = matches!(next, Pending::Failed(_));
        // A closed channel means that the sender has gone away and will send again what was not answered.
        if pending.send(next).await.is_err() || last {
            return;
        }
    }
}

async fn take(
    services: &Services,
    permit: &Permit,
    request: pb::SubmitStreamRequest,
    scratch: &mut Scratch,
) -> Pending {
    let Some(event) = request.event else {
        return Pending::Failed(missing());
    };
    match services.screen(permit, event, false, scratch) {
        Err(error) => Pending::Failed(error),
        Ok((event_id, event)) if services.door.ends_here(&event) => {
            Pending::Ready(event_id, Fate::Ordinary)
        }
        Ok((event_id, event)) => match services.door.enter(vec![event]).await {
            Ok(answered) => Pending::Waiting(event_id, answered),
            Err(stopping) => Pending::Failed(status::stopping(stopping)),
        },
    }
}

async fn answer_stream(
    mut waiting: mpsc::Receiver<Pending>,
    answers: mpsc::Sender<Result<pb::SubmitStreamResponse, Status>>,
) {
    while let Some(pending) = waiting.recv().await {
        let (event_id, fate) = match pending {
            Pending::Ready(event_id, fate) => (event_id, fate),
            Pending::Waiting(event_id, answered) => {
                match answered.await.ok().and_then(|mut fates| fates.pop()) {
                    Some(fate) => (event_id, fate),
                    None => {
                        drop(answers.send(Err(status::unanswered())).await);
                        return;
                    }
                }
            }
            Pending::Failed(error) => {
                drop(answers.send(Err(error)).await);
                return;
            }
        };
        let response = pb::SubmitStreamResponse {
            result: Some(answer(event_id, &fate)),
        };
        if answers.send(Ok(response)).await.is_err() {
            // Nobody listens any more; the fates that still wait are durable and will be asked for again.
            while let Some(rest) = waiting.recv().await {
                count_unheard(rest).await;
            }
            return;
        }
    }
}

async fn count_unheard(pending: Pending) {
    let fate = match pending {
        Pending::Ready(_, fate) => Some(fate),
        Pending::Waiting(_, answered) => answered.await.ok().and_then(|mut fates| fates.pop()),
        Pending::Failed(_) => None,
    };
    if let Some(fate) = fate {
        answer(String::new(), &fate);
    }
}
