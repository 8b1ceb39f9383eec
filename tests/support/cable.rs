//! The network between the service and Kill Bill, as a cable that can be pulled: everything passes unchanged, or nothing does.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use url::Url;

/// Plugged in from the start. Needs a runtime with several threads where something else blocks.
pub struct Cable {
    from: SocketAddr,
    to: String,
    plugged: Option<JoinHandle<()>>,
}

impl Cable {
    pub async fn to(server: &Url) -> Self {
        let to = format!(
            "{}:{}",
            server.host_str().expect("a host"),
            server.port().expect("a port")
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let from = listener.local_addr().expect("bound");
        let plugged = Some(tokio::spawn(forward(listener, to.clone())));
        Self { from, to, plugged }
    }

    /// The server's address at our end of the cable.
    pub fn url(&self, server: &Url) -> Url {
        let mut url = server.clone();
        url.set_port(Some(self.from.port())).expect("an address with a port");
        url
    }

    /// From now on every connection is refused, and those that were open are cut.
    pub async fn pull(&mut self) {
        let plugged = self.plugged.take().expect("it is plugged in");
        plugged.abort();
        plugged.await.ok();
    }

    pub async fn plug(&mut self) {
        let listener = TcpListener::bind(self.from).await.expect("our own port");
        self.plugged = Some(tokio::spawn(forward(listener, self.to.clone())));
    }
}

async fn forward(listener: TcpListener, to: String) {
    let mut open = JoinSet::new();
    while let Ok((mut near, _)) = listener.accept().await {
        let to = to.clone();
        open.spawn(async move {
            if let Ok(mut far) = TcpStream::connect(&to).await {
                copy_bidirectional(&mut near, &mut far).await.ok();
            }
        });
    }
}
