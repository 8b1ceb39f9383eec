//! Where the real PostgreSQL is.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use sqlx::PgPool;
use tokio::net::{TcpStream, UnixStream};

use super::wire::Wire;

/// Its socket when it has one within reach, which costs half as much as TCP, or else its port.
#[derive(Clone, Debug)]
pub enum Upstream {
    Socket(PathBuf),
    Port(SocketAddr),
}

impl Upstream {
    /// Of the server behind `pool`.
    pub async fn of(pool: &PgPool) -> Self {
        let options = pool.connect_options();
        let (host, port) = (options.get_host(), options.get_port());
        let folders: String = sqlx::query_scalar("show unix_socket_directories")
            .fetch_one(pool)
            .await
            .expect("the database answers");
        let sockets = folders
            .split(',')
            .map(|folder| PathBuf::from(folder.trim()).join(format!(".s.PGSQL.{port}")));
        let mut within_reach = sockets.filter(|socket| std::os::unix::net::UnixStream::connect(socket).is_ok());
        if let Some(socket) = within_reach.next() {
            return Self::Socket(socket);
        }
        let mut found = tokio::net::lookup_host((host, port)).await.expect("a known host");
        Self::Port(found.next().expect("an address"))
    }

    pub async fn connect(&self) -> io::Result<Wire> {
        match self {
            Self::Socket(path) => Ok(Wire::on(UnixStream::connect(path).await?)),
            Self::Port(address) => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Ok(Wire::on(stream))
            }
        }
    }
}
