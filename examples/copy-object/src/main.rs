//! Copies an object from one place to another, unless it is there: `copy-object FROM TO NAME`. A
//! place is a path or a URL such as `https://example.org/images`.

use std::io::Write as _;

use anyhow::{Context as _, Result, bail};
use sealift_remote::{Condition, ErrorKind, GetRequest, Key, Location, PutOptions, Remote, Upload};

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to, name] = arguments.as_slice() else {
        bail!("usage: copy-object FROM TO NAME");
    };
    let open = |place: &str| anyhow::Ok(Remote::open(&place.parse::<Location>()?)?);
    match copy(&open(from)?, &open(to)?, &name.parse()?).await? {
        Some(size) => println!("{name}: {size} bytes"),
        None => println!("{name}: it is there already"),
    }
    Ok(())
}

/// Returns the number of bytes that were copied, or `None` if the object exists already.
async fn copy(from: &Remote, to: &Remote, key: &Key) -> Result<Option<u64>> {
    if to.head(key).await?.is_some() {
        return Ok(None);
    }
    let answer = from.get(key, &GetRequest::default()).await?;
    let mut download = answer.found().context("there is no such object")?;
    // The size may be unknown, and the input of an upload must be readable again for a repetition.
    let mut file = tempfile::tempfile()?;
    let mut size = 0;
    while let Some(chunk) = download.chunk().await? {
        file.write_all(&chunk)?;
        size += chunk.len() as u64;
    }
    let options = PutOptions::default().with_condition(Condition::Absent);
    match to.put(key, Upload::File { file, size }, &options).await {
        Ok(_) => Ok(Some(size)),
        Err(error) if error.kind() == ErrorKind::Changed => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_object_is_copied_once() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let open = |folder: &tempfile::TempDir| {
            Remote::open(&folder.path().to_str().unwrap().parse().unwrap()).unwrap()
        };
        let (from, to) = (open(&one), open(&other));
        let key: Key = "team/notes.txt".parse().unwrap();
        copy(&from, &to, &key).await.unwrap_err();
        from.put(&key, "all is well".into(), &PutOptions::default()).await.unwrap();
        assert_eq!(copy(&from, &to, &key).await.unwrap(), Some(11));
        assert_eq!(copy(&from, &to, &key).await.unwrap(), None);
        let copied = std::fs::read_to_string(other.path().join("team/notes.txt"));
        assert_eq!(copied.unwrap(), "all is well");
    }
}
