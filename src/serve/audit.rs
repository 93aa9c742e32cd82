//! `AuditService`.

use tonic::{Request, Response, Status};

use super::{Services, status};
use crate::access::Action;
use crate::wire::pb;

#[tonic::async_trait]
impl pb::audit_service_server::AuditService for Services {
    async fn get_tree_head(
        &self,
        request: Request<pb::GetTreeHeadRequest>,
    ) -> Result<Response<pb::GetTreeHeadResponse>, Status> {
        self.permit(&request, Action::ReadTreeHead)?;
        let head = self.store.tree_head().await.map_err(status::store)?;
        Ok(Response::new(pb::GetTreeHeadResponse {
            tree_size: head.size,
            root_hash: head.root.to_vec(),
            pending: head.pending,
        }))
    }
}
