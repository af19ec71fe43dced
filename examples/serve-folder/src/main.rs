//! Serves a folder to engines that pull, and prints the number of bytes of each request:
//! `serve-folder FOLDER ADDRESS:PORT`. Ctrl-C stops it.

use anyhow::{Context as _, Result};
use sealift_serve::store::Store;
use sealift_serve::{ServeEvent, Server, ServerOptions};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().context("name a folder")?;
    let address = arguments.next().context("name an address such as 127.0.0.1:5000")?;
    let options = ServerOptions::default().with_on_event(|event| match event {
        ServeEvent::Request(request) => {
            println!("{} {} {} bytes", request.status, request.path, request.bytes);
        }
        event => println!("{event:?}"),
    });
    let server = Server::bind(Store::open(folder)?, &[address.parse()?], options).await?;
    if let Some(image) = &server.summary().example {
        println!("docker pull {}/{image}", server.addresses()[0]);
    }
    server.run(async { tokio::signal::ctrl_c().await.unwrap_or_default() }).await;
    Ok(())
}
