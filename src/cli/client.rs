//! A connection to a running service.

use std::path::PathBuf;

use anyhow::Context as _;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Status};

/// Where the service is and who asks.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Connection {
    /// The service's gRPC address.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7700")]
    server: String,
    /// A file that holds your token.
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    /// For https: the certificate authority, in PEM.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

/// Adds the token to every request.
#[derive(Clone)]
pub(super) struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request
            .metadata_mut()
            .insert("authorization", self.0.clone());
        Ok(request)
    }
}

pub(super) type Service = InterceptedService<Channel, Bearer>;

impl Connection {
    pub(super) fn to(server: String, token_file: PathBuf) -> Self {
        Self {
            server,
            token_file,
            ca_file: None,
        }
    }

    pub(super) async fn open(&self) -> anyhow::Result<Service> {
        let shown = self.token_file.display();
        let token = std::fs::read_to_string(&self.token_file)
            .with_context(|| format!("{shown} cannot be read"))?;
        let mut value: MetadataValue<Ascii> = format!("Bearer {}", token.trim())
            .parse()
            .with_context(|| format!("{shown} holds no token"))?;
        value.set_sensitive(true);
        let mut endpoint =
            Endpoint::from_shared(self.server.clone()).context("--server is no URL")?;
        if let Some(path) = &self.ca_file {
            let pem = std::fs::read(path)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem));
            endpoint = endpoint
                .tls_config(tls)
                .context("the certificate authority cannot be used")?;
        }
        let channel = endpoint
            .connect()
            .await
            .with_context(|| format!("no service answers at {}", self.server))?;
        Ok(InterceptedService::new(channel, Bearer(value)))
    }
}

/// A refusal of the service, as a person should read it.
pub(super) fn refused(status: Status) -> anyhow::Error {
    anyhow::anyhow!("{} ({:?})", status.message(), status.code())
}
