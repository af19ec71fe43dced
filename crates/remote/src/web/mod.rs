//! Web servers: any server for downloads, and servers with WebDAV for uploads and lists.

mod answer;
mod backoff;
mod exchange;
mod list;
mod login;
mod multistatus;
mod netrc;
mod read;
mod redirect;
mod request;
mod site;
mod transfer;
mod upload_body;
mod write;

pub(crate) use site::Site;
